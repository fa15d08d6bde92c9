// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_detectors.c - the report's part on detectors side by side
 *
 * What each finds by version and vantage (side_by_side.c), and below it what each foreign detector
 * took. Processor time is that of whole starts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "results/report/html.h"
#include "results/report/report_detectors.h"
#include "results/report/side_by_side.h"
#include "results/score/measures.h"

static void put_figures(FILE *f, const struct score_row *r)
{
	if (!r) {
		fputs("<td>-</td>", f);
		return;
	}
	html_printf(f, "<td>%zu of %zu", (size_t)r->tp, (size_t)(r->tp + r->fn));
	if (score_recall(r) >= 0)
		fprintf(f, " (%.3f)", score_recall(r));
	html_printf(f, ", %zu false</td>", (size_t)r->fp);
}

static void put_side_by_side(FILE *f, const struct score_table *t)
{
	struct side_by_side s = side_by_side_of(t);

	fputs("<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Detectors side by "
	      "side\"><table><caption>Flows found of those to find (recall), and false ones, over "
	      "all settings</caption><thead><tr><th scope=\"col\">traffic</th><th "
	      "scope=\"col\">source</th><th scope=\"col\">detector</th><th "
	      "scope=\"col\">signature</th><th scope=\"col\">trials</th>",
	      f);
	for (size_t i = 0; i < s.vantages_n; i++)
		html_printf(f, "<th scope=\"col\">%s</th>", s.vantages[i]);
	fputs("</tr></thead><tbody>\n", f);
	for (size_t i = 0; i < s.n; i++) {
		const struct score_row *r = s.lines[i];

		html_printf(f,
			    "<tr><td>%s</td><td>%s</td><td>%s</td><th scope=\"row\">%s@%s</th><td "
			    "class=\"n\">%zu</td>",
			    r->traffic_version, source_text(r->source), r->detector, r->signature,
			    r->revision, r->clusters.n);
		for (size_t k = 0; k < s.vantages_n; k++)
			put_figures(f, side_by_side_at(&s, r, s.vantages[k]));
		fputs("</tr>\n", f);
	}
	fputs("</tbody></table></div>\n", f);
	side_by_side_clear(&s);
}

/* ---- what they took ---- */

struct taken {
	const char *signature, *revision, *why; /* @why of the first failure, or NULL */
	size_t captures, failed, network;
	double cpu_ms, packets, peak_mib;
	double first_s; /* the longest that a first verdict took; -1 = never known */
};

static double real_at(const struct tsv *t, size_t r, const char *column)
{
	double v = -1;

	return number_is_real(tsv_cell(t, r, tsv_column(t, column)), &v) ? v : -1;
}

static void take_row(struct taken *x, const struct tsv *t, size_t r)
{
	double cpu = real_at(t, r, "cpu_ms"), packets = real_at(t, r, "packets");
	double peak = real_at(t, r, "peak_mib"), first = real_at(t, r, "first_s");

	x->captures++;
	if (strcmp(tsv_cell(t, r, tsv_column(t, "status")), "ok") != 0 && !x->failed++)
		x->why = tsv_cell(t, r, tsv_column(t, "last_line"));
	x->network += real_at(t, r, "network_tries") > 0;
	x->cpu_ms += cpu > 0 ? cpu : 0;
	x->packets += packets > 0 ? packets : 0;
	x->peak_mib = peak > x->peak_mib ? peak : x->peak_mib;
	x->first_s = first > x->first_s ? first : x->first_s;
}

static void put_taken(FILE *f, const struct taken *x)
{
	html_printf(f, "<tr><th scope=\"row\">%s</th><td>%s</td><td class=\"n\">%zu</td>",
		    x->signature, x->revision, x->captures);
	html_printf(f, x->failed ? "<td><span class=\"bad\">%zu: %s</span></td>" : "<td>%zu%s</td>",
		    x->failed, x->failed ? x->why : "");
	html_printf(f, "<td class=\"n\">%.1f</td>", x->cpu_ms / (double)x->captures);
	if (x->packets > 0)
		html_printf(f, "<td class=\"n\">%.0f</td>", x->cpu_ms * 1e6 / x->packets);
	else
		fputs("<td>-</td>", f);
	html_printf(f, "<td class=\"n\">%.1f</td>", x->peak_mib);
	if (x->first_s >= 0)
		html_printf(f, "<td class=\"n\">%.3f</td>", x->first_s);
	else
		fputs("<td>not said</td>", f);
	html_printf(f, "<td class=\"n\">%zu</td></tr>\n", x->network);
}

static void put_costs(FILE *f, const struct tsv *t)
{
	static const char *const head[] = {"detector",
					   "version",
					   "captures",
					   "failed",
					   "processor ms a capture",
					   "ms a million packets",
					   "peak MiB",
					   "first verdict after at most, s",
					   "captures in which it tried the network"};
	struct taken *all = xcalloc(t->rows + 1, sizeof(*all));
	size_t n = 0;

	for (size_t r = 0; r < t->rows; r++) {
		const char *signature = tsv_cell(t, r, tsv_column(t, "signature"));
		size_t k = 0;

		while (k < n && strcmp(all[k].signature, signature) != 0)
			k++;
		if (k == n)
			all[n++] = (struct taken){.signature = signature,
						  .revision =
							  tsv_cell(t, r, tsv_column(t, "revision")),
						  .first_s = -1};
		take_row(&all[k], t, r);
	}
	fputs("<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"What detectors "
	      "took\"><table><caption>What the foreign detectors took; processor time with all "
	      "that "
	      "it takes to start</caption><thead><tr>",
	      f);
	for (size_t i = 0; i < ARRAY_LEN(head); i++)
		html_printf(f, "<th scope=\"col\">%s</th>", head[i]);
	fputs("</tr></thead><tbody>\n", f);
	for (size_t i = 0; i < n; i++)
		put_taken(f, &all[i]);
	fputs("</tbody></table></div>\n<p><a href=\"detectors.tsv\">detectors.tsv</a></p>\n", f);
	free(all);
}

void report_detectors(FILE *f, const struct score_table *t, const struct tsv *facts)
{
	if (!facts || !facts->rows)
		return;
	fputs("<h2 id=\"detectors\">Detectors side by side</h2>\n<p>A detector with fewer trials "
	      "looked at the first repetitions of each cell alone (<code>detector-repeat</code>), "
	      "or "
	      "failed with captures, which are not among its figures.</p>\n",
	      f);
	put_side_by_side(f, t);
	put_costs(f, facts);
}
