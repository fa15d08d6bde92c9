/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_FIND_CHECKSUM_H
#define ANALYSIS_FIELD_FIND_CHECKSUM_H

#include "analysis/field/board.h"

/* Checksums over parts of the message. */
void find_checksums(struct board *b, const struct look *l);

#endif
