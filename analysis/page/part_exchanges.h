/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_PART_EXCHANGES_H
#define ANALYSIS_PAGE_PART_EXCHANGES_H

#include "analysis/page/analysed.h"

/* Part 4, added to @d. */
void part_exchanges(struct document *d, const struct analysed *a);

#endif
