/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_FIND_STRINGS_H
#define ANALYSIS_FIELD_FIND_STRINGS_H

#include "analysis/field/board.h"

/* Strings that each have their length before them, in one byte. */

/* Finds them in a class. */
void find_strings(struct board *b, const struct look *l);
/* Where strings end that begin at @o in all messages; 0 = there are none, or they end at several places. */
uint32_t strings_end(const struct look *l, uint32_t o);

#endif
