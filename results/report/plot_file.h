/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_FILE_H
#define RESULTS_PLOT_FILE_H

#include <stdio.h>

#include "base/err.h"

/* Colours that the colour-blind tell apart (Okabe and Ito, Color Universal Design, 2008), without
 * the yellow, which does not print. Points differ in shape as well: there is one more shape, so
 * that 56 pairs of colour and shape differ. */
#define PLOT_COLOURS 7
#define PLOT_SHAPES  8
extern const char *const plot_colours[PLOT_COLOURS];
extern const int plot_points[PLOT_SHAPES]; /* gnuplot point types */

/**
 * struct plot_file - one plot in the making: write rows to @data and gnuplot lines to @script
 *
 * The script sees the data file's name as the string variable FILE. Its last line must be the plot
 * command; terminal and output are set around it.
 */
struct plot_file {
	FILE *data, *script;
	char *data_text, *script_text; /* (owned) */
	size_t data_len, script_len;
};

void plot_begin(struct plot_file *p);
void plot_drop(struct plot_file *p);
/* Writes DIR/NAME.tsv and DIR/NAME.gp and frees @p. 0, or -1 with @e set. */
int plot_end(struct plot_file *p, const char *dir, const char *name, int width, int height,
	     struct err *e);
/* Runs gnuplot over DIR's scripts NAME.gp. 0, or -1 with @e set (its first complaint). */
int plot_execute(const char *dir, const char *const *names, size_t n, struct err *e);
/* Writes @s between double quotes for gnuplot; \n stays a line break. */
void plot_quote(FILE *f, const char *s);

#endif
