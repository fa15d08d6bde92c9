/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CONFUSION_TEXT_H
#define RESULTS_CONFUSION_TEXT_H

#include "results/report/text_table.h"
#include "results/score/confusion.h"

/* Prints a confusion table: text and markdown in blocks, tsv as confusion.tsv, json as an array with
 * an object for each of its lines. */
void confusion_print(const struct confusion *c, FILE *f, enum table_format format);

#endif
