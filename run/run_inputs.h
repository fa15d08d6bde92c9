/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_RUN_INPUTS_H
#define RUN_RUN_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "run/scenario/scenario.h"

/* Files, each once, in order of first appearance. All zero = none. */
struct run_inputs {
	char **paths; /* (owned, and each) */
	size_t n;
	bool defaults; /* (private) */
};

/* @path NULL: nothing to add. */
void run_inputs_add(struct run_inputs *l, const char *path);
/* The policies, NATs, versions, mixes and captures of one cell. */
void run_inputs_add_scenario(struct run_inputs *l, const struct scenario *s);
void run_inputs_clear(struct run_inputs *l);

#endif
