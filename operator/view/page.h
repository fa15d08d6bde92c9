/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_PAGE_H
#define OPERATOR_VIEW_PAGE_H

#include "operator/view/canvas.h"

#define PAGE_TEXT 512

/* One line of a page: at the left what it is, then what there is to say. */
struct page_line {
	char label[48], text[PAGE_TEXT];
	enum view_style style;
	int indent;
};

/* Lines that may be more than a screen has; zero at first. */
struct page {
	struct page_line *lines; /* (owned) */
	size_t n, room;
};

void page_clear(struct page *p);
void page_free(struct page *p);
/* Adds a text in as many lines as it takes in @c's width, behind @indent cells, in the first of which
 * @label stands. */
void page_add(struct page *p, const struct canvas *c, const char *label, int indent,
	      enum view_style style, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* Draws lines from @top on into @rows rows from @row on. */
void page_draw(const struct page *p, struct canvas *c, int row, int rows, size_t top);

#endif
