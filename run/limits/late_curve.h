/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_LIMITS_LATE_CURVE_H
#define RUN_LIMITS_LATE_CURVE_H

#include <stdio.h>

#include "run/limits/late.h"

/* Recall against the seconds that are cut off; the columns stand in skypelab-late(1). */

void late_text(FILE *f, const struct late *l);
void late_tsv(FILE *f, const struct late *l);
/* DIR/late.tsv and plots in DIR/plots, emulated and recorded apart. 0, or -1 with @e set (EXIT_ENV: no
 * gnuplot; the table is there). */
int late_write(const char *dir, const struct late *l, struct err *e);

#endif
