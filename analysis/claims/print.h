/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_CLAIMS_PRINT_H
#define ANALYSIS_CLAIMS_PRINT_H

#include <stdio.h>

#include "analysis/claims/results.h"
#include "results/report/text_table.h"

/* The table of all claims, with the caution that agreement of emulated traffic shows nothing but that
 * the emulator is faithful. */
void claims_print(const struct claim_results *r, FILE *f, enum table_format format);
/* The same as elements of HTML, to stand in a document: a paragraph and a table of class "claims". */
void claims_print_html(const struct claim_results *r, FILE *f);

#endif
