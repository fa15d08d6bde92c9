/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_FIND_OPTIONS_H
#define ANALYSIS_FIELD_FIND_OPTIONS_H

#include "analysis/field/board.h"

/* Options up to the message's end: type, length, value. */
void find_options(struct board *b, const struct look *l);

#endif
