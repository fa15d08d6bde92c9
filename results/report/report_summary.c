// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_summary.c - the numbers behind the report's first part, as a table
 */
#include <string.h>

#include "base/err.h"
#include "results/report/html.h"
#include "results/report/report_summary.h"
#include "results/report/text_table.h"
#include "results/score/row_intervals.h"
#include "results/score/measures.h"

static void put_share(FILE *f, double share, bool known, const struct interval *i)
{
	if (share < 0)
		fputs("<td class=\"n\">-</td><td>-</td>", f);
	else if (known)
		html_printf(f, "<td class=\"n\">%.3f</td><td>%.2f to %.2f</td>", share, i->low,
			    i->high);
	else
		html_printf(f, "<td class=\"n\">%.3f</td><td>-</td>", share);
}

/* The rate of false positives' upper bound, by flow and by trial. */
static void put_bounds(FILE *f, const struct score_row *r)
{
	struct fp_clusters n = row_fp_clusters(r);

	if (score_fpr(r) < 0)
		fputs("<td class=\"n\">-</td>", f);
	else
		html_printf(f, "<td class=\"n\">%.2g</td>", row_fpr_upper(r));
	html_printf(f, "<td>%zu of %zu</td>", (size_t)n.fp, (size_t)n.of);
	if (n.of)
		html_printf(f, "<td class=\"n\">%.2g</td>", row_fp_clusters_upper(r));
	else
		fputs("<td class=\"n\">-</td>", f);
}

static void put_row(FILE *f, const struct score_row *flow, const struct score_row *client)
{
	struct interval i;

	html_printf(f,
		    "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td class=\"n\">%zu</td>"
		    "<td class=\"n\">%zu</td><td class=\"n\">%zu</td>",
		    flow->signature, flow->traffic_version, source_text(flow->source),
		    (size_t)flow->tp, (size_t)flow->fn, (size_t)flow->fp);
	put_share(f, score_recall(flow), row_recall_interval(flow, &i), &i);
	put_share(f, score_precision(flow), row_precision_interval(flow, &i), &i);
	put_bounds(f, flow);
	if (client)
		html_printf(f, "<td>%zu of %zu</td><td class=\"n\">%zu</td></tr>\n",
			    (size_t)client->tp, (size_t)(client->tp + client->fn),
			    (size_t)client->fp);
	else
		fputs("<td>-</td><td>-</td></tr>\n", f);
}

static const char *const summary_columns[] = {"signature",
					      "traffic",
					      "source",
					      "found",
					      "missed",
					      "false",
					      "recall",
					      "95 %",
					      "precision",
					      "95 %",
					      "false rate below",
					      "trials with false",
					      "such trials below",
					      "clients",
					      "false clients"};

struct score_table *report_sums(const struct score_table *t, const char *vantage)
{
	struct score_table *at = score_table_new(), *g;

	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *s = &t->rows[i];
		struct score_setting key = {.source = s->source,
					    .detector = s->detector,
					    .traffic_version = s->traffic_version};
		uint32_t to;

		if (strcmp(s->vantage, vantage) != 0 || !score_unit_has_negatives(s->unit))
			continue;
		to = score_row_of(at, &key, s->signature, s->revision, s->unit);
		score_row_sum(&at->rows[to], s);
	}
	g = table_group(at, BY_VERSION | BY_SIGNATURE, ALL_UNITS);
	score_table_free(at);
	return g;
}

void report_summary(FILE *f, const struct score_table *g)
{
	fputs("<details class=\"open\"><summary>All numbers of this part as a table</summary>\n",
	      f);
	html_table_begin(
		f, false, "Summary",
		"Flows and clients over all settings; intervals are over independent trials (a "
		"cell's repetition, a capture), 95 %, - where there is only one; upper bounds are "
		"exact, 95 %",
		summary_columns, ARRAY_LEN(summary_columns));
	for (size_t i = 0; i < g->n; i++)
		if (g->rows[i].unit == UNIT_FLOW)
			put_row(f, &g->rows[i], score_row_of_unit(g, &g->rows[i], UNIT_CLIENT));
	html_table_end(f);
	fputs("</details>\n", f);
}
