/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_FIND_RECORDS_H
#define ANALYSIS_FIELD_FIND_RECORDS_H

#include "analysis/field/board.h"
#include "analysis/field/look.h"

/* Records that each say how far the next one is, to the end of the message. */
void find_records(struct board *b, const struct look *l);

#endif
