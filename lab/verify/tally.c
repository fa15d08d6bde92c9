// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tally.c - counts the checks of a verification, shows how far it has come, and prints its grids
 */
#include "base/datadir.h"
#include "lab/verify/tally.h"

void verify_check(struct verify *v, const char *part, const char *subject, const char *tried,
		  const char *declared, const char *observed, bool agrees)
{
	v->checks++;
	v->differences += !agrees;
	if (v->list)
		listing_row(v->list, part, subject, tried, declared, observed,
			    agrees ? "yes" : "no");
}

void verify_progress(struct verify *v, const char *what)
{
	v->labs++;
	progress_show(&v->progress, v->all ? (v->labs - 1.0) / v->all : -1,
		      "%u of %u labs, %u differences: %.40s", v->labs, v->all, v->differences,
		      what);
}

unsigned verify_files(const char *folder)
{
	char **names = data_names(folder, NULL);
	unsigned n = 0;

	while (names && names[n])
		n++;
	data_names_free(names);
	return n;
}

void verify_grid_begin(const struct verify *v, struct verify_grid *g,
		       const struct listing_column *columns, size_t n)
{
	*g = (struct verify_grid){.list = v->list ? NULL : listing_new(columns, n)};
}

void verify_row(struct verify_grid *g)
{
	if (g->list)
		listing_begin(g->list);
	g->column = 0;
}

void verify_put(struct verify_grid *g, const char *text)
{
	if (g->list)
		listing_put(g->list, g->column, text);
	g->column++;
}

void verify_grid_end(const struct verify *v, struct verify_grid *g, const char *title)
{
	if (!g->list)
		return;
	if (listing_rows(g->list)) {
		fprintf(v->out, "%s\n\n", title);
		listing_end(g->list, v->out, false);
		fputs("\n", v->out);
	} else {
		listing_end(g->list, NULL, false);
	}
	g->list = NULL;
}
