/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CONTAINMENT_H
#define RESULTS_CONTAINMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/tsv.h"
#include "results/score/intervals.h"

/* containment.tsv of a run, skypelab-run-directory(5), and its sums. */

enum containment_column {
	CONT_TRIAL,
	CONT_VERSION,
	CONT_CALLER_FIREWALL,
	CONT_CALLER_NAT,
	CONT_CALLEE_FIREWALL,
	CONT_CALLEE_NAT,
	CONT_PROXY,
	CONT_SIGNATURE,
	CONT_POLICY,
	CONT_DELAY,
	CONT_STAGE,
	CONT_STATE,
	CONT_FLOWS,
	CONT_SESSIONS,
	CONT_BLOCKED,
	CONT_FLOW_PACKETS,
	CONT_CLIENT_PACKETS,
	CONT_FLOW_SECONDS,
	CONT_SECONDS,
	CONT_VERDICT,
	CONT_SERVED,
	CONT_REASON,
	CONT_INNOCENT_BLOCKED,
	CONT_COMPARED,
	CONT_HURT_ON_CLIENT,
	CONT_HURT_ON_OTHERS,
	CONT_COLUMNS,
};

struct containment {
	struct tsv *t; /* (owned) */
	int column[CONT_COLUMNS];
};

/* Which rows: @value[COLUMN] or, where it is NULL, any. */
struct containment_key {
	const char *value[CONT_COLUMNS];
};

/* 0, or -1 with @e set. Clear it in either case. */
int containment_read(struct containment *c, const char *path, struct err *e);
void containment_clear(struct containment *c);
const char *containment_cell(const struct containment *c, size_t row, enum containment_column k);
/* The first row of its kind among those of the column's @by: rows are told apart by the columns in
 * @by, @n of them. */
bool containment_first(const struct containment *c, size_t row, const struct containment_key *key,
		       const enum containment_column *by, size_t n);
/* Sum of a column of numbers over the rows; what is no number counts as 0. */
double containment_total(const struct containment *c, const struct containment_key *key,
			 enum containment_column k);
/* Median of a column over the rows that have a number there; how many those are, into @n. */
double containment_median(const struct containment *c, const struct containment_key *key,
			  enum containment_column k, size_t *n);

/* How many of the clients' logins ended as @verdict, NULL = in any other way than in. */
struct containment_share {
	size_t n, of;
	struct interval ci; /* over independent trials: skypelab-run-directory(5) */
};
struct containment_share containment_share(const struct containment *c,
					   const struct containment_key *key, const char *verdict);
/* The reason that most rows of @verdict have, or "-"; how many, into @n. */
const char *containment_reason(const struct containment *c, const struct containment_key *key,
			       const char *verdict, size_t *n);

#endif
