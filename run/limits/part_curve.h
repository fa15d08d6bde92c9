/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_LIMITS_PART_CURVE_H
#define RUN_LIMITS_PART_CURVE_H

#include <stdio.h>

#include "run/limits/part_scores.h"

/* Recall against the part that is seen; the columns stand in skypelab-late(1) and skypelab-partial(1). */

/* Of who begins to watch late. */
void late_text(FILE *f, const struct part_scores *s);
void late_tsv(FILE *f, const struct part_scores *s);
/* DIR/late.tsv and plots in DIR/plots, emulated and recorded apart. 0, or -1 with @e set (EXIT_ENV: no
 * gnuplot; the table is there). */
int late_write(const char *dir, const struct part_scores *s, struct err *e);

/* Of the other axes. */
void partial_text(FILE *f, const struct part_scores *s);
void partial_tsv(FILE *f, const struct part_scores *s);
/* DIR/partial.tsv and plots, as late_write(). */
int partial_write(const char *dir, const struct part_scores *s, struct err *e);

#endif
