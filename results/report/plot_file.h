/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_FILE_H
#define RESULTS_PLOT_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/**
 * struct plot_file - a plot being made: write rows to @data and gnuplot lines to @script
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
void plot_drop(struct plot_file *p); /* leaves no file */

#define PLOTS_MAX 64

/* The plots made so far. Further plots than PLOTS_MAX are left out. */
struct plot_list {
	const char *dir;
	char *names[PLOTS_MAX]; /* (owned) */
	size_t n;
};

/* Ends a plot and adds it to @list: writes DIR/NAME.tsv and DIR/NAME.gp and frees @p. Characters of
 * @name that are awkward in a file name become '-', and a name that is taken gets a number. 0, or -1 with @e set. */
int plot_list_add(struct plot_list *list, struct plot_file *p, const char *name, int width,
		  int height, struct err *e);
void plot_list_clear(struct plot_list *list);

#endif
