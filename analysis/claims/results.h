/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_RESULTS_H
#define ANALYSIS_CLAIMS_RESULTS_H

#include "analysis/claims/claims.h"
#include "analysis/claims/scene.h"
#include "analysis/claims/tally.h"
#include "results/score/source.h"

/* What the scenes say of every claim, emulated and recorded apart. */

/**
 * struct claim_finding - a claim, tested on the traffic of one source
 * @tally:	All scenes of the source
 * @groups:	(owned) The same by capture (recorded) or traffic version (emulated), @groups_n of them
 */
struct claim_finding {
	struct claim_tally tally;
	struct claim_tally *groups;
	size_t groups_n;
};

/* @of[i][source]: of the set's claim @i; SOURCE_EMULATED and SOURCE_RECORDED are used. */
struct claim_results {
	const struct claim_set *set;
	struct claim_finding (*of)[SOURCE_RECORDED + 1]; /* (owned) set->claims_n */
	uint64_t scenes[SOURCE_RECORDED + 1];
};

/* @set must outlive it. Never NULL. */
struct claim_results *claim_results_new(const struct claim_set *set);
void claim_results_free(struct claim_results *r);
/* Tests every claim on a scene, which may be freed after that. */
void claim_results_add(struct claim_results *r, const struct claim_scene *scene);
/* The verdict on claim @i by the traffic of a source, and by one group of it. */
struct claim_verdict claim_results_verdict(const struct claim_results *r, size_t i,
					   enum traffic_source source);
struct claim_verdict claim_results_group(const struct claim_results *r, size_t i,
					 enum traffic_source source, size_t group);

#endif
