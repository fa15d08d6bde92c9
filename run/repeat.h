/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REPEAT_H
#define RUN_REPEAT_H

#include "run/runner.h"

/* Repeats the run of a manifest (its directory's copy of the scenario; its seed, filters and
 * signatures) into @o->dir, and prints where the two runs differ. 0 when everything that should be
 * equal is; 1 when something is not, or when a cell of the new run was invalid; -1 with @e set. */
int run_repeat(const char *manifest, struct run_options *o, struct err *e);

#endif
