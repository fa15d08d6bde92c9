/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_MEASURES_FLOWS_H
#define ANALYSIS_CLAIMS_MEASURES_FLOWS_H

#include "analysis/claims/claims.h"
#include "analysis/claims/scene.h"
#include "analysis/claims/tally.h"

/* A case is a flow that is `flow`; it holds when it is one of `must`. */
void measure_flows(const struct claim_set *s, const struct claim *c,
		   const struct claim_scene *scene, struct claim_cases *out);
/* A case, and what is shown of it; @held: as claim_case(). */
void measure_flow_case(const struct claim *c, const struct claim_scene *scene,
		       const struct scene_flow *f, bool held, const char *value,
		       struct claim_cases *out);

#endif
