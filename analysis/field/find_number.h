/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_FIND_NUMBER_H
#define ANALYSIS_FIELD_FIND_NUMBER_H

#include "analysis/field/board.h"

/* Numbers: counters, lengths, times. */
void find_numbers(struct board *b, const struct look *l);

#endif
