/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_LIMITS_COVERAGE_H
#define RUN_LIMITS_COVERAGE_H

#include <stdio.h>

#include "run/limits/curve.h"

/* Tables and plots of `skypelab coverage`; the columns stand in skypelab-coverage(1). */

/* For a person: what a monitor finds of what it sees, and how many monitors are needed. */
void coverage_text(FILE *f, const struct curves *all, const struct looks *l);
/* The curves as a table. */
void coverage_tsv(FILE *f, const struct curves *all);
/* DIR/coverage.tsv, monitors.tsv, of a run recall.tsv, and plots in DIR/plots. @l NULL = no run. 0, or
 * -1 with @e set (EXIT_ENV: no gnuplot; the tables are there). */
int coverage_write(const char *dir, const struct curves *all, const struct looks *l, struct err *e);

#endif
