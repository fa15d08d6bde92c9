/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_FIND_VALUES_H
#define ANALYSIS_FIELD_FIND_VALUES_H

#include "analysis/field/board.h"

/* What single bytes say: constant, few values, bits that move, random, text. */
void find_values(struct board *b, const struct look *l);

#endif
