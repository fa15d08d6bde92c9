/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_MEASURES_NAMED_H
#define ANALYSIS_CLAIMS_MEASURES_NAMED_H

#include "analysis/claims/claims.h"
#include "analysis/claims/scene.h"
#include "analysis/claims/tally.h"

typedef void measure_fn(const struct claim_set *s, const struct claim *c,
			const struct claim_scene *scene, struct claim_cases *out);

#define MEASURE_GROUPS 8 /* of ports in `parameters`, at most */

/**
 * struct measure_named - a measure that a claim file calls by name
 * @then, @step, @groups: It needs `then`, `step`, or two groups of ports or more in `parameters`; what
 *		it does not need it does not look at
 */
struct measure_named {
	const char *name;
	measure_fn *fn;
	bool then, step, groups;
};

/* NULL = there is none of that name; @list gets the names there are. */
const struct measure_named *measure_named_find(const char *name, char *list, size_t size);

#endif
