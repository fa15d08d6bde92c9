/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_VALUE_H
#define DETECTOR_VALUE_H

#include "base/yaml.h"
#include "detector/language/signature.h"

/* State of the parser of one file; passed down. */
struct sigparse {
	struct signature_set *set;
	uint16_t signature;
	const char *path;
	const char *only; /* signatures of this application; NULL = all */
	yaml_document_t doc;
	struct err *e;
	struct rule *rule; /* being read */
	bool psh;
};

/* Sets the parser's error to "path:line of @n: ...". Returns -1. */
int sig_error(struct sigparse *p, const yaml_node_t *n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A scalar's text; NULL when @n is NULL or no scalar. */
const char *sig_text(const yaml_node_t *n);
/* For messages: the value, or "a mapping" ... Static storage. */
const char *sig_show(const yaml_node_t *n);

/* The functions below return 0, or -1 with the parser's error set. */

/* Whether @map is a mapping with no other keys than @keys, each at most once. */
int sig_only(struct sigparse *p, yaml_node_t *map, const char *const *keys, const char *what);
/* Reads every mapping of the list @n, which is named @what, with @fn. */
int sig_list(struct sigparse *p, yaml_node_t *n, const char *what, bool empty_ok,
	     int (*fn)(struct sigparse *, yaml_node_t *));

/* Values */
int sig_numset(struct sigparse *p, yaml_node_t *n, struct numset *out);
int sig_int(struct sigparse *p, yaml_node_t *n, long lo, long hi, long *out);
int sig_bool(struct sigparse *p, yaml_node_t *n, bool *out);
int sig_duration(struct sigparse *p, yaml_node_t *n, uint64_t *ns);
/* {least, most} of the key @what: from 0 and to UINT64_MAX where they are not given. */
int sig_times(struct sigparse *p, yaml_node_t *n, const char *what, uint64_t *least,
	      uint64_t *most);
int sig_permille(struct sigparse *p, yaml_node_t *n, uint32_t *out);
int sig_word(struct sigparse *p, yaml_node_t *n, const char *const *words, int *out);
/* Adds an address or network, "private", or "!" and one of these. 0, or -1 where it is none. */
int sig_network(const char *text, struct hosts *out);
int sig_hosts(struct sigparse *p, yaml_node_t *n, struct hosts *out);

/* Values under a key; when @map has no such key, @out stays as it is. */
int sig_key_bool(struct sigparse *p, yaml_node_t *map, const char *key, bool *out);
int sig_key_duration(struct sigparse *p, yaml_node_t *map, const char *key, uint64_t *ns);
int sig_key_numset(struct sigparse *p, yaml_node_t *map, const char *key, struct numset *out);
/* The same where only @lo to @hi occur: a number outside is refused; an open end is none. */
int sig_key_numset_within(struct sigparse *p, yaml_node_t *map, const char *key, uint32_t lo,
			  uint32_t hi, struct numset *out);
/* A text of 1 to 60 characters, copied. */
int sig_key_text(struct sigparse *p, yaml_node_t *map, const char *key, char **out);

#endif
