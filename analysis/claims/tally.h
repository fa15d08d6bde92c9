/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_TALLY_H
#define ANALYSIS_CLAIMS_TALLY_H

#include "analysis/claims/claims.h"
#include "results/score/intervals.h"

/* Cases of a claim, put together to independent trials, and the verdict on them. */

#define CLAIM_VALUES 24 /* distinct values that are counted; others count together */

/* Where a case can be looked at. */
struct claim_example {
	char *capture; /* (owned) NULL = none yet */
	uint64_t number;
	char *what; /* (owned) words: a flow, a row of a table */
};

struct claim_value {
	char text[32];
	uint64_t n;
};

/**
 * struct claim_tally - the cases of one claim
 * @group:	(owned) capture or version; NULL = all
 * @cases, @held: Of single messages, flows or rows
 * @trials, @trials_held: Of what the claim calls a trial: for "always" and "share" one holds when all
 *		of its cases do, for "sometimes" when one does, for "never" when none is
 * @parts:	(owned) held and all cases of every trial, for the interval of a share
 * @good, @bad:	The first case that held, and that did not
 */
struct claim_tally {
	char *group;
	uint64_t cases, held, trials, trials_held;
	struct ratio_part *parts;
	size_t parts_n, parts_cap;
	struct claim_example good, bad;
	struct claim_value values[CLAIM_VALUES];
	unsigned values_n;
	uint64_t other_values;
};

enum claim_answer { CLAIM_NOT_TESTABLE, CLAIM_CONFIRMED, CLAIM_REFUTED };
const char *claim_answer_text(enum claim_answer a);

/**
 * struct claim_verdict - what is said of a claim
 * @k, @n:	Trials that agree, of how many
 * @share:	95 % interval of the share of trials, or of cases over trials for "share"
 * @example:	Refuted: the counter-example; confirmed: an example; else NULL
 * @seen:	"51 x4, 18 x3": values of the cases, most frequent first
 * @reason:	Of not testable: why, and what would make it testable
 */
struct claim_verdict {
	enum claim_answer answer;
	uint64_t k, n, cases, held;
	struct interval share;
	const struct claim_example *example;
	char seen[200];
	char reason[600]; /* room for what a claim needs, whole */
};

/* One scene's cases under way. */
struct claim_cases;
struct claim_cases *claim_cases_new(void);
void claim_cases_free(struct claim_cases *c);
bool claim_cases_any(const struct claim_cases *c);
/**
 * claim_case() - one case
 * @trial:	Cases with one number are one trial
 * @held:	Whether what the claim says holds ("never": whether what it says never happens did)
 * @capture, @number, @what, @value: For the example; @value: NULL = none
 */
void claim_case(struct claim_cases *c, uint64_t trial, bool held, const char *capture,
		uint64_t number, const char *what, const char *value);
/* @count cases at once, of which @held hold. */
void claim_case_counts(struct claim_cases *c, uint64_t trial, uint64_t held, uint64_t count,
		       const char *capture, uint64_t number, const char *what, const char *value);
/* Adds the scene's cases to a tally. */
void claim_tally_add(struct claim_tally *t, const struct claim_cases *c, enum claim_expect expect);
void claim_tally_clear(struct claim_tally *t);
struct claim_verdict claim_tally_verdict(const struct claim_tally *t, const struct claim *c);

#endif
