// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * row_tsv.c - the words of a row, as the columns of files
 *
 * accuracy.tsv, clusters.tsv and claims.tsv all say of each line which row it belongs to: by the
 * row's words, one column each, and one column for every axis that any row of the table has. Which
 * columns are axes is read off their place, since a scenario may name them as it likes.
 */
#include <stdlib.h>
#include <string.h>

#include "results/score/axes.h"
#include "results/score/row_tsv.h"

#define AXES_MAX 64

int row_compare(const struct score_row *x, const struct score_row *y)
{
	const char *p[] = {
		x->traffic_version, x->detector,   x->signature,       x->revision,   x->vantage,
		x->caller_firewall, x->caller_nat, x->callee_firewall, x->callee_nat, x->axes};
	const char *q[] = {
		y->traffic_version, y->detector,   y->signature,       y->revision,   y->vantage,
		y->caller_firewall, y->caller_nat, y->callee_firewall, y->callee_nat, y->axes};

	if (x->source != y->source)
		return (int)x->source - (int)y->source; /* in the order of their names */
	for (size_t i = 0; i < ARRAY_LEN(p); i++) {
		int d = strcmp(p[i], q[i]);

		if (d)
			return d;
	}
	return (int)x->unit - (int)y->unit;
}

void row_put_head(FILE *f, char *const *axes, size_t n)
{
	fputs("source\ttraffic_version\tsignature\tvantage\tcaller_firewall\tcaller_nat\t"
	      "callee_firewall\tcallee_nat",
	      f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "\t%s", axes[i]);
	fputs("\tunit", f);
}

void row_put_axes(FILE *f, const struct score_row *r, char *const *axes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = 1;
		const char *value = axes_value(r->axes, axes[i], &len);

		fprintf(f, "\t%.*s", (int)len, value ? value : "-");
	}
}

void row_put_words(FILE *f, const struct score_row *r, char *const *axes, size_t n)
{
	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", source_text(r->source), r->traffic_version,
		r->signature, r->vantage, r->caller_firewall, r->caller_nat, r->callee_firewall,
		r->callee_nat);
	row_put_axes(f, r, axes, n);
	fprintf(f, "\t%s", score_unit_text(r->unit));
}

/* The axes of a line (owned). */
static char *read_axes(const struct tsv *f, size_t r)
{
	const char *names[AXES_MAX], *values[AXES_MAX];
	int from = tsv_column(f, "callee_nat");
	size_t n = 0;

	for (size_t c = (size_t)from + 1; from >= 0 && c < f->columns && n < AXES_MAX; c++) {
		if (!strcmp(f->names[c], "unit") || !strcmp(f->names[c], "signature"))
			break;
		names[n] = f->names[c];
		values[n++] = tsv_cell(f, r, (int)c);
	}
	return axes_text(names, values, n);
}

int row_read(struct score_table *t, const struct tsv *f, size_t r, const char *cluster,
	     uint32_t *row, struct err *e)
{
#define CELL(name) tsv_cell(f, r, tsv_column(f, name))
	struct score_setting s = {.detector = CELL("detector"), /* "" in older files */
				  .traffic_version = CELL("traffic_version"),
				  .vantage = CELL("vantage"),
				  .caller_firewall = CELL("caller_firewall"),
				  .caller_nat = CELL("caller_nat"),
				  .callee_firewall = CELL("callee_firewall"),
				  .callee_nat = CELL("callee_nat"),
				  .cluster = cluster};
	enum score_unit unit;
	char *axes;

	if (source_parse(CELL("source"), &s.source) < 0)
		return err_set(e, "%s:%u: source is \"%s\", expected emulated or recorded", f->path,
			       f->lines[r], CELL("source"));
	if (score_unit_parse(CELL("unit"), &unit) < 0)
		return err_set(e, "%s:%u: unit is \"%s\", expected one of skypelab-accuracy(5)",
			       f->path, f->lines[r], CELL("unit"));
	axes = read_axes(f, r);
	s.axes = axes;
	*row = score_row_of(t, &s, CELL("signature"), CELL("revision"), unit);
	free(axes);
	return 0;
#undef CELL
}
