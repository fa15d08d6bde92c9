/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_FIND_VALUES_H
#define ANALYSIS_FIELD_FIND_VALUES_H

#include "analysis/field/board.h"

/* What single bytes say: constant, few values, bits that move, random, text. */
void find_values(struct board *b, const struct look *l);
/* Whether messages have too few values at @o to show that these are random, and none that is against it. */
bool random_as_far_as_seen(const struct look *l, uint32_t o);

#endif
