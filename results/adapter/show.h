/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_SHOW_H
#define RESULTS_SHOW_H

#include <stdio.h>

#include "results/adapter/adapter.h"
#include "results/adapter/read.h"
#include "results/score/detections.h"

/* Explains a definition in words. */
void adapter_show(FILE *f, const struct adapter *a);
/* Says what became of the records, a line each but for what did not occur. */
void adapter_counts_show(FILE *f, const struct adapter_counts *n);
/* The detections, as a table of tab-separated values with a header. */
void adapter_detections_show(FILE *f, const struct detections *list);

#endif
