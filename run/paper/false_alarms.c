// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * false_alarms.c - what is taken for Skype and is not, with its denominators
 *
 * A share of false flows says little where a capture has one host: beside it stand how many trials
 * had any, and the exact upper bounds of both. Zero false claims of few trials is a wide bound.
 *
 * Rates by the hour are those of emulated traffic only: collections of captures hold time stamps that
 * jump by years, so nobody knows how long their hosts were watched.
 */
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "results/score/base_rate.h"
#include "results/score/row_intervals.h"
#include "run/paper/cuts.h"
#include "run/paper/false_alarms.h"

static void put_number(FILE *f, double x)
{
	fprintf(f, x >= 1000 ? "\t%.0f" : "\t%.4g", x);
}

static void put_rate(FILE *f, double rate, double upper)
{
	if (rate < 0) {
		fputs("\t-\t-", f);
		return;
	}
	put_number(f, rate);
	put_number(f, upper);
}

static void put_row(FILE *f, const char *what, const struct cut_sum *s)
{
	const struct score_row *r = &s->row;
	struct fp_clusters trials = row_fp_clusters(r);
	double upper = 0, rate = base_rate_per_million(r, &upper);
	unsigned long long fp = r->fp, of = fp + r->tn;

	fprintf(f, "%s\t%s\t%s\t%llu\t%llu", source_text(r->source), what, s->words, fp, of);
	put_rate(f, rate, upper);
	rate = r->source == SOURCE_EMULATED ? base_rate_per_hour(r, &upper) : -1;
	if (rate < 0)
		fputs("\t-", f);
	else
		fprintf(f, "\t%.1f", (double)r->host_seconds / 3600);
	put_rate(f, rate, upper);
	fprintf(f, "\t%llu\t%llu\t%.4f\n", (unsigned long long)trials.fp,
		(unsigned long long)trials.of, row_fp_clusters_upper(r));
}

static void put_cut(FILE *f, const char *what, const struct cut_request *q)
{
	struct cuts c = cuts_of(q);

	for (size_t i = 0; i < c.n; i++)
		if (score_unit_has_negatives(c.sums[i].row.unit))
			put_row(f, what, &c.sums[i]);
	cuts_clear(&c);
}

int false_alarms_put(struct paper_material *m, FILE *f, struct err *e)
{
	struct cut_request labelled = {
		.t = m->recorded, .source = SOURCE_RECORDED, .material = "labelled captures"};
	struct cut_request clean = {
		.t = m->clean, .source = SOURCE_RECORDED, .material = "captures without Skype"};

	(void)e;
	fputs("source\twhat\t" CUT_WORDS
	      "\tfalse\tof\tper_million\tper_million_upper\thost_hours\tper_host_hour\t"
	      "per_host_hour_upper\ttrials_false\ttrials\ttrials_upper\n",
	      f);
	for (size_t i = 0; i < m->runs_n; i++) {
		struct cut_request q = {.t = m->runs[i].t,
					.source = SOURCE_EMULATED,
					.material = m->runs[i].name,
					.vantage = m->runs[i].vantage};

		put_cut(f, "background of the runs", &q);
	}
	put_cut(f, "beside Skype", &labelled);
	put_cut(f, "without Skype", &clean);
	return 0;
}

/* ------------------------------------------------------------------ by application */

/* Whether a verdict, "skype" or "dns+skype", claims Skype. */
static bool claims_skype(const char *verdict)
{
	for (const char *p = verdict; *p;) {
		size_t len = strcspn(p, "+");

		if (len == strlen(LABEL_SKYPE) && !strncmp(p, LABEL_SKYPE, len))
			return true;
		p += len + (p[len] == '+');
	}
	return false;
}

static bool same_line(const struct confusion_cell *a, const struct confusion_cell *b)
{
	return !strcmp(a->words[CONFUSION_SIGNATURE], b->words[CONFUSION_SIGNATURE]) &&
	       !strcmp(a->words[CONFUSION_TRUTH], b->words[CONFUSION_TRUTH]);
}

/* Whether the cell is of a flow without Skype that our detector saw at the vantage of the run. */
static bool wanted(const struct paper_run *r, const struct confusion_cell *c)
{
	return c->source == SOURCE_EMULATED &&
	       !strcmp(c->words[CONFUSION_DETECTOR], OWN_DETECTOR) &&
	       !strcmp(c->words[CONFUSION_VANTAGE], r->vantage) &&
	       strcmp(c->words[CONFUSION_TRUTH], LABEL_SKYPE) != 0 &&
	       strcmp(c->words[CONFUSION_TRUTH], LABEL_UNKNOWN) != 0;
}

static void put_applications(FILE *f, const struct paper_run *r)
{
	const struct confusion *all = &r->t->confusion;
	const struct confusion_cell **cells = confusion_sorted(all);
	bool *done = xcalloc(all->n + 1, sizeof(*done));

	for (size_t i = 0; i < all->n; i++) {
		unsigned long long flows = 0, claimed = 0;

		if (done[i] || !wanted(r, cells[i]))
			continue;
		for (size_t k = i; k < all->n; k++) {
			if (!wanted(r, cells[k]) || !same_line(cells[i], cells[k]))
				continue;
			done[k] = true;
			flows += cells[k]->flows;
			if (claims_skype(cells[k]->words[CONFUSION_VERDICT]))
				claimed += cells[k]->flows;
		}
		fprintf(f, "%s\t%s\t%s\t%llu\t%llu\n", r->name,
			cells[i]->words[CONFUSION_SIGNATURE], cells[i]->words[CONFUSION_TRUTH],
			claimed, flows);
	}
	free(done);
	free(cells);
}

int false_by_application_put(struct paper_material *m, FILE *f, struct err *e)
{
	(void)e;
	fputs("material\tsignature\tapplication\tfalse\tof\n", f);
	for (size_t i = 0; i < m->runs_n; i++)
		put_applications(f, &m->runs[i]);
	return 0;
}
