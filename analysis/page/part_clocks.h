/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_PART_CLOCKS_H
#define ANALYSIS_PAGE_PART_CLOCKS_H

#include "analysis/page/analysed.h"

/* Part 5, added to @d. */
void part_clocks(struct document *d, const struct analysed *a);

#endif
