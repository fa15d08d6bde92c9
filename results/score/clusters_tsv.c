// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * clusters_tsv.c - clusters.tsv: the counts of every row, by independent trial
 *
 * Every sum that the program prints, and its interval, can be computed again from this file.
 */
#include <stdlib.h>

#include "base/outfile.h"
#include "base/tsv.h"
#include "results/score/axes.h"
#include "results/score/clusters_tsv.h"
#include "results/score/row_tsv.h"

static int by_words(const void *a, const void *b)
{
	return row_compare(*(const struct score_row *const *)a,
			   *(const struct score_row *const *)b);
}

static void put_row(FILE *f, const struct score_row *r, char *const *axes, size_t n)
{
	for (size_t i = 0; i < r->clusters.n; i++) {
		const struct score_cluster *c = &r->clusters.c[i];

		row_put_words(f, r, axes, n);
		fprintf(f, "\t%s", c->id);
		for (int k = 0; k < COUNTS; k++)
			fprintf(f, "\t%llu", (unsigned long long)c->n[k]);
		fprintf(f, "\t%s\t%s\n", r->revision, r->detector);
	}
}

int clusters_write(const struct score_table *t, const char *path, struct err *e)
{
	const struct score_row **sorted;
	struct outfile o;
	char **axes;
	size_t n;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	axes = axes_names(t, &n);
	row_put_head(o.f, axes, n);
	fputs("\tcluster", o.f);
	for (int k = 0; k < COUNTS; k++)
		fprintf(o.f, "\t%s", score_count_text((enum score_count)k));
	fputs("\trevision\tdetector\n", o.f);
	sorted = xcalloc(t->n + 1, sizeof(*sorted));
	for (size_t i = 0; i < t->n; i++)
		sorted[i] = &t->rows[i];
	qsort(sorted, t->n, sizeof(*sorted), by_words);
	for (size_t i = 0; i < t->n; i++)
		put_row(o.f, sorted[i], axes, n);
	free(sorted);
	axes_names_free(axes, n);
	return outfile_commit(&o, e);
}

static int read_line(struct score_table *t, const struct tsv *f, size_t r, const int *columns,
		     struct err *e)
{
	const char *id = tsv_cell(f, r, tsv_column(f, "cluster"));
	struct score_setting s = {.cluster = id};
	uint32_t row;

	if (row_read(t, f, r, id, &row, e) < 0)
		return -1;
	for (int k = 0; k < COUNTS; k++) {
		uint64_t n;

		if (tsv_count(f, r, columns[k], &n, e) < 0)
			return -1;
		score_count(t, row, &s, (enum score_count)k, n);
	}
	return 0;
}

struct score_table *clusters_read(const char *path, struct err *e)
{
	struct tsv *f = tsv_read(path, e);
	struct score_table *t = NULL;
	int columns[COUNTS], rc = f && tsv_need(f, "cluster", e) >= 0 ? 0 : -1;

	for (int k = 0; rc == 0 && k < COUNTS; k++)
		rc = (columns[k] = tsv_need(f, score_count_text((enum score_count)k), e)) < 0 ? -1
											      : 0;
	if (rc == 0)
		t = score_table_new();
	for (size_t r = 0; rc == 0 && r < f->rows; r++)
		rc = read_line(t, f, r, columns, e);
	tsv_free(f);
	if (rc == 0)
		return t;
	score_table_free(t);
	return NULL;
}
