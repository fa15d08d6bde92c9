/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_RUN_SEEDS_H
#define CLI_RUN_SEEDS_H

#include <stdbool.h>

#include "base/err.h"
#include "run/runner.h"

/* --seeds "FIRST..LAST", NULL = not given: as many repetitions as seeds, in @o. @others: --seed or
 * --repeat was given too. 0, or -1 with @e set. */
int run_seeds(const char *seeds, bool others, struct run_options *o, struct err *e);

#endif
