/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REPEAT_H
#define RUN_REPEAT_H

#include "run/runner.h"

/* Repeats the run of a manifest (its directory's copy of the scenario; its seed, filters and
 * signatures) into @o->dir, and prints where the two runs differ. EXIT_DONE when everything that
 * should be equal is, EXIT_NO when something is not; else @e is set and holds the exit code. */
int run_repeat(const char *manifest, struct run_options *o, struct err *e);

#endif
