// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * survival.c - how soon flows and clients are named, as curves over all that should be
 *
 * A curve is a step function: the share of the flows (or clients) to find that was found at or
 * before a time, a number of packets or of bytes. What was missed counts as never found, so a curve
 * ends at the recall. Written curves have at most STEPS steps; each step that is written is exact.
 */
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "results/score/survival.h"

#define STEPS 200

static const char *const measure_names[SURVIVAL_MEASURES] = {"seconds", "packets", "bytes"};

static struct survival_curve *curve_of(struct survival *s, const struct score_row *r,
				       const char *version)
{
	struct survival_curve *c;

	for (size_t i = s->n; i-- > 0;) {
		c = &s->curves[i];
		if (c->source == r->source && c->unit == r->unit &&
		    !strcmp(c->signature, r->signature) && !strcmp(c->revision, r->revision) &&
		    !strcmp(c->vantage, r->vantage) && !strcmp(c->version, version) &&
		    !strcmp(c->detector, r->detector))
			return c;
	}
	if (!(s->n & (s->n - 1)))
		s->curves = xrealloc(s->curves, (s->n ? 2 * s->n : 1) * sizeof(*s->curves));
	c = &s->curves[s->n++];
	*c = (struct survival_curve){.source = r->source,
				     .detector = r->detector,
				     .version = version,
				     .signature = r->signature,
				     .revision = r->revision,
				     .vantage = r->vantage,
				     .unit = r->unit};
	return c;
}

static void found(struct survival_curve *c, const struct score_claim *k)
{
	double v[SURVIVAL_MEASURES] = {(double)k->detect_ns / 1e9, (double)k->detect_packets,
				       (double)k->detect_bytes};

	if (c->found == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 64;
		for (int m = 0; m < SURVIVAL_MEASURES; m++)
			c->at[m] = xrealloc(c->at[m], c->cap * sizeof(double));
	}
	for (int m = 0; m < SURVIVAL_MEASURES; m++)
		c->at[m][c->found] = v[m];
	c->found++;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Takes out the curves of which no time is known. */
static void drop_timeless(struct survival *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->curves[i].found || !s->curves[i].timeless)
			s->curves[n++] = s->curves[i];
	s->n = n;
}

struct survival survival_of(const struct score_table *t, bool by_version)
{
	struct survival s = {0};

	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *k = &t->claims[i];
		const struct score_row *r = &t->rows[k->row];
		bool right = k->result == CLAIM_TP, timed = right && k->detect_ns >= 0;
		struct survival_curve *c;

		if ((r->unit != UNIT_FLOW && r->unit != UNIT_CLIENT) ||
		    (!right && k->result != CLAIM_FN))
			continue;
		c = curve_of(&s, r, by_version ? r->traffic_version : "-");
		c->of += timed || !right;
		c->timeless += right && !timed;
		if (timed)
			found(c, k);
	}
	drop_timeless(&s);
	for (size_t i = 0; i < s.n; i++)
		for (int m = 0; m < SURVIVAL_MEASURES && s.curves[i].found; m++)
			qsort(s.curves[i].at[m], s.curves[i].found, sizeof(double), by_value);
	return s;
}

void survival_clear(struct survival *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (int m = 0; m < SURVIVAL_MEASURES; m++)
			free(s->curves[i].at[m]);
	free(s->curves);
	*s = (struct survival){0};
}

double survival_share(const struct survival_curve *c, enum survival_measure m, double at)
{
	size_t n = 0;

	while (n < c->found && c->at[m][n] <= at)
		n++;
	return c->of ? (double)n / (double)c->of : 0;
}

double survival_reached(const struct survival_curve *c, enum survival_measure m, double share)
{
	for (size_t i = 0; i < c->found; i++)
		if ((double)(i + 1) >= share * (double)c->of)
			return c->at[m][i];
	return -1;
}

static void write_step(FILE *f, const struct survival_curve *c, enum survival_measure m, size_t n)
{
	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t", source_text(c->source), c->version, c->signature,
		c->revision, c->vantage, score_unit_text(c->unit), measure_names[m]);
	if (!n)
		fputs("0", f);
	else
		fprintf(f, m == SURVIVAL_SECONDS ? "%.6f" : "%.0f", c->at[m][n - 1]);
	fprintf(f, "\t%zu\t%zu\t%.4f\t%s\n", n, c->of, (double)n / (double)c->of, c->detector);
}

static void write_curve(FILE *f, const struct survival_curve *c, enum survival_measure m)
{
	size_t next = 1, stride = 1 + c->found / STEPS;

	if (!c->found)
		write_step(f, c, m, 0);
	for (size_t n = 1; n <= c->found; n++) {
		if (n < c->found && (n < next || c->at[m][n] == c->at[m][n - 1]))
			continue; /* the step goes on, or is left out */
		write_step(f, c, m, n);
		next = n + stride;
	}
}

int survival_write(const struct score_table *t, const char *path, struct err *e)
{
	struct survival s = survival_of(t, true);
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	if (rc == 0) {
		fputs("source\ttraffic_version\tsignature\trevision\tvantage\tunit\tmeasure\tat\t"
		      "found\tof\tshare\tdetector\n",
		      o.f);
		for (size_t i = 0; i < s.n; i++)
			for (int m = 0; m < SURVIVAL_MEASURES; m++)
				write_curve(o.f, &s.curves[i], (enum survival_measure)m);
		rc = outfile_commit(&o, e);
	}
	survival_clear(&s);
	return rc;
}
