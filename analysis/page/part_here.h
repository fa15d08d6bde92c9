/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_PART_HERE_H
#define ANALYSIS_PAGE_PART_HERE_H

#include "analysis/page/analysed.h"

/* Part 1, added to @d. */
void part_here(struct document *d, const struct analysed *a);

#endif
