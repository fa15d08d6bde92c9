// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_answer.c - the report's first part: the answer in words and numbers
 *
 * For each version of the traffic (emulated and recorded apart) the signature with the best F1 over flows is
 * named first; where none reaches a half, the one that finds most clients. Then each signature has three
 * numbers: clients found, flows named, false flows, each with its denominator and its 95 % interval or bound,
 * and a sentence on what they mean for its use.
 *
 * Limits: the words follow from fixed shares (WELL, HALF), not from a test of differences; the intervals stand
 * beside them.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/number.h"
#include "base/text.h"
#include "results/report/html.h"
#include "results/report/misses.h"
#include "results/report/report_answer.h"
#include "results/report/report_summary.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"

#define WELL 0.95
#define HALF 0.5

#define KINDS_SHOWN  4	/* of the flows that a signature misses */
#define KIND_LEN     64 /* bytes of one that are shown */
#define OTHERS_SHOWN 5	/* signatures that are weaker */

/* One signature on one version's traffic. */
struct subject {
	const struct score_row *flow, *client; /* one of them may be NULL */
	double f1;
};

struct answer {
	FILE *f;
	const struct score_table *t;
	const char *vantage;
	const struct run_cells *cells;
	const struct tsv *conditions; /* misses.tsv; NULL = none */
	struct score_table *g;
	struct subject *s; /* (owned) by source and version, best first */
	size_t n;
	struct miss_group *misses; /* (owned) */
	size_t misses_n;
};

static const struct score_row *row_of(const struct subject *s)
{
	return s->flow ? s->flow : s->client;
}

static double recall_of(const struct score_row *r)
{
	return r ? score_recall(r) : -1;
}

static int by_use(const void *p, const void *q)
{
	const struct subject *a = p, *b = q;
	const struct score_row *x = row_of(a), *y = row_of(b);
	int d = (x->source > y->source) - (x->source < y->source);

	if (!d)
		d = strverscmp(x->traffic_version, y->traffic_version);
	if (!d)
		d = (a->f1 < b->f1) - (a->f1 > b->f1);
	if (!d)
		d = (recall_of(a->client) < recall_of(b->client)) -
		    (recall_of(a->client) > recall_of(b->client));
	return d ? d : strverscmp(x->signature, y->signature);
}

static struct subject *subject_of(struct answer *a, const struct score_row *r)
{
	for (size_t i = 0; i < a->n; i++)
		if (score_row_same_signature(row_of(&a->s[i]), r) &&
		    score_row_same_traffic(row_of(&a->s[i]), r))
			return &a->s[i];
	return &a->s[a->n++];
}

/* Only traffic with something to find has an answer. */
static void collect(struct answer *a)
{
	a->s = xcalloc(a->g->n + 1, sizeof(*a->s));
	for (size_t i = 0; i < a->g->n; i++) {
		const struct score_row *r = &a->g->rows[i];
		struct subject *s;

		if ((r->unit != UNIT_FLOW && r->unit != UNIT_CLIENT) || !(r->tp + r->fn))
			continue;
		s = subject_of(a, r);
		if (r->unit == UNIT_FLOW) {
			s->flow = r;
			s->f1 = score_f1(r);
		} else {
			s->client = r;
		}
	}
	qsort(a->s, a->n, sizeof(*a->s), by_use);
}

/* ---- words ---- */

/* What a signature did for clients, setting by setting. */
struct settings {
	size_t all, whole;	  /* with a client to find at this site, and without a miss */
	size_t clients, found;	  /* of this site */
	size_t missed, elsewhere; /* clients, and those of them that are at other sites */
};

static struct settings settings_of(const struct answer *a, const struct score_row *r)
{
	struct settings s = {0};

	for (size_t i = 0; i < a->cells->n; i++) {
		const struct run_cell *c = &a->cells->cells[i];

		for (size_t k = 0; k < c->marks_n && score_row_same_traffic(c->row, r); k++) {
			const struct cell_mark *m = &c->marks[k];
			size_t far = m->elsewhere.all - m->elsewhere.found;

			if (!score_row_same_signature(m->of, r))
				continue;
			s.all += m->client.all > 0;
			s.whole += m->client.all && m->client.found == m->client.all;
			s.clients += m->client.all;
			s.found += m->client.found;
			s.missed += m->client.all - m->client.found + far;
			s.elsewhere += far;
		}
	}
	return s;
}

static void put_settings(FILE *f, const struct settings *s)
{
	if (!s->all)
		return;
	html_printf(f, "Finds every client of this site in %zu of %zu settings", s->whole, s->all);
	if (s->elsewhere == s->missed && s->missed)
		html_printf(f, "; all %zu that it misses are", s->missed);
	else if (s->elsewhere)
		html_printf(f, "; %zu of the %zu that it misses are", s->elsewhere, s->missed);
	if (s->elsewhere)
		fputs(" at other sites, seen here only by what they send to this one", f);
	fputs(". ", f);
}

static void put_meaning(const struct answer *a, const struct subject *s)
{
	double flows = recall_of(s->flow), clients = recall_of(s->client);
	struct settings n = settings_of(a, row_of(s));

	if (n.all && n.missed == n.elsewhere)
		clients = 1;
	fputs("<p>", a->f);
	put_settings(a->f, &n);
	if (flows >= WELL && (clients >= WELL || clients < 0))
		fputs("It finds who uses Skype and names their flows.", a->f);
	else if (clients >= WELL && flows >= HALF)
		html_printf(a->f, "It finds who uses Skype, and names %u of 100 of their flows.",
			    (unsigned)(100 * flows + 0.5));
	else if (clients >= WELL && flows >= 0)
		html_printf(
			a->f,
			"Of 100 flows it names %u: it tells who uses Skype, not which flows are "
			"Skype's.",
			(unsigned)(100 * flows + 0.5));
	else if (clients >= HALF || (clients < 0 && flows >= HALF))
		fputs("It misses a part of the clients: below, in which settings.", a->f);
	else if (clients >= 0 || flows >= 0)
		fputs("It misses most of this traffic; use another one for it.", a->f);
	if (s->flow && s->flow->fp)
		html_printf(a->f, " It claims flows that are not Skype: %zu.", (size_t)s->flow->fp);
	fputs("</p>", a->f);
}

/* A kind of flow, and how many of it are missed. */
struct missed_kind {
	const char *reason;
	size_t n;
};

static int most_missed(const void *a, const void *b)
{
	const struct missed_kind *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : strcmp(x->reason, y->reason);
}

/* The kinds of flow that a signature misses most. */
static void put_missed_kinds(const struct answer *a, const struct subject *s)
{
	const struct score_row *r = row_of(s);
	struct missed_kind kinds[64];
	size_t n = 0, left = s->flow ? s->flow->fn : 0;

	for (size_t i = 0; i < a->misses_n; i++) {
		const struct miss_group *m = &a->misses[i];
		size_t k = 0;

		if (!score_row_same_signature(m->of, r) || !score_row_same_traffic(m->of, r))
			continue;
		while (k < n && strcmp(kinds[k].reason, m->reason) != 0)
			k++;
		if (k == ARRAY_LEN(kinds))
			continue;
		if (k == n)
			kinds[n++] = (struct missed_kind){m->reason, 0};
		kinds[k].n += m->n;
	}
	if (!n)
		return;
	qsort(kinds, n, sizeof(kinds[0]), most_missed);
	fputs("<p>Flows missed, by their kind: ", a->f);
	for (size_t i = 0; i < n && i < KINDS_SHOWN; i++) {
		char kind[KIND_LEN];

		text_cut(kind, sizeof(kind), kinds[i].reason);
		html_printf(a->f, "%s%s (%zu)", i ? ", " : "", *kind ? kind : "of no known kind",
			    kinds[i].n);
		left -= kinds[i].n < left ? kinds[i].n : left;
	}
	if (left)
		html_printf(a->f, ", others (%zu)", left);
	fputs(". <a href=\"#errors\">All causes</a></p>", a->f);
}

/* The condition that failed first on most of the missed flows that were looked into. */
static void put_condition(const struct answer *a, const struct subject *s)
{
	const struct tsv *t = a->conditions;
	const struct score_row *r = row_of(s);
	struct failed {
		const char *rule, *condition;
		uint64_t flows;
	} *all = xcalloc(t ? t->rows + 1 : 1, sizeof(*all)), *most = NULL;
	uint64_t sum = 0, flows;
	size_t n = 0;

	for (size_t i = 0; t && i < t->rows; i++) {
		const char *rule = tsv_cell(t, i, tsv_column(t, "rule"));
		const char *condition = tsv_cell(t, i, tsv_column(t, "condition"));
		size_t k = 0;

		if (!miss_is_of(t, i, r) ||
		    !number_is_whole(tsv_cell(t, i, tsv_column(t, "flows")), &flows))
			continue;
		while (k < n &&
		       (strcmp(all[k].rule, rule) != 0 || strcmp(all[k].condition, condition) != 0))
			k++;
		if (k == n)
			all[n++] = (struct failed){rule, condition, 0};
		all[k].flows += flows;
		sum += flows;
	}
	for (size_t k = 0; k < n; k++)
		if (!most || all[k].flows > most->flows)
			most = &all[k];
	if (most) {
		html_printf(a->f, "<p>Of %zu missed flows that were looked into, on %zu",
			    (size_t)sum, (size_t)most->flows);
		if (strcmp(most->rule, "-") != 0)
			html_printf(a->f, " this failed first in the rule \"%s\": %s%s%s.</p>",
				    most->rule, most->condition,
				    names_line(most->condition) ? " of the file of " : "",
				    names_line(most->condition) ? r->signature : "");
		else
			html_printf(a->f, " no rule came near: %s.</p>", most->condition);
	}
	free(all);
}

/* The unit of which most events were reported that did not happen. */
static void put_false_events(const struct answer *a, const struct subject *s)
{
	const struct score_row *r = row_of(s);
	uint64_t fp[UNITS] = {0}, all[UNITS] = {0};
	int most = 0;

	for (size_t i = 0; i < a->t->n; i++) {
		const struct score_row *x = &a->t->rows[i];

		if (score_unit_has_negatives(x->unit) || strcmp(x->vantage, a->vantage) != 0 ||
		    !score_row_same_signature(x, r) || !score_row_same_traffic(x, r))
			continue;
		fp[x->unit] += x->fp;
		all[x->unit] += x->fp + x->tp;
	}
	for (int u = 0; u < UNITS; u++)
		most = fp[u] > fp[most] ? u : most;
	if (fp[most])
		html_printf(a->f,
			    "<p>Of %zu events %s that it reports, %zu did not happen. <a "
			    "href=\"#errors\">All false claims</a></p>",
			    (size_t)all[most], score_unit_text((enum score_unit)most),
			    (size_t)fp[most]);
}

/* Signatures that did as well on the same traffic: which of them is first is a matter of names. */
static void put_equals(const struct answer *a, const struct subject *best)
{
	const char *between = " So does ";

	for (const struct subject *s = best + 1; s < a->s + a->n; s++) {
		if (!score_row_same_traffic(row_of(s), row_of(best)) || s->f1 != best->f1 ||
		    recall_of(s->client) != recall_of(best->client))
			break;
		html_printf(a->f, "%s<b>%s</b>", between, row_of(s)->signature);
		between = ", ";
	}
	fputs(*between == ' ' ? "" : ".", a->f);
}

/* The signatures that name fewer of the flows, or of the clients where @best is for clients. */
static void put_weaker(const struct answer *a, const struct subject *best)
{
	bool flows = best->f1 >= HALF && best->flow;
	double least = flows ? recall_of(best->flow) : recall_of(best->client);
	size_t n = 0;

	for (const struct subject *s = best + 1; s < a->s + a->n; s++) {
		double share = flows ? recall_of(s->flow) : recall_of(s->client);

		if (!score_row_same_traffic(row_of(s), row_of(best)) || share < 0 || share >= least)
			continue;
		if (n++ >= OTHERS_SHOWN)
			continue;
		html_printf(a->f, "%s<b>%s</b> (%u of 100 %s)", n == 1 ? " Weaker on it: " : ", ",
			    row_of(s)->signature, (unsigned)(100 * share + 0.5),
			    flows ? "flows" : "clients");
	}
	if (n > OTHERS_SHOWN)
		html_printf(a->f, ", and %zu more", n - OTHERS_SHOWN);
	fputs(n ? "." : "", a->f);
}

static void put_lead(const struct answer *a, const struct subject *best)
{
	const struct score_row *r = row_of(best);

	html_printf(a->f, "<p class=\"lead\">For Skype <b>%s</b>%s: ", r->traffic_version,
		    r->source == SOURCE_EMULATED ? "" : ", recorded");
	if (best->f1 >= HALF && best->flow)
		html_printf(a->f,
			    "<b>%s</b> is the one to use. It names %zu of %zu flows and claims %zu "
			    "that are not Skype.",
			    r->signature, (size_t)best->flow->tp,
			    (size_t)(best->flow->tp + best->flow->fn), (size_t)best->flow->fp);
	else if (recall_of(best->client) >= HALF)
		html_printf(
			a->f,
			"no signature names half of the flows. <b>%s</b> finds %zu of %zu clients.",
			r->signature, (size_t)best->client->tp,
			(size_t)(best->client->tp + best->client->fn));
	else
		fputs("none of the signatures finds half of the clients.", a->f);
	if (best->f1 >= HALF || recall_of(best->client) >= HALF) {
		put_equals(a, best);
		put_weaker(a, best);
	}
	fputs("</p>\n", a->f);
}

/* Calls count for themselves: none of them is among the flows and clients that the lead speaks of. */
static void put_unheard_calls(const struct answer *a, const struct score_row *of)
{
	const struct score_row *first = NULL; /* every signature has the same calls to find */
	size_t calls = 0;

	for (size_t i = 0; i < a->t->n; i++) {
		const struct score_row *r = &a->t->rows[i];

		if (r->unit != UNIT_CALL_START || strcmp(r->vantage, a->vantage) != 0 ||
		    !score_row_same_traffic(r, of))
			continue;
		if (r->tp)
			return;
		first = first ? first : r;
		calls += score_row_same_signature(r, first) ? r->fn : 0;
	}
	if (calls)
		html_printf(
			a->f,
			"<p>No signature here reports the start of a call: 0 of %zu on %s.</p>\n",
			calls, of->traffic_version);
}

/* ---- numbers ---- */

static void put_recall(FILE *f, const char *name, const struct score_row *r)
{
	char text[INTERVAL_TEXT];
	struct interval i;

	html_printf(f, "<div><dt>%s</dt><dd>", name);
	if (!r || score_recall(r) < 0) {
		fputs("-<small>none to find</small></dd></div>", f);
		return;
	}
	html_printf(f, "%.1f %%<small>%zu of %zu</small>", 100 * score_recall(r), (size_t)r->tp,
		    (size_t)(r->tp + r->fn));
	if (row_recall_interval(r, &i))
		html_printf(f, "<small>95 %%: %s</small>", interval_percent(&i, text));
	else
		fputs("<small>one trial, no interval</small>", f);
	fputs("</dd></div>", f);
}

/* Clients of this site, where the cells tell; what the table counts stands below, with its interval. */
static void put_clients(const struct answer *a, const struct subject *s)
{
	struct settings n = settings_of(a, row_of(s));
	char text[INTERVAL_TEXT];
	struct interval i;

	if (!s->client || !n.elsewhere || !n.clients) {
		put_recall(a->f, "clients found", s->client);
		return;
	}
	html_printf(a->f,
		    "<div><dt>clients found</dt><dd>%.1f %%<small>%zu of %zu of this site</small>"
		    "<small>%zu of %zu with those of other sites",
		    100.0 * (double)n.found / (double)n.clients, n.found, n.clients,
		    (size_t)s->client->tp, (size_t)(s->client->tp + s->client->fn));
	if (row_recall_interval(s->client, &i))
		html_printf(a->f, ", 95 %%: %s", interval_percent(&i, text));
	fputs("</small></dd></div>", a->f);
}

static void put_false(FILE *f, const struct score_row *r)
{
	double bound;

	fputs("<div><dt>false flows</dt><dd>", f);
	if (!r || !(r->fp + r->tn)) {
		fputs("-<small>none to spare</small></dd></div>", f);
		return;
	}
	bound = 100 * row_fpr_upper(r);
	html_printf(f, "%zu<small>of %zu others</small><small>below ", (size_t)r->fp,
		    (size_t)(r->fp + r->tn));
	html_printf(f, bound < 10 ? "%.2g %%" : "%.0f %%", bound);
	fputs("</small></dd></div>", f);
}

static void put_card(const struct answer *a, const struct subject *s)
{
	const struct score_row *r = row_of(s);

	html_printf(a->f, "<li><h3>%s on %s%s</h3><dl class=\"three\">", r->signature,
		    r->traffic_version, r->source == SOURCE_EMULATED ? "" : " (recorded)");
	put_clients(a, s);
	put_recall(a->f, "flows named", s->flow);
	put_false(a->f, s->flow);
	fputs("</dl>", a->f);
	put_meaning(a, s);
	put_false_events(a, s);
	put_missed_kinds(a, s);
	put_condition(a, s);
	fputs("</li>\n", a->f);
}

void report_answer(FILE *f, const struct score_table *t, const struct run_cells *cells,
		   const struct tsv *conditions, const char *vantage)
{
	struct answer a = {.f = f,
			   .t = t,
			   .vantage = vantage,
			   .cells = cells,
			   .conditions = conditions,
			   .g = report_sums(t, vantage)};

	collect(&a);
	a.misses = misses_of(t, vantage, &a.misses_n);
	fputs("<h2 id=\"summary\">The answer</h2>\n", f);
	if (!a.n)
		fputs("<p class=\"lead\">There was nothing to find in this run.</p>\n", f);
	for (size_t i = 0; i < a.n; i++)
		if (!i || !score_row_same_traffic(row_of(&a.s[i - 1]), row_of(&a.s[i]))) {
			put_lead(&a, &a.s[i]);
			put_unheard_calls(&a, row_of(&a.s[i]));
		}
	html_printf(
		f,
		"<p class=\"dim\">Seen at %s, over all settings. Intervals are over independent "
		"trials (a cell's repetition, a capture), bounds are exact; both 95 %%.</p>\n",
		vantage);
	fputs(a.n ? "<ul class=\"cards\">\n" : "", f);
	for (size_t i = 0; i < a.n; i++)
		put_card(&a, &a.s[i]);
	fputs(a.n ? "</ul>\n" : "", f);
	report_summary(f, a.g);
	free(a.misses);
	free(a.s);
	score_table_free(a.g);
}
