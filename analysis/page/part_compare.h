/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_PART_COMPARE_H
#define ANALYSIS_PAGE_PART_COMPARE_H

#include "analysis/page/analysed.h"

/* Parts 6 and 7, added to @d. */
void part_compare(struct document *d, const struct analysed *a);
void part_breaks(struct document *d, const struct analysed *a);

#endif
