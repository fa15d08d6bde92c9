// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * draw.c - the list of clients, the counts above it, the line below it
 *
 * What matters most stands first and is the last to go when the screen is small: below 6 rows the last
 * line goes, below 5 the counts. Counts that do not fit into their line are left out from its end.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "operator/view/draw.h"
#include "operator/view/figures.h"

#define LEAST_WITH_FOOT	  6
#define LEAST_WITH_COUNTS 5

/* A label and its figure at @col, if both fit. Returns the column behind them. */
static int item(struct canvas *c, int row, int col, const char *label, enum view_style style,
		const char *figure)
{
	int gap = col ? 2 : 0;
	int needs = canvas_width(c, label) + 1 + canvas_width(c, figure);

	if (col + gap + needs > c->cols)
		return col;
	col = canvas_text(c, row, col + gap, c->cols, STYLE_LABEL, label);
	return canvas_text(c, row, col + 1, c->cols, style, figure);
}

static int number(struct canvas *c, int row, int col, const char *label, enum view_style style,
		  uint64_t n)
{
	char figure[FIGURE_TEXT];

	return item(c, row, col, label, style, figure_count(n, figure));
}

static void draw_title(const struct model *m, struct canvas *c)
{
	const struct view_counts *v = &m->snapshot.counts;
	char when[FIGURE_TEXT], right[FIGURE_TEXT + 16];
	int col, width;

	figure_second(v->now_ns, when);
	snprintf(right, sizeof(right), "%s%s UTC", m->paused ? "PAUSED  " : "",
		 c->cols < 60 ? when + 11 : when);
	if (!v->now_ns)
		snprintf(right, sizeof(right), "%s", m->paused ? "PAUSED" : "");
	width = canvas_width(c, right);
	canvas_text_right(c, 0, 0, c->cols, m->paused ? STYLE_WARN : STYLE_PLAIN, right);
	col = canvas_text(c, 0, 0, c->cols - width - 1, STYLE_KEY, "skypelab watch");
	canvas_text(c, 0, col + 2, c->cols - width - 1 - col - 2, STYLE_PLAIN, v->source);
}

static void draw_clients(const struct model *m, struct canvas *c, int row)
{
	const struct snapshot *s = &m->snapshot;
	const struct view_counts *v = &s->counts;
	int col = number(c, row, 0, "Clients", STYLE_PLAIN, s->totals.clients);

	col = number(c, row, col, "In call", s->totals.in_call ? STYLE_CALL : STYLE_PLAIN,
		     s->totals.in_call);
	col = number(c, row, col, "In session", STYLE_PLAIN, s->totals.connected);
	if ((v->filter && !v->dry_run) || s->blocked)
		col = number(c, row, col, "Blocked", s->blocked ? STYLE_BLOCKED : STYLE_PLAIN,
			     s->blocked);
	if (v->dry_run || s->would_block)
		col = number(c, row, col, "Would block", s->would_block ? STYLE_WARN : STYLE_PLAIN,
			     s->would_block);
	if (v->filter && !v->dry_run)
		col = number(c, row, col, "Stopped", STYLE_PLAIN, v->stopped);
	if (s->totals.evicted)
		col = number(c, row, col, "No room for", STYLE_WARN, s->totals.evicted);
	if (s->totals.idle)
		number(c, row, col, "Silent and forgotten", STYLE_PLAIN, s->totals.idle);
}

/* "0.4 %" of @part in @whole. */
static const char *share(uint64_t part, uint64_t whole, char out[FIGURE_TEXT])
{
	double percent = whole ? 100.0 * (double)part / (double)whole : 0;

	snprintf(out, FIGURE_TEXT, percent && percent < 0.1 ? "<0.1 %%" : "%.1f %%", percent);
	return out;
}

static void draw_counts(const struct model *m, struct canvas *c, int row)
{
	const struct snapshot *s = &m->snapshot;
	const struct view_counts *v = &s->counts;
	enum view_style lost = v->dropped ? STYLE_WARN : STYLE_PLAIN;
	char figure[3 * FIGURE_TEXT], a[FIGURE_TEXT], b[FIGURE_TEXT];
	int col = 0;

	if (v->live) {
		col = number(c, row, col, "Packets/s", STYLE_PLAIN, v->packets_second);
		col = number(c, row, col, "Dropped/s", v->dropped_second ? STYLE_WARN : STYLE_PLAIN,
			     v->dropped_second);
		snprintf(figure, sizeof(figure), "%s (%s)", figure_count(v->dropped, a),
			 share(v->dropped, v->packets, b));
		col = item(c, row, col, "Dropped", lost, v->dropped ? figure : "0");
	}
	if (v->unreadable)
		col = number(c, row, col, "Unreadable", STYLE_WARN, v->unreadable);
	if (s->totals.in_part)
		col = number(c, row, col, "Seen in part", STYLE_WARN, s->totals.in_part);
	col = number(c, row, col, "Events/s", STYLE_PLAIN, s->sightings_second);
	col = number(c, row, col, "Events", STYLE_PLAIN, s->totals.sightings);
	if (v->live)
		number(c, row, col, "Packets", STYLE_PLAIN, v->packets);
}

int draw_head(const struct model *m, struct canvas *c)
{
	if (c->rows < LEAST_WITH_COUNTS)
		return 0;
	draw_title(m, c);
	draw_clients(m, c, 1);
	draw_counts(m, c, 2);
	return 3;
}

struct hint {
	const char *key, *does;
};

static const struct hint list_hints[] = {
	{"Enter", "why"}, {"/", "search"},  {"f", "filter"}, {"s", "sort"},
	{"?", "help"},	  {"r", "reverse"}, {"p", "pause"},  {"q", "quit"},
};
static const struct hint page_hints[] = {
	{"Esc", "back"}, {"Up Down", "scroll"}, {"Left Right", "other client"}, {"?", "help"}};
static const struct hint sort_hints[] = {
	{"Enter", "sort by it"}, {"Up Down", "choose"}, {"Esc", "back"}};
static const struct hint help_hints[] = {{"Esc", "back"}, {"Up Down", "scroll"}};

static void draw_hints(struct canvas *c, int row, int col, int end, const struct hint *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int needs = canvas_width(c, h[i].key) + 1 + canvas_width(c, h[i].does);

		if (col + needs > end)
			return;
		col = canvas_text(c, row, col, end - col, STYLE_KEY, h[i].key);
		col = canvas_text(c, row, col + 1, end - col, STYLE_PLAIN, h[i].does) + 2;
	}
}

/* "1-18 of 500" at the right of the last line; returns the column before it. */
static int draw_place(const struct model *m, struct canvas *c, int row)
{
	const struct list *l = &m->list;
	char text[160] = "";
	size_t last = m->list_top + (size_t)m->list_rows;

	if (last > l->shown_count)
		last = l->shown_count;
	if (m->page != PAGE_LIST)
		return c->cols;
	if (l->shown_count)
		snprintf(text, sizeof(text), "%zu-%zu of %zu", m->list_top + 1, last,
			 l->shown_count);
	canvas_text_right(c, row, 0, c->cols, STYLE_PLAIN, text);
	return c->cols - canvas_width(c, text) - 2;
}

static void draw_typed(const struct model *m, struct canvas *c, int row)
{
	const char *const asks[] = {
		[PROMPT_SEARCH] = "/",
		[PROMPT_FILTER] = "filter (!word = without): ",
		[PROMPT_QUIT] = m->snapshot.counts.stays
					? "Quit? What is blocked stays so (y, n) "
					: "Quit? What is blocked is then free again (y, n) ",
	};
	int col = canvas_text(c, row, 0, c->cols, STYLE_KEY, asks[m->prompt]);

	if (m->prompt != PROMPT_QUIT)
		col = canvas_text(c, row, col, c->cols - col - 1, STYLE_PLAIN, m->typed);
	c->cursor_row = row;
	c->cursor_col = col < c->cols ? col : c->cols - 1;
	if (m->message[0])
		canvas_text(c, row, col + 3, c->cols - col - 3, STYLE_WARN, m->message);
}

int draw_foot_rows(const struct model *m, const struct canvas *c)
{
	return c->rows >= LEAST_WITH_FOOT || m->prompt != PROMPT_NONE ? 1 : 0;
}

void draw_foot(const struct model *m, struct canvas *c)
{
	static const struct {
		const struct hint *hints;
		size_t n;
	} of[] = {
		[PAGE_LIST] = {list_hints, ARRAY_LEN(list_hints)},
		[PAGE_CLIENT] = {page_hints, ARRAY_LEN(page_hints)},
		[PAGE_SORT] = {sort_hints, ARRAY_LEN(sort_hints)},
		[PAGE_HELP] = {help_hints, ARRAY_LEN(help_hints)},
	};
	int row = c->rows - 1, col = 0, end;
	char filter[LIST_WORDS + 16];

	if (m->prompt != PROMPT_NONE) {
		draw_typed(m, c, row);
		return;
	}
	end = draw_place(m, c, row);
	if (m->message[0]) {
		canvas_text(c, row, 0, end, STYLE_WARN, m->message);
		return;
	}
	if (m->list.filter[0] && m->page == PAGE_LIST) {
		snprintf(filter, sizeof(filter), "filter: %s", m->list.filter);
		col = canvas_text(c, row, 0, end, STYLE_WARN, filter) + 2;
	}
	draw_hints(c, row, col, end, of[m->page].hints, of[m->page].n);
}

/* Columns never become narrower, so that nothing jumps, until the screen has another width. */
static void measure(struct model *m, const struct canvas *c)
{
	char text[COLUMN_TEXT];

	if (m->content_cols != c->cols)
		memset(m->content, 0, sizeof(m->content));
	m->content_cols = c->cols;
	for (size_t i = 0; i < m->list.shown_count; i++)
		for (int k = 0; k < COLUMNS; k++) {
			int width;

			if (k == COLUMN_WHY || column_fixed((enum column)k))
				continue;
			width = canvas_width(c, column_text((enum column)k, list_row(&m->list, i),
							    m->snapshot.counts.now_ns, text));
			if (width > m->content[k])
				m->content[k] = width;
		}
}

/* The list scrolls as little as shows the cursor. */
static void scroll_to_cursor(struct model *m)
{
	size_t rows = m->list_rows > 0 ? (size_t)m->list_rows : 1, n = m->list.shown_count;

	if (m->list_top + rows > n)
		m->list_top = n > rows ? n - rows : 0;
	if (m->list.at < m->list_top)
		m->list_top = m->list.at;
	else if (m->list.at >= m->list_top + rows)
		m->list_top = m->list.at - rows + 1;
}

static void draw_titles(const struct model *m, struct canvas *c, int row, const int *widths)
{
	const struct list_sort *by = &m->list.sorts[0];
	int col = 0;

	canvas_fill(c, row, STYLE_BAR);
	for (int k = 0; k < COLUMNS; k++) {
		const char *arrow = k != (int)by->column ? ""
				    : by->greatest_first ? c->unicode ? "\u25bc" : "v"
				    : c->unicode	 ? "\u25b2"
							 : "^";

		if (!widths[k])
			continue;
		column_draw_title(c, row, col, widths[k], (enum column)k, arrow);
		col += widths[k] + 1;
	}
}

static void draw_client_row(const struct model *m, struct canvas *c, int row, const int *widths,
			    size_t at)
{
	int col = 0;

	for (int k = 0; k < COLUMNS; k++) {
		if (!widths[k])
			continue;
		column_draw(c, row, col, widths[k], (enum column)k, list_row(&m->list, at),
			    m->snapshot.counts.now_ns);
		col += widths[k] + 1;
	}
	canvas_mark(c, row, m->list.search);
	if (at == m->list.at)
		canvas_select(c, row);
}

void draw_list(struct model *m, struct canvas *c, int row, int end)
{
	int widths[COLUMNS];

	measure(m, c);
	column_widths(widths, m->content, c->cols);
	if (end - row > 1)
		draw_titles(m, c, row++, widths);
	m->list_rows = end - row;
	scroll_to_cursor(m);
	for (int i = 0; row + i < end; i++) {
		size_t at = m->list_top + (size_t)i;

		if (at >= m->list.shown_count)
			break;
		draw_client_row(m, c, row + i, widths, at);
	}
	if (!m->list.shown_count && end > row)
		canvas_text(c, row, 0, c->cols, STYLE_FAINT,
			    m->snapshot.n ? "No client has what the filter asks for; Esc shows all."
					  : "No client was seen yet.");
}
