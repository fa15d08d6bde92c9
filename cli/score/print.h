/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SCORE_PRINT_H
#define CLI_SCORE_PRINT_H

#include <stddef.h>

#include "results/score/flows.h"
#include "results/score/table.h"

/* What `skypelab score` prints beside the table. */

/* The misses and false positives by name; a few only, unless more words were asked for. */
void score_print_errors(const struct score_table *t);
/* What was wrongly claimed of @n captures without Skype, in which @sum was. */
void score_print_negatives(const struct score_table *t, const struct flow_totals *sum, size_t n);
/* Warns where no row of flows has one that is labelled @target: a name that is spelt wrong has no misses. */
void score_warn_nothing_to_find(const struct score_table *t, const char *target);

#endif
