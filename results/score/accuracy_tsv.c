// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * accuracy_tsv.c - accuracy.tsv: written and read
 *
 * Rows are sorted by all their words, so that two runs can be compared with diff. Ratios have four
 * decimals, false-positive rates six; a ratio without denominator is "-". Reading takes only the
 * counts and computes the ratios again; a file whose ratios do not follow from its counts was
 * edited by hand and is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/tsv.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/intervals.h"
#include "results/score/measures.h"

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
	const struct score_row *x = *(const struct score_row *const *)a;
	const struct score_row *y = *(const struct score_row *const *)b;
	const char *p[] = {x->traffic_version, x->signature,  x->revision,	  x->vantage,
			   x->caller_firewall, x->caller_nat, x->callee_firewall, x->callee_nat};
	const char *q[] = {y->traffic_version, y->signature,  y->revision,	  y->vantage,
			   y->caller_firewall, y->caller_nat, y->callee_firewall, y->callee_nat};

	if (x->source != y->source)
		return (int)x->source - (int)y->source; /* in the order of their names */
	for (size_t i = 0; i < ARRAY_LEN(p); i++) {
		int d = strcmp(p[i], q[i]);

		if (d)
			return d;
	}
	return (int)x->unit - (int)y->unit;
}

static void write_interval(FILE *f, uint64_t k, uint64_t n)
{
	struct interval i = wilson95(k, n);

	if (n)
		fprintf(f, "\t%.4f\t%.4f", i.low, i.high);
	else
		fputs("\t-\t-", f);
}

static void write_row(FILE *f, const struct score_row *r)
{
	char p[RATIO_LEN], q[RATIO_LEN], f1[RATIO_LEN];

	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", source_text(r->source), r->traffic_version,
		r->signature, r->vantage, r->caller_firewall, r->caller_nat, r->callee_firewall,
		r->callee_nat, score_unit_text(r->unit));
	fprintf(f, "\t%llu\t%llu\t%llu\t%llu", (unsigned long long)r->tp, (unsigned long long)r->fp,
		(unsigned long long)r->fn, (unsigned long long)r->tn);
	fprintf(f, "\t%s\t%s\t%s", ratio_text(score_precision(r), p),
		ratio_text(score_recall(r), q), ratio_text(score_f1(r), f1));
	write_interval(f, r->tp, r->tp + r->fp);
	write_interval(f, r->tp, r->tp + r->fn);
	if (score_fpr(r) < 0)
		fputs("\t-\t-", f);
	else
		fprintf(f, "\t%.6f\t%.6f", score_fpr(r), exact_upper95(r->fp, r->fp + r->tn));
	fprintf(f, "\t%llu\t%s\n", (unsigned long long)r->unlabelled, r->revision);
}

void accuracy_put(const struct score_table *t, FILE *f)
{
	const struct score_row **sorted = xmalloc((t->n + 1) * sizeof(*sorted));

	fputs("source\ttraffic_version\tsignature\tvantage\tcaller_firewall\tcaller_nat\t"
	      "callee_firewall\tcallee_nat\tunit\ttp\tfp\tfn\ttn\tprecision\trecall\tf1\t"
	      "precision_low\tprecision_high\trecall_low\trecall_high\tfpr\tfpr_upper\t"
	      "unlabelled\trevision\n",
	      f);
	for (size_t i = 0; i < t->n; i++)
		sorted[i] = &t->rows[i];
	qsort(sorted, t->n, sizeof(*sorted), by_words);
	for (size_t i = 0; i < t->n; i++)
		write_row(f, sorted[i]);
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

static const char *const words[] = {"source",	       "traffic_version", "vantage",
				    "caller_firewall", "caller_nat",	  "callee_firewall",
				    "callee_nat",      "signature",	  "unit"};
static const char *const numbers[] = {"tp", "fp", "fn", "tn"};

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

static int read_row(struct score_table *t, const struct tsv *f, size_t r, const int *w,
		    const int *n, struct err *e)
{
	struct score_setting s = {.traffic_version = tsv_cell(f, r, w[1]),
				  .vantage = tsv_cell(f, r, w[2]),
				  .caller_firewall = tsv_cell(f, r, w[3]),
				  .caller_nat = tsv_cell(f, r, w[4]),
				  .callee_firewall = tsv_cell(f, r, w[5]),
				  .callee_nat = tsv_cell(f, r, w[6])};
	int un = tsv_column(f, "unlabelled");
	enum score_unit unit;
	struct score_row *row;
	uint64_t v[4], unlabelled = 0;
	uint32_t at;

	if (source_parse(tsv_cell(f, r, w[0]), &s.source) < 0)
		return err_set(e, "%s:%u: source is \"%s\", expected emulated or recorded", f->path,
			       f->lines[r], tsv_cell(f, r, w[0]));
	if (score_unit_parse(tsv_cell(f, r, w[8]), &unit) < 0)
		return err_set(e, "%s:%u: unit is \"%s\", expected flow, client or session",
			       f->path, f->lines[r], tsv_cell(f, r, w[8]));
	for (size_t k = 0; k < 4; k++)
		if (tsv_count(f, r, n[k], &v[k], e) < 0)
			return -1;
	if (un >= 0 && tsv_count(f, r, un, &unlabelled, e) < 0)
		return -1;
	at = score_row_of(t, &s, tsv_cell(f, r, w[7]), tsv_cell(f, r, tsv_column(f, "revision")),
			  unit);
	row = &t->rows[at]; /* only now: score_row_of() may move the rows */
	row->tp += v[0];
	row->fp += v[1];
	row->fn += v[2];
	row->tn += v[3];
	row->unlabelled += unlabelled;
	if (check_ratio(f, r, "precision", score_precision(row), e) < 0 ||
	    check_ratio(f, r, "recall", score_recall(row), e) < 0)
		return -1;
	return check_ratio(f, r, "f1", score_f1(row), e);
}

struct score_table *accuracy_read(const char *path, struct err *e)
{
	struct tsv *f = tsv_read(path, e);
	struct score_table *t = NULL;
	int w[ARRAY_LEN(words)], n[ARRAY_LEN(numbers)];

	if (!f)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if ((w[i] = tsv_need(f, words[i], e)) < 0)
			goto fail;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if ((n[i] = tsv_need(f, numbers[i], e)) < 0)
			goto fail;
	t = score_table_new();
	for (size_t r = 0; r < f->rows; r++)
		if (read_row(t, f, r, w, n, e) < 0)
			goto fail;
	tsv_free(f);
	return t;
fail:
	score_table_free(t);
	tsv_free(f);
	return NULL;
}
