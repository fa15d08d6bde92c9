// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * as_html.c - a document as one page in the house's style (results/report/html.c)
 *
 * Tables sort by their buttons. A grouped one is a table for each group, folded but for the first ones,
 * in print too. Pictures are data. A wide picture scrolls in its own box.
 */
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/page/as_html.h"
#include "base/err.h"
#include "base/quote.h"
#include "results/report/html.h"

#define GROUPS_OPEN 8

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

/* A table of rows @from to @to - 1, without the columns before @first. */
static void put_table(FILE *f, const struct sheet *s, size_t from, size_t to, size_t first,
		      bool sorts, const char *label)
{
	html_printf(f,
		    "<div class=\"box tall\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">\n",
		    label);
	fputs(sorts ? "<table class=\"sort\">\n" : "<table>\n", f);
	put_heads(f, s, first, sorts);
	fputs("<tbody>\n", f);
	for (size_t r = from; r < to; r++)
		put_row(f, s, r, first);
	fputs("</tbody>\n</table>\n</div>\n", f);
}

static void put_more(FILE *f, size_t n, const char *what)
{
	if (n)
		html_printf(
			f,
			"<p class=\"dim\">%zu more %s: --rows 0 shows all, as do the forms tsv and "
			"json.</p>\n",
			n, what);
}

static void put_plain(FILE *f, const struct sheet *s, size_t rows)
{
	size_t n = sheet_rows(s), to = rows && n > rows ? rows : n;

	put_table(f, s, 0, to, 0, true, s->title);
	put_more(f, n - to + s->unseen, "rows");
}

static const char *head_of(const struct sheet *s, size_t row)
{
	const char *cell = sheet_cell(s, row, 0);

	return cell ? quote_terminal(cell) : "-";
}

static void put_groups(FILE *f, const struct sheet *s, size_t rows)
{
	size_t groups = 0, left = 0;

	for (size_t from = 0, to; from < sheet_rows(s); from = to) {
		size_t stop;

		for (to = from; to < sheet_rows(s) && !strcmp(head_of(s, to), head_of(s, from));
		     to++)
			;
		if (rows && groups++ >= rows) {
			left++;
			continue;
		}
		stop = rows && to - from > rows ? from + rows : to;
		fputs(groups <= GROUPS_OPEN ? "<details open>" : "<details>", f);
		html_printf(f, "<summary>%s</summary>\n", head_of(s, from));
		put_table(f, s, from, stop, 1, false, head_of(s, from));
		put_more(f, to - stop, "rows");
		fputs("</details>\n", f);
	}
	put_more(f, left, "groups");
}

static void put_sheet(FILE *f, const struct sheet *s, size_t rows)
{
	if (!sheet_brief(s, 0))
		return;
	if (!sheet_rows(s)) {
		html_printf(f, "<p class=\"dim\">%s: %s</p>\n", s->title, s->empty);
		return;
	}
	html_printf(f, "<p class=\"dim\">%s</p>\n", s->title);
	if (s->grouped)
		put_groups(f, s, rows);
	else
		put_plain(f, s, rows);
}

static void put_picture(const struct picture *p, FILE *f)
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
	fprintf(f, "%ssrc=\"data:image/svg+xml;base64,%s\">%s", p->wide ? "class=\"wide\" " : "",
		text, p->wide ? "</div>" : "");
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
		put_picture(&it->picture, f);
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
