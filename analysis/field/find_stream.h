/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_FIND_STREAM_H
#define ANALYSIS_FIELD_FIND_STREAM_H

#include "analysis/field/board.h"

/* Bytes that depend on others of the same message: nibbles that agree, a cipher stream that begins
 * anew, a generator. */
void find_streams(struct board *b, const struct look *l);

#endif
