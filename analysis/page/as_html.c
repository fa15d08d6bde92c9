// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * as_html.c - a document as one page in the house's style (results/report/html.c)
 *
 * Tables sort by their buttons, but for grouped ones, whose rows belong to their heading. Pictures are
 * data. A wide picture scrolls in its own box.
 */
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/page/as_html.h"
#include "base/err.h"
#include "base/quote.h"
#include "results/report/html.h"

static void put_heads(FILE *f, const struct sheet *s, size_t first, bool sorts)
{
	fputs("<thead><tr>", f);
	for (size_t c = first; c < s->width; c++)
		if (s->columns[c].brief)
			html_printf(f,
				    sorts ? "<th scope=\"col\"><button "
					    "type=\"button\">%s</button></th>"
					  : "<th scope=\"col\">%s</th>",
				    s->columns[c].name);
	fputs("</tr></thead>\n", f);
}

static void put_row(FILE *f, const struct sheet *s, size_t row, size_t first)
{
	fputs("<tr>", f);
	for (size_t c = first; c < s->width; c++) {
		const char *cell = sheet_cell(s, row, c);

		if (s->columns[c].brief)
			html_printf(
				f, s->columns[c].number ? "<td class=\"n\">%s</td>" : "<td>%s</td>",
				cell ? quote_terminal(cell) : "");
	}
	fputs("</tr>\n", f);
}

static bool begins_group(const struct sheet *s, size_t row)
{
	const char *a = sheet_cell(s, row, 0), *b = row ? sheet_cell(s, row - 1, 0) : NULL;

	return !row || strcmp(a ? a : "", b ? b : "") != 0;
}

static void put_sheet(FILE *f, const struct sheet *s, size_t rows)
{
	size_t n = sheet_rows(s), to = rows && n > rows ? rows : n, first = s->grouped;

	if (!sheet_brief(s, 0))
		return;
	if (!n) {
		html_printf(f, "<p class=\"dim\">%s: %s</p>\n", s->title, s->empty);
		return;
	}
	html_printf(f,
		    "<div class=\"box tall\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n",
		    s->title);
	html_printf(f,
		    s->grouped ? "<table>\n<caption>%s</caption>\n"
			       : "<table class=\"sort\">\n<caption>%s</caption>\n",
		    s->title);
	put_heads(f, s, first, !s->grouped);
	fputs("<tbody>\n", f);
	for (size_t r = 0; r < to; r++) {
		if (s->grouped && begins_group(s, r)) {
			const char *head = sheet_cell(s, r, 0);

			html_printf(f, "<tr><th scope=\"rowgroup\" colspan=\"%zu\">%s</th></tr>\n",
				    sheet_brief(s, first), head ? quote_terminal(head) : "");
		}
		put_row(f, s, r, first);
	}
	fputs("</tbody>\n</table>\n</div>\n", f);
	if (n > to)
		html_printf(f,
			    "<p class=\"dim\">%zu more rows are in the tables of --format tsv and "
			    "json.</p>\n",
			    n - to);
}

void picture_as_html(const struct picture *p, FILE *f)
{
	size_t len = p->svg ? strlen(p->svg) : 0;
	char *text;

	if (!p->svg)
		return;
	text = xmalloc(BASE64_ENCODE_RAW_LENGTH(len) + 1);
	base64_encode_raw(text, len, (const uint8_t *)p->svg);
	text[BASE64_ENCODE_RAW_LENGTH(len)] = '\0';
	fputs("<figure>", f);
	if (p->wide)
		html_printf(f,
			    "<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">",
			    p->caption);
	html_printf(f, "<img alt=\"%s\" ", p->caption);
	fprintf(f, "%ssrc=\"data:image/svg+xml;base64,%s\">%s",
		p->wide ? "style=\"max-width:none;border:0\" " : "", text, p->wide ? "</div>" : "");
	html_printf(f, "<figcaption>%s</figcaption></figure>\n", p->caption);
	free(text);
}

static void put_item(FILE *f, const struct item *it, size_t rows)
{
	if (it->kind == ITEM_LINE)
		html_printf(f, "<p>%s</p>\n", quote_terminal(it->line));
	else if (it->kind == ITEM_SHEET)
		put_sheet(f, it->sheet, rows);
	else
		picture_as_html(&it->picture, f);
}

static void put_facts(FILE *f, const struct document *d)
{
	fputs("<dl>\n", f);
	for (size_t i = 0; i < d->facts_n; i++)
		html_printf(f, "<dt>%s</dt><dd>%s</dd>\n", d->facts[i].key,
			    quote_terminal(d->facts[i].value));
	fputs("</dl>\n", f);
}

void document_as_html(const struct document *d, FILE *f, size_t rows)
{
	html_head(f, d->title);
	html_printf(f, "<a class=\"skip\" href=\"#%s\">Skip to the first part</a>\n<h1>%s</h1>\n",
		    d->sections[0].id, d->title);
	put_facts(f, d);
	fputs("<nav aria-label=\"Parts\"><ul>\n", f);
	for (size_t i = 0; i < d->sections_n; i++)
		html_printf(f, "<li><a href=\"#%s\">%zu. %s</a></li>\n", d->sections[i].id, i + 1,
			    d->sections[i].title);
	fputs("</ul></nav>\n<main>\n", f);
	for (size_t i = 0; i < d->sections_n; i++) {
		html_printf(f, "<section id=\"%s\"><h2>%zu. %s</h2>\n", d->sections[i].id, i + 1,
			    d->sections[i].title);
		for (size_t k = 0; k < d->sections[i].n; k++)
			put_item(f, &d->sections[i].items[k], rows);
		fputs("</section>\n", f);
	}
	fputs("</main>\n", f);
	html_foot(f);
}
