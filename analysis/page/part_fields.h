/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_PART_FIELDS_H
#define ANALYSIS_PAGE_PART_FIELDS_H

#include "analysis/page/analysed.h"

/* Parts 2 and 3, added to @d. */
void part_classes(struct document *d, const struct analysed *a);
void part_map(struct document *d, const struct analysed *a);

#endif
