// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_file.c - a plot's data file and its gnuplot script
 *
 * A script is complete: anybody can run it again, or change it, beside its data. Around the plot's
 * own lines it sets what all plots share (separator, axes, grid, key) and draws twice, as SVG and
 * as PNG of twice the size.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_file.h"

void plot_begin(struct plot_file *p)
{
	memset(p, 0, sizeof(*p));
	p->data = open_memstream(&p->data_text, &p->data_len);
	p->script = open_memstream(&p->script_text, &p->script_len);
	if (!p->data || !p->script) {
		log_error("out of memory");
		exit(EXIT_ENV);
	}
}

void plot_drop(struct plot_file *p)
{
	fclose(p->data);
	fclose(p->script);
	free(p->data_text);
	free(p->script_text);
	memset(p, 0, sizeof(*p));
}

static bool is_taken(const struct plot_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->names[i], name))
			return true;
	return false;
}

/* @text as a file name that no other plot of @list has (owned). */
static char *file_name_of(const struct plot_list *list, const char *text)
{
	char *name = xstrdup(quote_file_name(text));

	for (unsigned k = 2; is_taken(list, name); k++) {
		free(name);
		name = xasprintf("%s-%u", quote_file_name(text), k);
	}
	return name;
}

static int write_text(const char *dir, const char *name, const char *end, const char *text,
		      struct err *e)
{
	char *path = path_inf(dir, "%s.%s", name, end);
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	fputs(text, o.f);
	return outfile_commit(&o, e);
}

static int plot_end(struct plot_file *p, const char *dir, const char *name, int width, int height,
		    struct err *e)
{
	char *text;
	int rc;

	fflush(p->data);
	fflush(p->script);
	text = xasprintf(
		"# Made by skypelab. `gnuplot %s.gp` in this folder makes %s.svg and %s.png "
		"again.\n"
		"reset session\n"
		"FILE = \"%s.tsv\"\n"
		"set encoding utf8\n"
		"set datafile separator tab\n"
		"set datafile missing \"-\"\n"
		"set border 3 lw 1 lc rgb \"" PLOT_AXES "\"\n"
		"set tics nomirror\n"
		"set grid lc rgb \"" PLOT_GRID "\" lw 1\n"
		"set key outside right top noenhanced\n"
		"set title noenhanced\n"
		"set terminal svg size %d,%d noenhanced font \"sans-serif,13\" "
		"background rgb \"" PLOT_BACKGROUND "\"\n"
		"set output \"%s.svg\"\n"
		"%s"
		"set terminal pngcairo size %d,%d noenhanced font \"sans-serif,22\" linewidth 1.6 "
		"pointscale 1.7 background rgb \"" PLOT_BACKGROUND "\"\n"
		"set output \"%s.png\"\n"
		"replot\n"
		"unset output\n",
		name, name, name, name, width, height, name, p->script_text, 2 * width, 2 * height,
		name);
	rc = write_text(dir, name, "tsv", p->data_text, e);
	if (!rc)
		rc = write_text(dir, name, "gp", text, e);
	free(text);
	plot_drop(p);
	return rc;
}

int plot_list_add(struct plot_list *list, struct plot_file *p, const char *name, int width,
		  int height, struct err *e)
{
	char *plain = file_name_of(list, name);

	if (list->n == PLOTS_MAX) {
		plot_drop(p);
		free(plain);
		return 0;
	}
	list->names[list->n++] = plain;
	return plot_end(p, list->dir, plain, width, height, e);
}

void plot_list_clear(struct plot_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->names[i]);
	list->n = 0;
}
