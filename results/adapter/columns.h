/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_COLUMNS_H
#define RESULTS_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "results/adapter/adapter.h"

#define COLUMNS_MAX 256 /* that a definition may ask of one output */

/**
 * struct columns - which fields of an output count, in the order of their roles, then those of `only`
 * @name:	As the definition writes them
 * @first:	A role's are from here on, up to the next role's; [ADAPTER_ROLES] = those of `only`
 */
struct columns {
	const char *name[COLUMNS_MAX];
	unsigned n;
	unsigned first[ADAPTER_ROLES + 1];
};

/* 0, or -1 with @e set: there are too many. @c points into @o. */
int columns_of(const struct adapter_output *o, struct columns *c, struct err *e);
/* Checks that what a flow needs, and what `only` asks, is there. @there: by place, whether the output
 * has the column. 0, or -1 with @e set: which is not. */
int columns_check(const struct adapter *a, const struct adapter_output *o, const struct columns *c,
		  const bool *there, struct err *e);
/* Whether a role must have a column in an output of this definition. */
bool columns_needed(const struct adapter *a, const struct adapter_output *o,
		    enum adapter_role role);
const char *columns_role_text(enum adapter_role role); /* "src-ip" */

#endif
