/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_COMPARE_PRINT_H
#define RESULTS_COMPARE_PRINT_H

#include <stdio.h>

#include "results/history/compare.h"

enum compare_format { COMPARE_TEXT, COMPARE_MARKDOWN, COMPARE_JUNIT, COMPARE_HTML, COMPARE_JSON };
#define COMPARE_FORMATS                                                                            \
	"text|markdown|junit|html|json" /* their words on the command line, in this order */
/* The verdict first, then figures that moved, then every change (text: at most @max; 0 = all). */
void comparison_print(const struct comparison *c, FILE *f, enum compare_format format,
		      const char *base_name, const char *now_name, size_t max);
/* The suite alone of COMPARE_JUNIT, without head and foot (results/report/junit.h). */
void comparison_junit(const struct comparison *c, FILE *f, const char *base_name,
		      const char *now_name);

#endif
