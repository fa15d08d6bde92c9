// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * model_draw.c - the whole screen: counts, then the list or a page, then the last line
 */
#include "operator/view/client_page.h"
#include "operator/view/draw.h"
#include "operator/view/help_page.h"
#include "operator/view/model_draw.h"

#define SORT_INDENT 13

/* The menu: a line for each column, those around the cursor. */
static void draw_sort(struct model *m, struct canvas *c, int row)
{
	size_t rows = m->page_rows > 1 ? (size_t)m->page_rows : 1;

	if (m->sort_at < m->page_top)
		m->page_top = m->sort_at;
	else if (m->sort_at >= m->page_top + rows)
		m->page_top = m->sort_at - rows + 1;
	for (int i = 0; i < m->page_rows && m->page_top + (size_t)i < COLUMNS; i++) {
		enum column k = (enum column)(m->page_top + (size_t)i);

		canvas_text(c, row + i, 1, SORT_INDENT - 2,
			    k == m->list.sorts[0].column ? STYLE_KEY : STYLE_LABEL,
			    column_title(k));
		canvas_text(c, row + i, SORT_INDENT, c->cols, STYLE_PLAIN, column_about(k));
		if (k == (enum column)m->sort_at)
			canvas_select(c, row + i);
	}
}

static void draw_page(struct model *m, struct canvas *c, int row)
{
	size_t rows = m->page_rows > 0 ? (size_t)m->page_rows : 0;

	if (m->page == PAGE_HELP) {
		help_page(&m->text, c);
	} else if (m->snapshot.has_client) {
		client_page(&m->text, c, &m->snapshot.client, m->snapshot.counts.now_ns);
	} else {
		page_clear(&m->text);
		page_add(&m->text, c, "", 0, STYLE_PLAIN,
			 "This client was not seen for long and is forgotten.");
	}
	if (m->page_top + rows > m->text.n)
		m->page_top = m->text.n > rows ? m->text.n - rows : 0;
	page_draw(&m->text, c, row, m->page_rows, m->page_top);
}

void model_draw(struct model *m, struct canvas *c)
{
	int row = draw_head(m, c), end = c->rows - draw_foot_rows(m, c);

	if (m->page == PAGE_LIST) {
		draw_list(m, c, row, end);
	} else {
		row += end - row > 8; /* an empty line */
		m->page_rows = end - row;
		if (m->page == PAGE_SORT)
			draw_sort(m, c, row);
		else
			draw_page(m, c, row);
	}
	if (draw_foot_rows(m, c))
		draw_foot(m, c);
}
