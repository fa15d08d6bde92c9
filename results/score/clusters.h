/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CLUSTERS_H
#define RESULTS_CLUSTERS_H

#include <stddef.h>
#include <stdint.h>

/* The columns of counts, in their order in the files. */
enum score_count {
	COUNT_TP,
	COUNT_FP,
	COUNT_FN,
	COUNT_TN,
	COUNT_WRONG_ROLE,   /* claims of a client that name a peer */
	COUNT_UNMATCHED,    /* claims that meet no row of truth */
	COUNT_UNLABELLED,   /* of fp: had no label row */
	COUNT_HOST_SECONDS, /* how long hosts without Skype were watched, all together; unit client */
	COUNTS
};
const char *score_count_text(enum score_count c); /* "tp", ..., "unlabelled": the column's name */

/* One cluster's share of a row. A cluster is one independent trial: of emulated traffic one
 * repetition of one cell ("CELL@K"), of recorded traffic one capture and its client. */
struct score_cluster {
	char *id; /* (owned) */
	uint64_t n[COUNTS];
};

/* The clusters of one row, in order of first appearance. All zero = none. */
struct score_clusters {
	struct score_cluster *c;
	size_t n;
	uint32_t *slots; /* (private) hash table of indices + 1 */
	size_t slots_n;	 /* (private) */
};

/* The cluster of a name, made with zero counts when it is not there; valid until the next one is
 * made. */
struct score_cluster *clusters_at(struct score_clusters *l, const char *id);
/* Adds the counts of every cluster of @from to those of @to. */
void clusters_add(struct score_clusters *to, const struct score_clusters *from);
void clusters_clear(struct score_clusters *l);

#endif
