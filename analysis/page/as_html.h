/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_AS_HTML_H
#define ANALYSIS_PAGE_AS_HTML_H

#include <stdio.h>

#include "analysis/page/document.h"

/* A page that needs nothing but itself. @rows: the most rows of a table; 0 = all. */
void document_as_html(const struct document *d, FILE *f, size_t rows);

#endif
