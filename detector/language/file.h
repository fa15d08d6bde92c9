/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_LANGUAGE_FILE_H
#define DETECTOR_LANGUAGE_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "detector/language/find.h"

struct signature_set;

/**
 * struct signature_info - what a signature file says of itself (all owned by the set)
 * @name:	As in NAME.yaml
 * @revision:	From 1
 * @date:	"2006-07-25": of the source, or of this revision
 * @application: What it looks for, the name of a label: "skype" where the file does not say
 * @title:	One line
 * @source:	Paper and section, or URL
 * @versions:	Client versions it is meant for, separated by ", "
 * @notes:	What the source left open and how it was decided ("" when nothing)
 * @path:	The file
 * @rules:	Number of rules
 */
struct signature_info {
	const char *name;
	unsigned revision;
	const char *date;
	const char *application;
	const char *title;
	const char *source;
	const char *versions;
	const char *notes;
	const char *path;
	size_t rules;
};

/* Loads and compiles signatures. Each of @names is a path (it holds a '/' or ends in ".yaml"), a
 * bundled signature NAME or NAME@REVISION, "all" for every bundled one that looks for Skype, or
 * "all:APPLICATION" for those that look for something else, "all:*" for all. NULL with @e set
 * ("file:line: what, expected what"). */
struct signature_set *signatures_load(const char *const *names, size_t n, struct err *e);
/* The same of @n files that were found for @names and read (find.h). */
struct signature_set *signatures_from(const char *const *names, const struct signature_file *f,
				      size_t n, struct err *e);
void signatures_free(struct signature_set *s);
size_t signatures_count(const struct signature_set *s);
const struct signature_info *signatures_info(const struct signature_set *s, size_t i);

/* Flow records are made with these times for all of them, whatever the files say; 0 = as they say. */
void signatures_record_times(struct signature_set *s, uint64_t active_ns, uint64_t inactive_ns);
/* These @n addresses and networks are one's own for all of them, whatever the files say; 0 = as they say. 0, or -1 with
 * @e set. */
int signatures_own_addresses(struct signature_set *s, const char *const *texts, size_t n,
			     struct err *e);
/* Whether a rule of any of them asks flow records. */
bool signatures_ask_records(const struct signature_set *s);

/* What signatures_load() is made of, for the fuzzer and the tests: an empty set, ... */
struct signature_set *signature_set_new(void);
/* ... one file added, from memory; @path is for messages. 0, or -1 with @e set. ... */
int signature_add_text(struct signature_set *set, const char *path, const char *text, size_t len,
		       struct err *e);
/* ... and after the last file: finds rules that share a question and builds the dispatch. */
void signature_set_compile(struct signature_set *set);

#endif
