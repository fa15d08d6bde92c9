// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_delay.c - the report's part on time to detect
 *
 * Shares are of all flows and clients that should be found; what is missed is never found. A median
 * is there only when half of all is found.
 */
#include <string.h>

#include "results/report/html.h"
#include "results/report/report_delay.h"
#include "results/score/survival.h"

static void put_median(FILE *f, const struct survival_curve *c, enum survival_measure m)
{
	double at = survival_reached(c, m, 0.5);

	if (at < 0)
		fputs("<td>never</td>", f);
	else
		fprintf(f, m == SURVIVAL_SECONDS ? "<td>%.3f</td>" : "<td>%.0f</td>", at);
}

static void put_curve(FILE *f, const struct survival_curve *c)
{
	static const double within[] = {0.1, 1, 10, 60};

	html_printf(f, "<tr><th scope=\"row\">%s@%s</th><td>%s</td><td>%s</td>", c->signature,
		    c->revision, source_text(c->source), score_unit_text(c->unit));
	fprintf(f, "<td>%zu</td>", c->of);
	for (size_t i = 0; i < ARRAY_LEN(within); i++)
		fprintf(f, "<td>%.3f</td>", survival_share(c, SURVIVAL_SECONDS, within[i]));
	fprintf(f, "<td>%.3f</td>", (double)c->found / (double)c->of);
	for (int m = 0; m < SURVIVAL_MEASURES; m++)
		put_median(f, c, (enum survival_measure)m);
	fputs("</tr>\n", f);
}

void report_delay(FILE *f, const struct score_table *t, const char *vantage)
{
	struct survival s = survival_of(t, false);
	bool begun = false;

	for (size_t i = 0; i < s.n; i++) {
		if (strcmp(s.curves[i].vantage, vantage) != 0)
			continue;
		if (!begun)
			html_printf(
				f,
				"<h2 id=\"delay\">Time to detect, at %s</h2>\n<p>The share of all "
				"flows and clients that should be found that was found so many "
				"seconds after their first packet. What is missed is found "
				"never.</p>\n<div class=\"box\" "
				"tabindex=\"0\" role=\"region\" aria-label=\"Time to "
				"detect\"><table>"
				"<caption>By signature</caption><thead><tr>"
				"<th scope=\"col\">signature</th><th scope=\"col\">source</th>"
				"<th scope=\"col\">unit</th><th scope=\"col\">to find</th>"
				"<th scope=\"col\">0.1 s</th><th scope=\"col\">1 s</th>"
				"<th scope=\"col\">10 s</th><th scope=\"col\">1 min</th>"
				"<th scope=\"col\">ever</th><th scope=\"col\">median, s</th>"
				"<th scope=\"col\">packets</th><th scope=\"col\">bytes</th>"
				"</tr></thead><tbody>\n",
				vantage);
		begun = true;
		put_curve(f, &s.curves[i]);
	}
	if (begun)
		fputs("</tbody></table></div>\n<p><a href=\"survival.tsv\">survival.tsv</a></p>\n",
		      f);
	survival_clear(&s);
}
