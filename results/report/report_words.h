/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_WORDS_H
#define RESULTS_REPORT_WORDS_H

#include <stdio.h>

/* The report's part that says what its words mean: the paper's names of messages and nodes, vantages, units,
 * settings, measures. */
void report_words(FILE *f);
/* Writes the page @html to @f. Where a word of that part is used first, in the text of <main>, it becomes a link to
 * its meaning, which is its title as well. */
void report_words_link(FILE *f, const char *html);

#endif
