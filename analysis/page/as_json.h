/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_PAGE_AS_JSON_H
#define ANALYSIS_PAGE_AS_JSON_H

#include <stdio.h>

#include "analysis/page/document.h"

/* One object: the facts, and for each section an object with its notes and, by name, its tables: arrays
 * of objects, whose blank cells are null. Pictures are left out. */
void document_as_json(const struct document *d, FILE *f);

#endif
