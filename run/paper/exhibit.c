// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exhibit.c - tables and figures of the document, with numbers and commands; sentences from tables
 */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "results/report/html.h"
#include "run/paper/exhibit.h"
#include "run/paper/folder.h"
#include "run/paper/tables.h"

static const struct tsv nothing;

static size_t table_index(const char *table)
{
	size_t i = 0;

	while (paper_tables[i].name && strcmp(paper_tables[i].name, table) != 0)
		i++;
	return i;
}

const struct tsv *exhibit_tsv(struct exhibits *d, const char *table)
{
	size_t i = table_index(table);
	char *path;

	if (i >= EXHIBIT_TABLES || !paper_tables[i].name) {
		if (!d->failed)
			err_set(d->e, "no table %s", table);
		d->failed = true;
		return &nothing;
	}
	if (!d->cache[i]) {
		path = path_inf(d->folder, PAPER_TABLES "/%s.tsv", table);
		d->cache[i] = tsv_read(path, d->failed ? NULL : d->e);
		d->failed |= !d->cache[i];
		free(path);
	}
	return d->cache[i] ? d->cache[i] : &nothing;
}

void exhibit_made(struct exhibits *d, const char *table)
{
	char *command = paper_table_command(&paper_tables[table_index(table)], d->m);

	html_printf(d->f,
		    "<p class=\"dim\">Made by <code>%s</code>. All rows: <a "
		    "href=\"" PAPER_TABLES "/%s.tsv\">%s.tsv</a></p>\n",
		    command, table, table);
	free(command);
}

bool exhibit_table(struct exhibits *d, const char *table, const struct view *v)
{
	const struct tsv *t = exhibit_tsv(d, table);
	struct view numbered = *v;
	char *caption;

	if (!view_count(v, t))
		return false;
	caption = xasprintf("Table %u. %s", ++d->tables, v->caption);
	numbered.caption = caption;
	view_put(d->f, &numbered, t);
	exhibit_made(d, table);
	free(caption);
	return true;
}

void exhibit_figure(struct exhibits *d, const struct figure *g)
{
	char *svg = path_inf(d->folder, PAPER_FIGURES "/%s.svg", g->name);

	fputs("<figure>", d->f);
	if (html_image(d->f, svg, "image/svg+xml", g->caption, d->failed ? NULL : d->e) < 0)
		d->failed = true;
	html_printf(d->f, "<figcaption>Figure %u. %s. Made by <code>%s</code>", ++d->figures,
		    g->caption, g->command);
	if (g->drawn)
		html_printf(d->f,
			    ". <a href=\"" PAPER_FIGURES "/%s.tsv\">Data</a>, <a "
			    "href=\"" PAPER_FIGURES "/%s.gp\">gnuplot script</a>",
			    g->name, g->name);
	fputs("</figcaption></figure>\n", d->f);
	free(svg);
}

unsigned long long exhibit_sum(struct exhibits *d, const char *table, const struct view *v,
			       const char *column)
{
	const struct tsv *t = exhibit_tsv(d, table);
	unsigned long long sum = 0;

	for (size_t r = 0; r < t->rows; r++)
		if (view_has(v, t, r))
			sum += strtoull(tsv_cell(t, r, tsv_column(t, column)), NULL, 10);
	return sum;
}

/* ------------------------------------------------------------------ most and least */

/* The rows of one signature with the highest and the lowest recall. */
struct ends {
	size_t most, least, rows;
	bool any;
};

static double recall_of(const struct tsv *t, size_t r)
{
	return strtod(tsv_cell(t, r, tsv_column(t, "recall")), NULL);
}

/* Whether row @r has a higher (@way 1) or lower (-1) recall than @than, or the same of more. */
static bool further(const struct tsv *t, size_t r, size_t than, int way)
{
	double more = way * (recall_of(t, r) - recall_of(t, than));
	int of = tsv_column(t, "of");

	if (more != 0)
		return more > 0;
	return strtoull(tsv_cell(t, r, of), NULL, 10) > strtoull(tsv_cell(t, than, of), NULL, 10);
}

static struct ends ends_of(const struct view *v, const struct tsv *t, const char *signature)
{
	struct ends e = {0};

	for (size_t r = 0; r < t->rows; r++) {
		if (!view_has(v, t, r) || !strcmp(tsv_cell(t, r, tsv_column(t, "recall")), "-") ||
		    strcmp(tsv_cell(t, r, tsv_column(t, "signature")), signature) != 0)
			continue;
		if (!e.any || further(t, r, e.most, 1))
			e.most = r;
		if (!e.any || further(t, r, e.least, -1))
			e.least = r;
		e.any = true;
		e.rows++;
	}
	return e;
}

static void put_ends(FILE *f, const struct tsv *t, const struct ends *e, const char *thing,
		     const char *signature)
{
	char *most = view_text(thing, t, e->most), *least = view_text(thing, t, e->least);
	char *of_most = view_text("{found} of {of}", t, e->most);
	char *of_least = view_text("{found} of {of}", t, e->least);

	if (e->rows < 2)
		html_printf(f, "%s finds %s of %s. ", signature, of_most, most);
	else if (recall_of(t, e->most) == recall_of(t, e->least))
		html_printf(f, "%s finds the same share everywhere, such as %s of %s. ", signature,
			    of_most, most);
	else
		html_printf(f, "%s finds the largest share at %s (%s), the smallest at %s (%s). ",
			    signature, most, of_most, least, of_least);
	free(most);
	free(least);
	free(of_most);
	free(of_least);
}

void exhibit_extremes(struct exhibits *d, const char *table, const struct view *v,
		      const char *thing)
{
	const struct tsv *t = exhibit_tsv(d, table);
	int column = tsv_column(t, "signature");

	for (size_t r = 0; r < t->rows; r++) {
		const char *signature = tsv_cell(t, r, column);
		struct ends e = ends_of(v, t, signature);
		bool first = view_has(v, t, r);

		for (size_t k = 0; k < r && first; k++)
			first = !view_has(v, t, k) ||
				strcmp(tsv_cell(t, k, column), signature) != 0;
		if (first && e.any)
			put_ends(d->f, t, &e, thing, signature);
	}
}

void exhibit_clear(struct exhibits *d)
{
	for (size_t i = 0; i < EXHIBIT_TABLES; i++)
		tsv_free(d->cache[i]);
}
