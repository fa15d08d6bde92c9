// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_base_rate.c - the report's part on false claims where Skype is rare
 *
 * Rows are summed over settings and versions. The low end of each precision stands beside it: a
 * signature without false positives is as good as the number of negatives it was tried on.
 */
#include <string.h>

#include "results/report/html.h"
#include "results/report/report_base_rate.h"
#include "results/report/text_table.h"
#include "results/score/base_rate.h"

#define SHOWN 4 /* of the shares: 1, 0.1, 0.01 and 0.001 % */

static const int shown[SHOWN] = {0, 2, 4, 6};

static void put_rate(FILE *f, int decimals, double rate, double upper)
{
	fputs("<td>", f);
	if (rate < 0)
		fputs("-", f);
	else
		fprintf(f, "%.*f (&lt;%.*f)", decimals, rate, decimals, upper);
	fputs("</td>", f);
}

static void put_row(FILE *f, const struct score_row *r)
{
	double upper = -1, rate = base_rate_per_million(r, &upper);
	unsigned long long spare = r->fp + r->tn;

	html_printf(f, "<tr><th scope=\"row\">%s@%s</th><td>%s</td><td>%s</td>", r->signature,
		    r->revision, source_text(r->source), score_unit_text(r->unit));
	fprintf(f, "<td>%llu of %llu</td>", (unsigned long long)r->fp, spare);
	put_rate(f, 0, rate, upper);
	rate = base_rate_per_hour(r, &upper);
	put_rate(f, 3, rate, upper);
	for (int i = 0; i < SHOWN; i++) {
		struct base_rate at = base_rate_at(r, base_rate_shares[shown[i]]);

		if (at.precision < 0)
			fputs("<td>-</td>", f);
		else
			fprintf(f, "<td>%.3f (&gt;%.3f)</td>", at.precision, at.low);
	}
	fputs("</tr>\n", f);
}

static void put_head(FILE *f, const char *vantage)
{
	html_printf(
		f,
		"<h2 id=\"base-rate\">Where Skype is rare, at %s</h2>\n<p>Precision depends on how "
		"much of the traffic is Skype. False claims are per million flows or hosts without "
		"Skype, and per hour that such a host was watched; precision is what these "
		"rates leave when so much is Skype. In brackets the 95 %% bound: of a signature "
		"without false claims it says how much it was tried on.</p>\n<div class=\"box\" "
		"tabindex=\"0\" role=\"region\" aria-label=\"Where Skype is rare\"><table>"
		"<caption>Summed over settings and versions</caption><thead><tr>"
		"<th scope=\"col\">signature</th><th scope=\"col\">source</th>"
		"<th scope=\"col\">unit</th><th scope=\"col\">false claims</th>"
		"<th scope=\"col\">per million</th><th scope=\"col\">per host-hour</th>",
		vantage);
	for (int i = 0; i < SHOWN; i++)
		fprintf(f, "<th scope=\"col\">precision at %g %%</th>",
			100 * base_rate_shares[shown[i]]);
	fputs("</tr></thead><tbody>\n", f);
}

void report_base_rate(FILE *f, const struct score_table *t, const char *vantage)
{
	struct score_table *g =
		table_group(t, BY_VANTAGE | BY_SIGNATURE, 1U << UNIT_FLOW | 1U << UNIT_CLIENT);
	bool begun = false;

	for (size_t i = 0; i < g->n; i++) {
		if (strcmp(g->rows[i].vantage, vantage) != 0)
			continue;
		if (!begun)
			put_head(f, vantage);
		begun = true;
		put_row(f, &g->rows[i]);
	}
	if (begun)
		fputs("</tbody></table></div>\n<p><a "
		      "href=\"base-rate.tsv\">base-rate.tsv</a></p>\n",
		      f);
	score_table_free(g);
}
