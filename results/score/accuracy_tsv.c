// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * accuracy_tsv.c - accuracy.tsv: written and read
 *
 * Rows are sorted by all their words, so that two runs can be compared with diff. Ratios have four
 * decimals, false-positive rates six; a ratio without denominator is "-". Reading takes only the
 * counts and computes the ratios again; a file whose ratios do not follow from its counts was
 * edited by hand and is refused. The rows' clusters come from the clusters.tsv beside it; where there
 * is none, each row counts as one trial.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/inner.h"
#include "base/outfile.h"
#include "base/tsv.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/axes.h"
#include "results/score/clusters_tsv.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"
#include "results/score/row_tsv.h"

#define RATIO_LEN 24

static const char *ratio_text(double v, char out[RATIO_LEN])
{
	if (v < 0)
		return "-";
	snprintf(out, RATIO_LEN, "%.4f", v);
	return out;
}

static int by_words(const void *a, const void *b)
{
	return row_compare(*(const struct score_row *const *)a,
			   *(const struct score_row *const *)b);
}

static void put_interval(FILE *f, bool known, const struct interval *i)
{
	if (known)
		fprintf(f, "\t%.4f\t%.4f", i->low, i->high);
	else
		fputs("\t-\t-", f);
}

static void put_counts(FILE *f, const struct score_row *r)
{
	const uint64_t n[] = {r->tp, r->fp, r->fn, r->tn};

	for (size_t i = 0; i < ARRAY_LEN(n); i++)
		fprintf(f, "\t%llu", (unsigned long long)n[i]);
}

static void put_ratios(FILE *f, const struct score_row *r)
{
	char p[RATIO_LEN], q[RATIO_LEN], f1[RATIO_LEN];
	struct interval i;

	fprintf(f, "\t%s\t%s\t%s", ratio_text(score_precision(r), p),
		ratio_text(score_recall(r), q), ratio_text(score_f1(r), f1));
	put_interval(f, row_precision_interval(r, &i), &i);
	put_interval(f, row_recall_interval(r, &i), &i);
	if (score_fpr(r) < 0)
		fputs("\t-\t-", f);
	else
		fprintf(f, "\t%.6f\t%.6f", score_fpr(r), row_fpr_upper(r));
}

static void put_clusters(FILE *f, const struct score_row *r)
{
	struct fp_clusters n = row_fp_clusters(r);

	fprintf(f, "\t%zu\t%s\t%llu\t%llu", r->clusters.n, interval_method_text(row_method(r)),
		(unsigned long long)n.fp, (unsigned long long)n.of);
	if (n.of)
		fprintf(f, "\t%.6f", row_fp_clusters_upper(r));
	else
		fputs("\t-", f);
	fprintf(f, "\t%llu\t%llu\t%llu\t%s", (unsigned long long)r->wrong_role,
		(unsigned long long)r->unmatched, (unsigned long long)r->host_seconds, r->detector);
}

static void write_row(FILE *f, const struct score_row *r, char *const *axes, size_t n)
{
	row_put_words(f, r, axes, n);
	put_counts(f, r);
	put_ratios(f, r);
	fprintf(f, "\t%llu\t%s", (unsigned long long)r->unlabelled, r->revision);
	put_clusters(f, r);
	fputc('\n', f);
}

void accuracy_put(const struct score_table *t, FILE *f)
{
	const struct score_row **sorted = xmalloc((t->n + 1) * sizeof(*sorted));
	size_t n;
	char **axes = axes_names(t, &n);

	row_put_head(f, axes, n);
	fputs("\ttp\tfp\tfn\ttn\tprecision\trecall\tf1\tprecision_low\tprecision_high\t"
	      "recall_low\trecall_high\tfpr\tfpr_upper\tunlabelled\trevision\tclusters\tinterval\t"
	      "fp_clusters\tneg_clusters\tfpr_clusters_upper\twrong_role\tunmatched\thost_"
	      "seconds\tdetector\n",
	      f);
	for (size_t i = 0; i < t->n; i++)
		sorted[i] = &t->rows[i];
	qsort(sorted, t->n, sizeof(*sorted), by_words);
	for (size_t i = 0; i < t->n; i++)
		write_row(f, sorted[i], axes, n);
	axes_names_free(axes, n);
	free(sorted);
}

int accuracy_write(const struct score_table *t, const char *path, struct err *e)
{
	struct outfile o;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	accuracy_put(t, o.f);
	return outfile_commit(&o, e);
}

/* Columns that a file must have, and those that older files lack. */
static const char *const needed[] = {"source",
				     "traffic_version",
				     "signature",
				     "vantage",
				     "caller_firewall",
				     "caller_nat",
				     "callee_firewall",
				     "callee_nat",
				     "unit",
				     "tp",
				     "fp",
				     "fn",
				     "tn"};

static int check_ratio(const struct tsv *f, size_t r, const char *column, double v, struct err *e)
{
	const char *text = tsv_cell(f, r, tsv_column(f, column));
	char want[RATIO_LEN];

	if (strcmp(text, ratio_text(v, want)) != 0)
		return err_set(e,
			       "%s:%u: %s is \"%s\", its counts give %s: the file was edited; make "
			       "it again",
			       f->path, f->lines[r], column, text, ratio_text(v, want));
	return 0;
}

/* Adds one count to a row; a column that is not there is 0. */
static int read_count(struct score_table *t, const struct tsv *f, size_t r, uint32_t row,
		      const struct score_setting *s, enum score_count what, struct err *e)
{
	int column = tsv_column(f, score_count_text(what));
	uint64_t n;

	if (column < 0)
		return 0;
	if (tsv_count(f, r, column, &n, e) < 0)
		return -1;
	score_count(t, row, s, what, n);
	return 0;
}

/* What stands for the trial where a file does not name it: the row's setting, seen from anywhere by
 * anyone (owned). */
static char *unnamed_cluster(const struct tsv *f, size_t r)
{
#define CELL(name) tsv_cell(f, r, tsv_column(f, name))
	return xasprintf("%s %s/%s %s/%s", CELL("traffic_version"), CELL("caller_firewall"),
			 CELL("caller_nat"), CELL("callee_firewall"), CELL("callee_nat"));
#undef CELL
}

static int read_row(struct score_table *t, const struct tsv *f, size_t r, struct err *e)
{
	char *cluster = unnamed_cluster(f, r);
	struct score_setting s = {.cluster = cluster};
	struct score_row *row;
	uint32_t at;
	int rc = row_read(t, f, r, cluster, &at, e);

	for (int k = 0; rc == 0 && k < COUNTS; k++)
		rc = read_count(t, f, r, at, &s, (enum score_count)k, e);
	free(cluster);
	if (rc < 0)
		return -1;
	row = &t->rows[at]; /* only now: row_read() may move the rows */
	if (!strcmp(tsv_cell(f, r, tsv_column(f, "interval")), "-"))
		row->parts = 2;
	if (check_ratio(f, r, "precision", score_precision(row), e) < 0 ||
	    check_ratio(f, r, "recall", score_recall(row), e) < 0)
		return -1;
	return check_ratio(f, r, "f1", score_f1(row), e);
}

static bool same_counts(const struct score_row *x, const struct score_row *y)
{
	return x->tp == y->tp && x->fp == y->fp && x->fn == y->fn && x->tn == y->tn &&
	       x->wrong_role == y->wrong_role && x->unmatched == y->unmatched &&
	       x->unlabelled == y->unlabelled && x->host_seconds == y->host_seconds;
}

/* Gives the rows of @t the clusters that @path names. They must add up to the rows. */
static int take_clusters(struct score_table *t, const char *path, struct err *e)
{
	struct score_table *c = clusters_read(path, e);
	int rc = c ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < t->n; i++) {
		struct score_row *r = &t->rows[i], *from = score_row_like(c, r);
		struct score_clusters mine = r->clusters;

		if (!from || !same_counts(r, from)) {
			rc = err_set(e,
				     "%s: the clusters of %s, %s, %s do not add up to the row of "
				     "accuracy.tsv: one of them was edited; make them again",
				     path, r->signature, r->vantage, score_unit_text(r->unit));
			break;
		}
		r->clusters = from->clusters;
		from->clusters = mine;
	}
	score_table_free(c);
	return rc;
}

/* clusters.tsv beside @path (owned); NULL = there is none, as in runs of older programs. */
static char *clusters_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *beside = slash ? xasprintf("%.*s/clusters.tsv", (int)(slash - path), path)
			     : xstrdup("clusters.tsv");

	if (access(beside, R_OK) == 0)
		return beside;
	free(beside);
	return NULL;
}

struct score_table *accuracy_read(const char *path, struct err *e)
{
	struct tsv *f = inner_format(path, e) == 0 ? tsv_read(path, e) : NULL;
	struct score_table *t = score_table_new();
	char *clusters = f && tsv_column(f, "clusters") >= 0 ? clusters_beside(path) : NULL;
	int rc = f ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(needed); i++)
		rc = tsv_need(f, needed[i], e) < 0 ? -1 : 0;
	for (size_t r = 0; rc == 0 && r < f->rows; r++)
		rc = read_row(t, f, r, e);
	if (rc == 0 && clusters)
		rc = take_clusters(t, clusters, e);
	free(clusters);
	tsv_free(f);
	if (rc == 0)
		return t;
	score_table_free(t);
	return NULL;
}
