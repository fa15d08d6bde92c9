/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_MEASURES_NAMED_H
#define ANALYSIS_CLAIMS_MEASURES_NAMED_H

#include "analysis/claims/claims.h"
#include "analysis/claims/scene.h"
#include "analysis/claims/tally.h"

typedef void measure_fn(const struct claim_set *s, const struct claim *c,
			const struct claim_scene *scene, struct claim_cases *out);

/* A measure that a claim file calls by name. NULL = there is none of that name; @list gets the names
 * there are. */
measure_fn *measure_named_find(const char *name, char *list, size_t size);

#endif
