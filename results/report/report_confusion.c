// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_confusion.c - the report's part on what flows are and what is said of them
 *
 * Where only one application is told apart, the summary says the same, and there is no part.
 */
#include <inttypes.h>
#include <string.h>

#include "results/report/confusion_blocks.h"
#include "results/report/html.h"
#include "results/report/report_confusion.h"

bool report_has_confusion(const struct confusion *c)
{
	return confusion_applications(c) > 1;
}

static void put_count(FILE *f, uint64_t n, bool right)
{
	const char *tag = right ? "b" : "span";

	if (n)
		fprintf(f, "<td><%s>%" PRIu64 "</%s></td>", tag, n, tag);
	else
		fputs("<td>.</td>", f);
}

static void put_block(FILE *f, const struct confusion_block *b)
{
	html_printf(f,
		    "<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Confusion, %s "
		    "traffic\"><table><caption>%s traffic; - is no verdict</caption><thead><tr>"
		    "<th scope=\"col\">signature</th><th scope=\"col\">truth</th>"
		    "<th scope=\"col\">flows</th>",
		    source_text(b->source), source_text(b->source));
	for (size_t k = 0; k < b->n_verdicts; k++)
		html_printf(f, "<th scope=\"col\">%s</th>", b->verdicts[k]);
	fputs("</tr></thead><tbody>\n", f);
	for (size_t i = 0; i < b->n; i++) {
		const struct confusion_line *l = &b->lines[i];

		html_printf(f, "<tr><th scope=\"row\">%s@%s</th><td>%s</td>", l->signature,
			    l->revision, l->truth);
		put_count(f, l->all, false);
		for (size_t k = 0; k < b->n_verdicts; k++)
			put_count(f, l->flows[k], !strcmp(b->verdicts[k], l->truth));
		fputs("</tr>\n", f);
	}
	fputs("</tbody></table></div>\n", f);
}

void report_confusion(FILE *f, const struct confusion *c, const char *vantage)
{
	struct confusion_block *all;
	size_t n;

	if (!report_has_confusion(c))
		return;
	all = confusion_blocks(c, &n);
	html_printf(f,
		    "<h2 id=\"confusion\">What flows are, and what is said of them, at %s</h2>\n"
		    "<p>Flows by the application that the truth names (lines) and the one that the "
		    "signature names (columns), summed over settings and versions.</p>\n",
		    vantage);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i].vantage, vantage))
			put_block(f, &all[i]);
	fputs("<p><a href=\"confusion.tsv\">confusion.tsv</a></p>\n", f);
	confusion_blocks_free(all, n);
}
