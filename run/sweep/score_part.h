/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SWEEP_SCORE_PART_H
#define RUN_SWEEP_SCORE_PART_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "results/score/flows.h"
#include "results/score/table.h"
#include "run/sweep/shard.h"

/* The scores of a shard of many captures, in a file, and what all shards' files make together. */

/**
 * struct score_part - what a part is of
 * @index, @of:	Which shard it is, from 1
 * @captures:	Of all shards
 * @list:	SHA-256 of their names
 * @subject:	What was scored, and for what: parts of one scoring say the same
 */
struct score_part {
	unsigned index, of;
	size_t captures;
	char list[65];
	json_t *subject; /* (owned) */
};

/* What a part says of one capture. */
struct score_part_capture {
	struct flow_totals flows; /* udp_flows, tcp_flows, packets and bytes */
	const char *fault;	  /* why it could not be used, or not to its end; NULL = it could */
	bool failed;		  /* a foreign detector failed with it */
};

/* The sum of all parts. */
struct score_parts {
	struct flow_totals flows;
	size_t captures, faults; /* faults: each was reported */
	bool failed;
	json_t *subject; /* (owned) what all parts are of */
};

/* How score_parts_add() ended. */
enum score_parts_end { SCORE_PARTS_BAD = -1, SCORE_PARTS_DONE, SCORE_PARTS_MISSING };

/* Fills @p but its @subject for the @n captures of @list, which the shard is one of. */
void score_part_of(struct score_part *p, const struct shard *s, char *const *list, size_t n);
/* A part is its head, its captures by rising number, its end. The caller looks for errors of the
 * stream. */
void score_part_begin(FILE *f, const struct score_part *p);
void score_part_put(FILE *f, size_t number, const struct score_part_capture *c,
		    const struct score_table *t);
void score_part_end(FILE *f);
/* Reads what score_part_put() wrote and adds it to @t and @sum; a fault is logged. False when it is not whole. */
bool score_part_get(FILE *f, uint64_t *number, struct score_table *t, struct score_parts *sum);

/* At most so many parts are read at a time. */
#define SCORE_PARTS_MAX 500

/* Adds the scores of all the @n parts to @t, in the order in which one machine would have scored the captures.
 * Anybody may have written them. SCORE_PARTS_MISSING: parts are missing, which was said. SCORE_PARTS_BAD with @e
 * set; @t may then have a part of them. Free @sum->subject with json_decref() in any case. */
enum score_parts_end score_parts_add(struct score_table *t, const char *const *paths, size_t n,
				     struct score_parts *sum, struct err *e);

#endif
