/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DRIFT_GRID_H
#define RUN_DRIFT_GRID_H

#include <stdio.h>

#include "results/score/table.h"

/* Prints the rows of drift() for people: for each source and each change of @changes a line per signature,
 * with the recall at each amount. */
void drift_grid(const struct score_table *t, enum score_unit unit, unsigned changes, FILE *f);

#endif
