// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * answer.c - what a run found out, in words
 *
 * Model: rows are summed over versions and settings; each source, signature and vantage that is left is a
 * paragraph of one line for each unit that people ask about. What was found comes before what was wrong,
 * counts before shares.
 *
 * Limits: PARAGRAPHS at every vantage, else SIGNATURES at one; the rest is counted and is in the report.
 */
#include <string.h>

#include "base/label.h"
#include "base/quote.h"
#include "results/report/answer.h"
#include "results/report/text_table.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"

#define PARAGRAPHS 4
#define SIGNATURES 6

static bool same_subject(const struct score_row *a, const struct score_row *b)
{
	return a->source == b->source && score_row_same_signature(a, b) &&
	       !strcmp(a->vantage, b->vantage);
}

/* Nothing was there to find, nor to take wrongly. */
static bool says_nothing(const struct score_row *r)
{
	return !r->tp && !r->fn && !r->fp && !r->tn;
}

/* Is @r the first row of its paragraph? */
static bool begins(const struct score_table *g, const struct score_row *r)
{
	if (says_nothing(r))
		return false;
	for (const struct score_row *b = g->rows; b < r; b++)
		if (same_subject(b, r) && !says_nothing(b))
			return false;
	return true;
}

/* The version of the traffic that @r is about, as it follows "Skype". */
static const char *versions_of(const struct score_table *t, const struct score_row *r)
{
	const char *only = NULL;

	for (size_t i = 0; i < t->n; i++) {
		if (!same_subject(&t->rows[i], r))
			continue;
		if (only && strcmp(only, t->rows[i].traffic_version) != 0)
			return " of several versions";
		only = t->rows[i].traffic_version;
	}
	return only && strcmp(only, "-") != 0 ? only : "";
}

static const char *things(enum score_unit unit, uint64_t n)
{
	switch (unit) {
	case UNIT_FLOW:
		return n == 1 ? "flow" : "flows";
	case UNIT_CLIENT:
		return n == 1 ? "client" : "clients";
	default:
		return n == 1 ? "session" : "sessions";
	}
}

/* @name: of what was looked for */
static void put_unit(FILE *f, const struct score_row *r, const char *name)
{
	uint64_t of = r->tp + r->fn, others = r->fp + r->tn;
	char text[INTERVAL_TEXT];
	struct interval i;

	fputs("  ", f);
	if (of)
		fprintf(f, "%llu of %llu %s found", (unsigned long long)r->tp,
			(unsigned long long)of, things(r->unit, of));
	else
		fprintf(f, "no %s to find", things(r->unit, 2));
	if (r->unit == UNIT_FLOW && of) {
		fprintf(f, " (%.1f %%", 100 * score_recall(r));
		if (row_recall_interval(r, &i))
			fprintf(f, ", 95 %%: %s", interval_percent(&i, text));
		fputc(')', f);
	}
	if (score_unit_has_negatives(r->unit) && others)
		fprintf(f, "; %llu of %llu other %s taken for %s", (unsigned long long)r->fp,
			(unsigned long long)others, r->unit == UNIT_FLOW ? "flows" : "hosts", name);
	else if (r->fp)
		fprintf(f, "; %llu reported that %s not", (unsigned long long)r->fp,
			r->fp == 1 ? "was" : "were");
	fputc('\n', f);
}

static void put_paragraph(FILE *f, const struct score_table *t, const struct score_table *g,
			  const struct score_row *r, const char *target)
{
	static const enum score_unit order[] = {UNIT_CLIENT, UNIT_SESSION, UNIT_FLOW};
	const char *name = label_is(target, LABEL_SKYPE) ? "Skype" : target;
	const char *version = versions_of(t, r);
	bool own = !strcmp(r->detector, OWN_DETECTOR) || !strcmp(r->detector, r->signature);

	fprintf(f, "%s%s%s@%s at %s: %s%s%s, %s, %zu trial%s\n", own ? "" : r->detector,
		own ? "" : " ", r->signature, r->revision, r->vantage, name,
		*version && *version != ' ' ? " " : "", quote_terminal(version),
		source_text(r->source), r->clusters.n, r->clusters.n == 1 ? "" : "s");
	for (size_t u = 0; u < ARRAY_LEN(order); u++)
		for (size_t i = 0; i < g->n; i++)
			if (g->rows[i].unit == order[u] && same_subject(&g->rows[i], r) &&
			    !says_nothing(&g->rows[i]))
				put_unit(f, &g->rows[i], name);
}

void answer_print(const struct score_table *t, const char *target, const char *vantage, FILE *f)
{
	struct score_table *g =
		table_group(t, BY_VANTAGE | BY_SIGNATURE,
			    1U << UNIT_CLIENT | 1U << UNIT_SESSION | 1U << UNIT_FLOW);
	size_t paragraphs = 0, shown = 0;

	for (size_t i = 0; i < g->n; i++)
		paragraphs += begins(g, &g->rows[i]);
	for (size_t i = 0; i < g->n; i++) {
		const struct score_row *r = &g->rows[i];

		if (!begins(g, r) || (paragraphs > PARAGRAPHS &&
				      (strcmp(r->vantage, vantage) != 0 || shown == SIGNATURES)))
			continue;
		put_paragraph(f, t, g, r, target);
		shown++;
	}
	if (!paragraphs)
		fputs("nothing was scored\n", f);
	else if (shown < paragraphs)
		fprintf(f, "and %zu more, by signature and vantage\n", paragraphs - shown);
	score_table_free(g);
}
