/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_AS_TEXT_H
#define ANALYSIS_PAGE_AS_TEXT_H

#include <stdio.h>

#include "analysis/page/document.h"

/* For a terminal. @rows: the most rows of a table that are printed (of a grouped one: of each
 * group, and so many groups); 0 = all. */
void document_as_text(const struct document *d, FILE *f, size_t rows);

#endif
