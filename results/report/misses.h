/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_MISSES_H
#define RESULTS_MISSES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/tsv.h"
#include "results/score/table.h"

/* Missed flows of one signature in one version's traffic that are alike: their kind, and the messages that they
 * had. Texts are the table's. */
struct miss_group {
	const struct score_row *of; /* a row with the signature, revision, source and version */
	const char *reason, *stage; /* the stage of the example */
	size_t n;
	const struct score_claim *example;
};

/* All groups at @vantage (owned), by signature and version, then most first; *n of them. */
struct miss_group *misses_of(const struct score_table *t, const char *vantage, size_t *n);
/* A sentence's end on why such flows are missed, from the messages they had: "nobody answered the probe". */
const char *miss_cause(const char *stage);
/* Whether row @i of misses.tsv is of @r's signature, revision, source and version. */
bool miss_is_of(const struct tsv *t, size_t i, const struct score_row *r);

/* Whether a condition says a line, which is one of its signature's file. */
bool names_line(const char *condition);

#endif
