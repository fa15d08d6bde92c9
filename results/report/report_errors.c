// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_errors.c - the report's misses and false positives
 */
#include <stdlib.h>

#include "base/err.h"
#include "results/report/html.h"
#include "results/report/report_errors.h"
#include "results/score/stage.h"

#define ERRORS_MAX 500 /* misses and false positives in the page */

void report_errors(FILE *f, const struct score_table *t)
{
	size_t fp = 0, fn = 0, shown = 0;

	for (size_t i = 0; i < t->claims_n; i++) {
		fp += t->claims[i].result == CLAIM_FP;
		fn += t->claims[i].result == CLAIM_FN;
	}
	html_printf(
		f,
		"<h2 id=\"errors\">Missed and wrongly claimed</h2>\n<p>%zu misses and %zu false "
		"positives over all vantages; false positives first. All of them: <a "
		"href=\"claims.tsv\">claims.tsv</a>.</p>\n",
		fn, fp);
	if (!fp && !fn)
		return;
	fputs("<div class=\"box tall\" tabindex=\"0\" role=\"region\" aria-label=\"Missed and "
	      "wrongly "
	      "claimed\"><table class=\"sort\"><caption>Flows, clients and "
	      "sessions</caption><thead>"
	      "<tr>",
	      f);
	for (size_t i = 0; i < 7; i++)
		html_printf(f, "<th scope=\"col\"><button type=\"button\">%s</button></th>",
			    (const char *const[]){"what", "signature", "unit", "cell", "vantage",
						  "subject", "reason"}[i]);
	fputs("</tr></thead><tbody>\n", f);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < t->claims_n && shown < ERRORS_MAX; i++) {
			const struct score_claim *c = &t->claims[i];
			const struct score_row *row = &t->rows[c->row];

			if (c->result != (pass ? CLAIM_FN : CLAIM_FP))
				continue;
			shown++;
			html_printf(f,
				    "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>"
				    "<td>%s</td><td>%s</td></tr>\n",
				    pass ? "missed" : "false", row->signature,
				    score_unit_text(row->unit), c->cell, row->vantage, c->subject,
				    c->reason);
		}
	}
	fputs("</tbody></table></div>\n", f);
	if (shown < fp + fn)
		html_printf(f, "<p class=\"dim\">The file has %zu more.</p>\n", fp + fn - shown);
}

void report_stages(FILE *f, const struct score_table *t, const char *vantage)
{
	static const char *const head[] = {"signature", "flow", "messages it had", "missed"};
	size_t n;
	struct stage_count *s = stage_counts(t, vantage, &n);

	if (n)
		html_printf(f,
			    "<h3>How far the missed flows went</h3>\n<div class=\"box tall\" "
			    "tabindex=\"0\" role=\"region\" aria-label=\"Missed flows by stage\">"
			    "<table class=\"sort\"><caption>Seen at %s; messages as sent, by "
			    "the paper's names</caption><thead><tr>",
			    vantage);
	for (size_t i = 0; i < ARRAY_LEN(head) && n; i++)
		html_printf(f, "<th scope=\"col\"><button type=\"button\">%s</button></th>",
			    head[i]);
	fputs(n ? "</tr></thead><tbody>\n" : "", f);
	for (size_t i = 0; i < n; i++)
		html_printf(f,
			    "<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"n\">%zu</td></tr>\n",
			    s[i].signature, s[i].reason, s[i].stage, s[i].n);
	fputs(n ? "</tbody></table></div>\n" : "", f);
	free(s);
}
