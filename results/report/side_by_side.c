// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * side_by_side.c - detectors side by side, by version and vantage
 *
 * The traffic is the same for all, but a detector that looked at fewer repetitions, or failed with some
 * captures, has fewer trials. So shares are shown, and how many trials they are of.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/quote.h"
#include "results/report/side_by_side.h"
#include "results/report/text_table.h"
#include "results/score/measures.h"

static bool of_one_line(const struct score_row *a, const struct score_row *b)
{
	return score_row_same_traffic(a, b) && score_row_same_signature(a, b);
}

static int by_version(const void *a, const void *b)
{
	const struct score_row *x = *(const struct score_row *const *)a;
	const struct score_row *y = *(const struct score_row *const *)b;
	int d = (int)x->source - (int)y->source;

	d = d ? d : strcmp(x->traffic_version, y->traffic_version);
	return d ? d : (x > y) - (x < y);
}

static void note_vantage(struct side_by_side *s, const char *vantage)
{
	for (size_t i = 0; i < s->vantages_n; i++)
		if (!strcmp(s->vantages[i], vantage))
			return;
	if (s->vantages_n < SIDE_VANTAGES)
		s->vantages[s->vantages_n++] = vantage;
}

struct side_by_side side_by_side_of(const struct score_table *t)
{
	struct side_by_side s = {
		.g = table_group(t, BY_VERSION | BY_VANTAGE | BY_SIGNATURE, 1U << UNIT_FLOW)};

	s.lines = xcalloc(s.g->n + 1, sizeof(*s.lines));
	for (size_t i = 0; i < s.g->n; i++) {
		size_t k = 0;

		note_vantage(&s, s.g->rows[i].vantage);
		while (k < s.n && !of_one_line(s.lines[k], &s.g->rows[i]))
			k++;
		if (k == s.n)
			s.lines[s.n++] = &s.g->rows[i];
	}
	qsort(s.lines, s.n, sizeof(*s.lines), by_version);
	return s;
}

void side_by_side_clear(struct side_by_side *s)
{
	free(s->lines);
	score_table_free(s->g);
}

const struct score_row *side_by_side_at(const struct side_by_side *s, const struct score_row *line,
					const char *vantage)
{
	for (size_t i = 0; i < s->g->n; i++)
		if (of_one_line(&s->g->rows[i], line) && !strcmp(s->g->rows[i].vantage, vantage))
			return &s->g->rows[i];
	return NULL;
}

/* ---- for people ---- */

/* (owned) */
static char *figure(const struct score_row *r)
{
	if (!r)
		return xstrdup("-");
	if (score_recall(r) < 0)
		return xasprintf("- (%zu)", (size_t)r->fp);
	return xasprintf("%.3f (%zu)", score_recall(r), (size_t)r->fp);
}

static int widest_name(const struct side_by_side *s)
{
	int width = (int)strlen("detector");

	for (size_t i = 0; i < s->n; i++) {
		int n = (int)(strlen(s->lines[i]->signature) + strlen(s->lines[i]->revision) + 1);

		width = n > width ? n : width;
	}
	return width;
}

static void print_line(const struct side_by_side *s, const struct score_row *line, int width,
		       FILE *f)
{
	char *name = xasprintf("%s@%s", line->signature, line->revision);

	fprintf(f, "%-9s %-8s %-*s %6zu", source_text(line->source),
		quote_terminal(line->traffic_version), width, quote_terminal(name),
		line->clusters.n);
	for (size_t i = 0; i < s->vantages_n; i++) {
		char *text = figure(side_by_side_at(s, line, s->vantages[i]));

		fprintf(f, "  %12s", text);
		free(text);
	}
	fputc('\n', f);
	free(name);
}

void side_by_side_print(const struct score_table *t, FILE *f)
{
	struct side_by_side s = side_by_side_of(t);
	int width = widest_name(&s);

	fprintf(f,
		"\nShare of flows found, and false ones in brackets, over all settings:\n"
		"%-9s %-8s %-*s %6s",
		"source", "traffic", width, "detector", "trials");
	for (size_t i = 0; i < s.vantages_n; i++)
		fprintf(f, "  %12s", quote_terminal(s.vantages[i]));
	fputc('\n', f);
	for (size_t i = 0; i < s.n; i++)
		print_line(&s, s.lines[i], width, f);
	side_by_side_clear(&s);
}
