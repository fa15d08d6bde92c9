/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_ANSWER_H
#define RESULTS_ANSWER_H

#include <stdio.h>

#include "results/score/table.h"

/* What a run found out, in words: for each signature how many clients, sessions and flows it found, and what it
 * took for them wrongly, summed over all settings. A handful of lines: with many signatures and vantages, as
 * seen at @vantage alone. @target: the application that was looked for. */
void answer_print(const struct score_table *t, const char *target, const char *vantage, FILE *f);

#endif
