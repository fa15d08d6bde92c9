/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_TRAFFIC_H
#define RESULTS_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <uthash.h>

#include "base/err.h"
#include "base/tsv.h"

/* What a flow ran over. */
enum port_class { PORT_UDP, PORT_TCP_HIGH, PORT_TCP_443, PORT_TCP_80, PORT_TCP_LOW, PORTS };

/* How often something happened, as a list in the order of `hh.next`; @text is the key, with tabs
 * between its parts. */
struct tally {
	char *text; /* (owned) */
	unsigned long long n[PORTS];
	UT_hash_handle hh;
};

/* The entry of @text, made when it is not there. */
struct tally *tally(struct tally **map, const char *text);
/* By text; numbers within it by value. */
void tally_sort(struct tally **map);
void tally_free(struct tally **map);

/* What the emulated users of a run did. */
struct traffic {
	struct tsv *outcomes;	/* (owned) every login and call */
	struct tally *sizes;	/* "message\tversion\tsize": n[0] = how many */
	struct tally *settings; /* "setting\tversion": answered flows by port class */
};

/* Reads outcomes.tsv and the cells' messages.tsv. 1; 0 when the run has no outcomes; -1 with @e
 * set. After 1 or -1 free with traffic_clear(). */
int traffic_read(struct traffic *t, const char *run_dir, struct err *e);
void traffic_clear(struct traffic *t);

/* A cell of outcomes.tsv by the name of its column. */
const char *traffic_cell(const struct tsv *outcomes, size_t row, const char *column);
/* The setting of a row: "firewall/nat" of the site at which its client is, and what stands before
 * the internet, if anything. */
#define SETTING_LEN 160
void traffic_setting(const struct tsv *outcomes, size_t row, char out[SETTING_LEN]);

#endif
