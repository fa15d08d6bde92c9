/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DRIFT_DRIFT_H
#define RUN_DRIFT_DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "detector/detector.h"
#include "results/score/table.h"
#include "run/regress/material.h"
#include "run/vary/change.h"

#define DRIFT_AMOUNTS 8 /* the most of one change */

/**
 * struct drift_request - signatures, captures, and what is changed in these
 * @set:	All look for Skype
 * @material:	Captures; those without labels are passed over
 * @changes:	Which are made: bits 1 << enum vary_what
 * @seed:	Of what is drawn
 */
struct drift_request {
	const struct signature_set *set;
	const struct material *material;
	unsigned changes;
	uint64_t seed;
};

/* What a change is called, as the axis `change` has it. */
const char *drift_word(enum vary_what what);
/* The amounts that are tried, from nothing on; *n of them. */
const double *drift_amounts(enum vary_what what, size_t *n);
/* Scores every signature on every capture with every amount of each change, into @t: rows with the axes
 * `change` and `amount`. *@captures: how many; *@bad: one was not readable to its end, which is
 * reported. 0, or -1 with @e set. */
int drift(const struct drift_request *q, struct score_table *t, size_t *captures, bool *bad,
	  struct err *e);

#endif
