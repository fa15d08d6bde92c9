/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REGRESS_RUNS_H
#define RUN_REGRESS_RUNS_H

#include "run/regress/regress.h"

/* Tries both on every cell and vantage of a run directory: its captures against its truth. 0, or -1
 * with @e set. */
int regress_run(struct regress *r, const char *dir, struct err *e);

#endif
