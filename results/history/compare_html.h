/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_COMPARE_HTML_H
#define RESULTS_COMPARE_HTML_H

#include <stdio.h>

#include "results/history/compare.h"

/* A comparison as a page of its own: what moved, side by side, and flow by flow. */
void comparison_html(const struct comparison *c, FILE *f, const char *base_name,
		     const char *now_name);

#endif
