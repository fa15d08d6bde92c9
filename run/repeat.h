/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_REPEAT_H
#define CLI_REPEAT_H

#include "run/runner.h"

/* Runs again what a run directory's manifest says (its own copy of the scenario, seed, filters,
 * signatures), into @o->dir, and prints where the two runs differ. EXIT_DONE when nothing differs
 * that should not, EXIT_NO when something does; else @e is set and holds the exit code. */
int run_repeat(const char *manifest, struct run_options *o, struct err *e);

#endif
