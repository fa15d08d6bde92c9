// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * page.c - lines of text that scroll: a client's page, help, the menu of sorting
 *
 * A text is broken between words; a word that is wider than the screen is cut where it is drawn. Lines
 * are made anew for each drawing, since width and content may have changed.
 *
 * Limits: PAGE_TEXT bytes in a text.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "operator/view/page.h"

#define NARROW 12 /* cells of text that are worth an indent */

void page_clear(struct page *p)
{
	p->n = 0;
}

void page_free(struct page *p)
{
	free(p->lines);
	*p = (struct page){0};
}

static void add_line(struct page *p, const char *label, int indent, enum view_style style,
		     const char *text)
{
	struct page_line *line;

	if (p->n == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		p->lines = xrealloc(p->lines, p->room * sizeof(*p->lines));
	}
	line = &p->lines[p->n++];
	line->style = style;
	line->indent = indent;
	snprintf(line->label, sizeof(line->label), "%s", label);
	snprintf(line->text, sizeof(line->text), "%s", text);
}

/* Ends @text after the words that fit into @room cells, at least one; returns the rest, or NULL. */
static char *break_line(const struct canvas *c, char *text, int room)
{
	char *fits = NULL;

	for (char *at = strchr(text, ' '); at; at = strchr(at + 1, ' ')) {
		int width;

		*at = '\0';
		width = canvas_width(c, text);
		*at = ' ';
		if (width > room)
			break;
		fits = at;
	}
	if (canvas_width(c, text) <= room)
		return NULL;
	if (!fits)
		fits = strchr(text, ' ');
	if (!fits)
		return NULL;
	*fits = '\0';
	return fits + 1 + strspn(fits + 1, " ");
}

void page_add(struct page *p, const struct canvas *c, const char *label, int indent,
	      enum view_style style, const char *fmt, ...)
{
	char text[PAGE_TEXT], *rest = text, *next;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (*label && c->cols - indent < NARROW) { /* the label gets a line of its own */
		add_line(p, label, c->cols, style, "");
		label = "";
		indent = 1;
	}
	do {
		next = break_line(c, rest, c->cols - indent);
		add_line(p, label, indent, style, rest);
		label = "";
		rest = next;
	} while (rest && *rest);
}

void page_draw(const struct page *p, struct canvas *c, int row, int rows, size_t top)
{
	for (int i = 0; i < rows && top + (size_t)i < p->n; i++) {
		const struct page_line *line = &p->lines[top + (size_t)i];

		canvas_text(c, row + i, 0, line->indent - 1, STYLE_LABEL, line->label);
		canvas_text(c, row + i, line->indent, c->cols - line->indent, line->style,
			    line->text);
	}
}
