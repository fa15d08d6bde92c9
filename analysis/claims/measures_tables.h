/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_MEASURES_TABLES_H
#define ANALYSIS_CLAIMS_MEASURES_TABLES_H

#include "analysis/claims/claims.h"
#include "analysis/claims/scene.h"
#include "analysis/claims/tally.h"

/* Rows of a table in the scene's folder; a scene without that table has no case. */
void measure_table(const struct claim *c, const struct claim_scene *scene, struct claim_cases *out);
/* What a signature found in the scene. */
void measure_detect(const struct claim *c, const struct claim_scene *scene,
		    struct claim_cases *out);

#endif
