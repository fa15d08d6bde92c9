/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_AS_TSV_H
#define ANALYSIS_PAGE_AS_TSV_H

#include <stdio.h>

#include "analysis/page/document.h"
#include "base/err.h"

/* All tables one after the other, each behind a line "# NAME: TITLE" and its head line. */
void document_as_tsv(const struct document *d, FILE *f);
/* Each table as DIR/NAME.tsv and each picture as DIR/NAME.svg; DIR is made. 0, or -1 with @e set. */
int document_to_folder(const struct document *d, const char *dir, struct err *e);

#endif
