/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_CONFUSION_H
#define RESULTS_REPORT_CONFUSION_H

#include <stdbool.h>
#include <stdio.h>

#include "results/score/confusion.h"

/* Whether the report has the part: the truth has several applications. */
bool report_has_confusion(const struct confusion *c);
/* The part of the report on what flows are and what is said of them, at one vantage. */
void report_confusion(FILE *f, const struct confusion *c, const char *vantage);

#endif
