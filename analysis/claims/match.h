/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_MATCH_H
#define ANALYSIS_CLAIMS_MATCH_H

#include "analysis/claims/claims.h"
#include "analysis/claims/scene.h"

/* Which messages and flows the selectors of a claim file take. */

/**
 * struct claim_found - the messages of a sequence so far
 * @at:		Which message of the set each is
 */
struct claim_found {
	const struct scene_message *m[CLAIM_STEPS];
	int at[CLAIM_STEPS];
	unsigned n;
};

/* Whether @m is of the kind; what it compares with is looked for in @found. A message with bytes
 * missing is of no kind. */
bool claim_message_is(const struct claim_set *s, int kind, const struct scene_message *m,
		      const struct claim_found *found);
/* Whether nobody can say if @m is of the kind, since the capture lacks bytes of it. */
bool claim_message_unknown(const struct claim_set *s, int kind, const struct scene_message *m);
/* The first message of @f after the last of @found, or at or after index @from if that is empty, that
 * is of the kind and as near as the kind asks; NULL = none. */
const struct scene_message *claim_message_after(const struct claim_set *s, int kind,
						const struct scene_flow *f, uint32_t from,
						const struct claim_found *found);
/* Looks for a sequence from message index @from of @f on. True: @found is it. */
bool claim_sequence_in(const struct claim_set *s, const int *kinds, unsigned n,
		       const struct scene_flow *f, uint32_t from, struct claim_found *found);
/* Whether a flow is of the kind; "nth" is its place among its client's flows that are. */
bool claim_flow_is(const struct claim_set *s, int kind, const struct scene_flow *f);
/* A number that is the same for equal addresses of a client. */
uint64_t claim_host_of(const struct scene_flow *f);

#endif
