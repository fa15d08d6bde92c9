/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_COMPARE_WORDS_H
#define RESULTS_COMPARE_WORDS_H

#include <stdbool.h>
#include <stdio.h>

#include "results/history/compare.h"

const char *comparison_verdict(const struct comparison *c); /* "WORSE", "better", "equal" */
const char *change_plural(enum change_kind k, size_t n);    /* "new false positives" */
/* Whether any count of a figure differs. */
bool figure_moved(const struct figure *f);

/* A ratio of both sides, in words. */
struct moved_ratio {
	char text[2][48];  /* base, now */
	const char *where; /* what the intervals say of the difference; "" = nothing */
};

struct moved_figure {
	struct moved_ratio recall, precision;
};
struct moved_figure figure_text(const struct figure *f);

#endif
