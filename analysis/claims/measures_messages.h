/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_MEASURES_MESSAGES_H
#define ANALYSIS_CLAIMS_MEASURES_MESSAGES_H

#include "analysis/claims/claims.h"
#include "analysis/claims/scene.h"
#include "analysis/claims/tally.h"

/* Measures on messages: each adds a scene's cases of a claim. */

void measure_messages(const struct claim_set *s, const struct claim *c,
		      const struct claim_scene *scene, struct claim_cases *out);
void measure_follows(const struct claim_set *s, const struct claim *c,
		     const struct claim_scene *scene, struct claim_cases *out);
void measure_counter(const struct claim_set *s, const struct claim *c,
		     const struct claim_scene *scene, struct claim_cases *out);

#endif
