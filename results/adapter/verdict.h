/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_VERDICT_H
#define RESULTS_VERDICT_H

#include "results/adapter/adapter.h"
#include "results/adapter/columns.h"

#define VERDICT_APPLICATIONS 64 /* that one record may name */

/* What a record says its flow is. */
struct verdict {
	const char *application[VERDICT_APPLICATIONS]; /* of the definition, or DETECTION_OTHER */
	unsigned n;				       /* 0 = it says nothing */
};

/* By the values of the record, as of delimited_next(). */
void verdict_of(const struct adapter *a, const struct adapter_output *o, const struct columns *c,
		const char *const *value, struct verdict *out);
/* Whether the record counts, as `only` says it. */
bool verdict_counts(const struct adapter_output *o, const struct columns *c,
		    const char *const *value);

#endif
