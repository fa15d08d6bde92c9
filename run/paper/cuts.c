// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cuts.c - the accuracy of a run by version, configuration, vantage or operation
 *
 * Rows are added with their clusters, so that the interval of a sum speaks of independent trials and
 * a trial that stands in several rows is one (results/score/row_intervals.h). Vantages are never
 * added: each flow would count once at each.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/quote.h"
#include "results/score/axes.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"
#include "run/paper/cuts.h"

#define ALL "all"

/* Every axis but the operation, as "caller_loss=5, login=manual" (owned); "-" = none. */
static char *other_axes(const char *axes)
{
	char *out = xstrdup("");

	for (const char *p = axes; *p;) {
		size_t len = strcspn(p, "\t");

		if (strncmp(p, "operation=", strlen("operation=")) != 0) {
			char *more = xasprintf("%s%s%.*s", out, *out ? ", " : "", (int)len, p);

			free(out);
			out = more;
		}
		p += len + (p[len] == '\t');
	}
	if (*out)
		return out;
	free(out);
	return xstrdup("-");
}

static char *operation_of(const char *axes)
{
	size_t len = 1;
	const char *value = axes_value(axes, "operation", &len);

	return xasprintf("%.*s", (int)len, value ? value : "-");
}

static char *words_of(const struct cut_request *q, const struct score_row *r)
{
	bool configuration = q->by & CUT_CONFIGURATION;
	char *other = configuration ? other_axes(r->axes) : xstrdup(ALL);
	char *operation = q->by & CUT_OPERATION ? operation_of(r->axes) : xstrdup(ALL);
	char *out = xasprintf(
		"%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s",
		quote_terminal(q->material ? q->material : r->traffic_version), r->signature,
		q->by & CUT_VERSION ? r->traffic_version : ALL,
		configuration ? r->caller_firewall : ALL, configuration ? r->caller_nat : ALL,
		configuration ? r->callee_firewall : ALL, configuration ? r->callee_nat : ALL,
		other, r->vantage, operation, score_unit_text(r->unit));

	free(other);
	free(operation);
	return out;
}

static int by_words(const void *a, const void *b)
{
	return strverscmp(((const struct cut_sum *)a)->words, ((const struct cut_sum *)b)->words);
}

/* Where a sum stands. */
struct place {
	char *words; /* of the sum */
	size_t at;
	UT_hash_handle hh;
};

/* The sum of @words, which it takes. */
static struct cut_sum *sum_of(struct cuts *c, struct place **places, char *words)
{
	struct place *p;

	HASH_FIND_STR(*places, words, p);
	if (p) {
		free(words);
		return &c->sums[p->at];
	}
	if ((c->n & (c->n - 1)) == 0)
		c->sums = xrealloc(c->sums, (c->n ? 2 * c->n : 1) * sizeof(*c->sums));
	c->sums[c->n] = (struct cut_sum){.words = words};
	p = xcalloc(1, sizeof(*p));
	p->words = words;
	p->at = c->n++;
	HASH_ADD_KEYPTR(hh, *places, p->words, strlen(p->words), p);
	return &c->sums[p->at];
}

struct cuts cuts_of(const struct cut_request *q)
{
	struct cuts c = {0};
	struct place *places = NULL, *p, *next;

	for (size_t i = 0; i < q->t->n; i++) {
		const struct score_row *r = &q->t->rows[i];
		struct cut_sum *s;

		if (r->source != q->source || strcmp(r->detector, OWN_DETECTOR) != 0 ||
		    (q->vantage && strcmp(r->vantage, q->vantage) != 0))
			continue;
		s = sum_of(&c, &places, words_of(q, r));
		s->row.source = r->source;
		s->row.unit = r->unit;
		score_row_sum(&s->row, r);
	}
	HASH_ITER (hh, places, p, next) {
		HASH_DEL(places, p);
		free(p);
	}
	if (c.n)
		qsort(c.sums, c.n, sizeof(*c.sums), by_words);
	return c;
}

void cuts_clear(struct cuts *c)
{
	for (size_t i = 0; i < c->n; i++) {
		score_row_clear(&c->sums[i].row);
		free(c->sums[i].words);
	}
	free(c->sums);
	*c = (struct cuts){0};
}

/* "\t0.9950\t0.9900\t1.0000", with "-" for what is not known. */
static void put_share(FILE *f, double share, bool known, const struct interval *i)
{
	if (share < 0)
		fputs("\t-\t-\t-", f);
	else if (!known)
		fprintf(f, "\t%.4f\t-\t-", share);
	else
		fprintf(f, "\t%.4f\t%.4f\t%.4f", share, i->low, i->high);
}

static void put_count(FILE *f, unsigned long long n)
{
	fprintf(f, "\t%llu", n);
}

static void put_figures(FILE *f, const struct score_row *r)
{
	struct interval i = {0};
	bool known = row_recall_interval(r, &i);

	put_count(f, r->tp);
	put_count(f, r->tp + r->fn);
	put_share(f, score_recall(r), known, &i);
	put_count(f, r->fp + r->wrong_role);
	if (score_unit_has_negatives(r->unit))
		put_count(f, r->fp + r->tn);
	else
		fputs("\t-", f);
	known = row_precision_interval(r, &i);
	put_share(f, score_precision(r), known, &i);
	fprintf(f, "\t%zu\t%s\n", r->clusters.n, interval_method_text(row_method(r)));
}

void cuts_put(const struct cuts *c, FILE *f)
{
	for (size_t i = 0; i < c->n; i++) {
		fputs(c->sums[i].words, f);
		put_figures(f, &c->sums[i].row);
	}
}
