// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * operations.c - what is found of each operation of a scenario
 *
 * Model. The axis `operation` says what the users of a cell did. Rows of one operation, traffic
 * version, signature, vantage and unit are summed over firewalls, NATs and all other axes. Beside
 * them stands what outcomes.tsv says of the same cells: logins, and of these the ones that let the
 * user in or refused him; calls, and of these the ones that were answered.
 *
 * Limits. Logins and calls are those of all users of the cells, also of users whom a vantage does
 * not see; sessions and calls to find are those of the vantage.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/path.h"
#include "results/score/axes.h"
#include "results/score/operations.h"
#include "results/score/row_intervals.h"

/* The operation of a row (owned); NULL = none. */
static char *operation_of(const struct score_row *r)
{
	size_t len = 0;
	const char *value = axes_value(r->axes, "operation", &len);

	return value ? xasprintf("%.*s", (int)len, value) : NULL;
}

/* ------------------------------------------------------------------ sums */

static bool like(const struct operation_sum *s, const struct score_row *r, const char *operation)
{
	return s->row.unit == r->unit && s->row.source == r->source &&
	       !strcmp(s->operation, operation) &&
	       !strcmp(s->row.traffic_version, r->traffic_version) &&
	       !strcmp(s->row.detector, r->detector) && !strcmp(s->row.signature, r->signature) &&
	       !strcmp(s->row.vantage, r->vantage);
}

static struct operation_sum *sum_at(struct operations *o, const struct score_row *r,
				    const char *operation)
{
	struct operation_sum *s;

	for (size_t i = 0; i < o->n; i++)
		if (like(&o->sums[i], r, operation))
			return &o->sums[i];
	o->sums = xrealloc(o->sums, (o->n + 1) * sizeof(*o->sums));
	s = &o->sums[o->n++];
	s->operation = xstrdup(operation);
	s->row = *r;
	s->row.tp = s->row.fp = s->row.fn = s->row.tn = 0;
	s->row.wrong_role = s->row.unmatched = s->row.unlabelled = s->row.parts = 0;
	s->row.clusters = (struct score_clusters){0};
	return s;
}

/* ------------------------------------------------------------------ deeds */

static struct operation_deeds *deeds_at(struct operations *o, const char *operation,
					const char *version)
{
	struct operation_deeds *d;

	for (size_t i = 0; i < o->deeds_n; i++)
		if (!strcmp(o->deeds[i].operation, operation) &&
		    !strcmp(o->deeds[i].version, version))
			return &o->deeds[i];
	o->deeds = xrealloc(o->deeds, (o->deeds_n + 1) * sizeof(*o->deeds));
	d = &o->deeds[o->deeds_n++];
	*d = (struct operation_deeds){.operation = xstrdup(operation), .version = version};
	return d;
}

static void add_deeds(struct operation_deeds *d, const char *kind, const char *result)
{
	bool call = !strcmp(kind, "call"), in = !strcmp(result, "in");

	d->calls += call;
	d->answered += call && in;
	d->logins += !call;
	d->in += !call && in;
	d->refused += !call && !strcmp(result, "refused");
}

static const struct score_claim *claim_of(const struct score_table *t, const char *cell)
{
	for (size_t i = 0; i < t->claims_n; i++)
		if (!strcmp(t->claims[i].cell, cell))
			return &t->claims[i];
	return NULL;
}

static void read_deeds(struct operations *o, const struct score_table *t, const struct tsv *f)
{
	int cell = tsv_column(f, "cell"), kind = tsv_column(f, "kind");
	int result = tsv_column(f, "result");
	const struct score_claim *c = NULL;

	for (size_t i = 0; i < f->rows; i++) {
		const struct score_row *r;
		char *operation;

		/* outcomes come cell by cell */
		if (!c || strcmp(c->cell, tsv_cell(f, i, cell)) != 0)
			c = claim_of(t, tsv_cell(f, i, cell));
		if (!c)
			continue;
		r = &t->rows[c->row];
		operation = operation_of(r);
		if (operation)
			add_deeds(deeds_at(o, operation, r->traffic_version), tsv_cell(f, i, kind),
				  tsv_cell(f, i, result));
		free(operation);
	}
}

struct operations operations_of(const struct score_table *t, const struct tsv *outcomes)
{
	struct operations o = {0};

	for (size_t i = 0; i < t->n; i++) {
		char *operation = operation_of(&t->rows[i]);

		if (operation)
			score_row_sum(&sum_at(&o, &t->rows[i], operation)->row, &t->rows[i]);
		free(operation);
	}
	if (o.n && outcomes)
		read_deeds(&o, t, outcomes);
	return o;
}

void operations_clear(struct operations *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->sums[i].operation);
		score_row_clear(&o->sums[i].row);
	}
	for (size_t i = 0; i < o->deeds_n; i++)
		free(o->deeds[i].operation);
	free(o->sums);
	free(o->deeds);
	*o = (struct operations){0};
}

struct operation_deeds operations_deeds(const struct operations *o, const char *operation,
					const char *version)
{
	struct operation_deeds sum = {0};

	for (size_t i = 0; i < o->deeds_n; i++) {
		const struct operation_deeds *d = &o->deeds[i];

		if (strcmp(d->operation, operation) != 0 ||
		    (version && strcmp(d->version, version) != 0))
			continue;
		sum.logins += d->logins;
		sum.in += d->in;
		sum.refused += d->refused;
		sum.calls += d->calls;
		sum.answered += d->answered;
	}
	return sum;
}

/* ------------------------------------------------------------------ the file */

static void put_sum(FILE *f, const struct operations *o, const struct operation_sum *s)
{
	const struct score_row *r = &s->row;
	struct operation_deeds d = operations_deeds(o, s->operation, r->traffic_version);
	struct interval ci;
	unsigned long long all = r->tp + r->fn;

	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%zu\t%zu\t%zu\t%zu\t%zu\t%llu\t%llu\t%llu\t",
		source_text(r->source), s->operation, r->traffic_version, r->signature, r->revision,
		r->vantage, score_unit_text(r->unit), d.logins, d.in, d.refused, d.calls,
		d.answered, all, (unsigned long long)r->tp, (unsigned long long)r->fp);
	if (r->tp + r->fn && row_recall_interval(r, &ci))
		fprintf(f, "%.4f\t%.4f\t%.4f", (double)r->tp / (double)(r->tp + r->fn), ci.low,
			ci.high);
	else if (r->tp + r->fn)
		fprintf(f, "%.4f\t-\t-", (double)r->tp / (double)(r->tp + r->fn));
	else
		fputs("-\t-\t-", f);
	fprintf(f, "\t%zu\t%s\n", r->clusters.n, r->detector);
}

int operations_write(const struct score_table *t, const char *run_dir, struct err *e)
{
	char *path = path_in(run_dir, "operations.tsv");
	char *outcomes = path_in(run_dir, "outcomes.tsv");
	struct tsv *f = tsv_read(outcomes, e);
	struct operations o = {0};
	struct outfile out;
	int rc = f ? 0 : -1;

	if (f)
		o = operations_of(t, f);
	if (o.n && (rc = outfile_open(&out, path, e)) == 0) {
		fputs("source\toperation\ttraffic_version\tsignature\trevision\tvantage\tunit\t"
		      "logins\tin\trefused\tcalls\tanswered\tof\tfound\tfalse\trecall\t"
		      "recall_low\trecall_high\tclusters\tdetector\n",
		      out.f);
		for (size_t i = 0; i < o.n; i++)
			put_sum(out.f, &o, &o.sums[i]);
		rc = outfile_commit(&out, e);
	}
	operations_clear(&o);
	tsv_free(f);
	free(outcomes);
	free(path);
	return rc;
}
