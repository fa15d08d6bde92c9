/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_PLAN_H
#define RUN_RUN_PLAN_H

#include <jansson.h>

#include "base/err.h"
#include "run/runner.h"
#include "run/workers.h"

/* What a part of a run means to do: shard.json of skypelab-run-directory(5), of the cells in @r. @all is
 * how many the whole run has. NULL with @e set. */
json_t *plan_new(const struct runner *r, size_t all, struct err *e);
/* A part's shard.json, which anybody may have written: its form is checked. NULL with @e set. */
json_t *plan_read(const char *dir, struct err *e);
/* Why two parts cannot be of one run: "seed: 2, not 1"; NULL = they can. Stays until the next call. */
const char *plan_differs(const json_t *plan, const json_t *from);
/* A file that both read, and not the same: its name; NULL = there is none. */
const char *plan_input_differs(const json_t *plan, const json_t *from);

/* What a plan was asked for, as the options of a run. */
struct plan_options {
	struct run_options o;
	const char **words; /* (owned) the array behind its lists */
};
/* @plan must outlive it. */
void plan_options_of(struct plan_options *p, const json_t *plan);
void plan_options_clear(struct plan_options *p);

#endif
