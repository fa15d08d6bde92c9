/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_REACH_H
#define RESULTS_REPORT_REACH_H

#include <stdio.h>

#include "base/tsv.h"

/* The report's part on how near the background came to every rule; @reach: reach.tsv, or NULL. */
int report_reach(FILE *f, const char *run_dir, const char *folder, const struct tsv *reach,
		 const char *vantage, struct err *e);

#endif
