/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_FIND_ECHO_H
#define ANALYSIS_FIELD_FIND_ECHO_H

#include "analysis/field/board.h"

/* Bytes that are copied from an earlier message. */
void find_echoes(struct board *b, const struct look *l);

#endif
