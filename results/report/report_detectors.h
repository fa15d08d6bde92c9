/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_DETECTORS_H
#define RESULTS_REPORT_DETECTORS_H

#include <stdio.h>

#include "base/tsv.h"
#include "results/score/table.h"

/* The report's part on detectors side by side: what each finds, by version and vantage, and what each
 * foreign one took. @facts: detectors.tsv, NULL = there is no foreign one, and no such part. */
void report_detectors(FILE *f, const struct score_table *t, const struct tsv *facts);

#endif
