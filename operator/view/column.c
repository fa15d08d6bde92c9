// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * column.c - the columns of the list: text, order, width
 *
 * One table says what a column is. Which of them a screen shows: in the order of their weight each gets
 * what its widest text takes (within its limits) as long as there is room; the column WHY gets what is
 * left. So a narrow screen shows fewer columns, not narrower ones, and nothing but WHY is cut while
 * addresses are IPv4. Longer addresses are cut in the middle, since both ends tell them apart.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/moment.h"
#include "operator/view/column.h"
#include "operator/view/figures.h"

/* "255.255.255.255" and with a port */
#define ADDRESS_CELLS  15
#define ENDPOINT_CELLS 21
#define WHY_CELLS      6
#define WHY_WISH       20 /* before there are columns that weigh less */

/**
 * struct column_row - one column
 * @least, @most: Limits of its width
 * @weight:	The heavier, the narrower the screen on which it is shown
 * @right:	Its text stands at the right
 * @middle:	It is cut in the middle
 * @greatest_first: When sorting by it begins
 */
struct column_row {
	const char *title, *about;
	int least, most, weight;
	bool right, middle, greatest_first;
};

static const struct column_row columns[COLUMNS] = {
	[COLUMN_CLIENT] = {"CLIENT", "the client's address", ADDRESS_CELLS, 39, 99, .middle = true},
	[COLUMN_MARKS] = {"!", "blocked (B), in a dry run only (b), seen in part (p)", 2, 2, 97,
			  .greatest_first = true},
	[COLUMN_STATE] = {"STATE", "what it does: call, session, probe, left, seen", 7, 12, 98,
			  .greatest_first = true},
	[COLUMN_SINCE] = {"SINCE", "when it was seen first", 8, 8, 96, .greatest_first = true},
	[COLUMN_SEEN] = {"SEEN", "when it was seen last", 4, 4, 92, .right = true,
			 .greatest_first = true},
	[COLUMN_VERSION] = {"VER", "its version", 3, 9, 94, .right = false},
	[COLUMN_SUPER_NODE] = {"SUPER NODE", "the super node it is or was connected to",
			       ENDPOINT_CELLS, 47, 95, .middle = true},
	[COLUMN_OUTSIDE] = {"OUTSIDE", "its address beyond a NAT", ADDRESS_CELLS, 39, 90,
			    .middle = true},
	[COLUMN_SENSOR] = {"SEEN BY", "the interfaces or sensors that saw it", 7, 16, 91,
			   .right = false},
	[COLUMN_EVENTS] = {"EVENTS", "how often it was seen", 6, 6, 89, .right = true,
			   .greatest_first = true},
	[COLUMN_WHY] = {"WHY", "the rule that tells it, and its messages", WHY_CELLS,
			CANVAS_COLS_MAX, 93, .right = false},
};

const char *column_title(enum column c)
{
	return columns[c].title;
}

bool column_fixed(enum column c)
{
	return columns[c].least == columns[c].most;
}

const char *column_about(enum column c)
{
	return columns[c].about;
}

bool column_greatest_first(enum column c)
{
	return columns[c].greatest_first;
}

static const char *state_text(const struct row *r, uint64_t now_ns, char out[COLUMN_TEXT])
{
	char lasted[FIGURE_TEXT];

	if (r->state == ROW_CALL)
		snprintf(out, COLUMN_TEXT, "call %s",
			 figure_lasted(r->call_since_ns, now_ns, lasted));
	else
		snprintf(out, COLUMN_TEXT, "%s", row_state_text(r->state));
	return out;
}

const char *column_text(enum column c, const struct row *r, uint64_t now_ns, char out[COLUMN_TEXT])
{
	out[0] = '\0';
	switch (c) {
	case COLUMN_CLIENT:
		return ip_text(&r->ip, out);
	case COLUMN_MARKS:
		snprintf(out, COLUMN_TEXT, "%c%c",
			 r->blocked	  ? 'B'
			 : r->would_block ? 'b'
					  : ' ',
			 r->in_part ? 'p' : ' ');
		return out;
	case COLUMN_STATE:
		return state_text(r, now_ns, out);
	case COLUMN_SINCE:
		return figure_clock(r->first_ns, now_ns, out);
	case COLUMN_SEEN:
		return figure_age(r->last_ns, now_ns, out);
	case COLUMN_VERSION:
		return r->version;
	case COLUMN_SUPER_NODE:
		return r->super_node.ip.family ? endpoint_text(&r->super_node, out) : "";
	case COLUMN_OUTSIDE:
		return r->outside.family ? ip_text(&r->outside, out) : "";
	case COLUMN_SENSOR:
		return r->sensors;
	case COLUMN_EVENTS:
		return figure_count(r->events, out);
	default:
		snprintf(out, COLUMN_TEXT, "%s%s%s  %s", r->rule, r->messages[0] ? ": " : "",
			 r->messages, r->signature);
		return out;
	}
}

static enum view_style column_style(enum column c, const struct row *r)
{
	switch (c) {
	case COLUMN_MARKS:
		return r->blocked ? STYLE_BLOCKED : STYLE_WARN;
	case COLUMN_STATE:
		return r->state == ROW_CALL	   ? STYLE_CALL
		       : r->state == ROW_CONNECTED ? STYLE_SESSION
		       : r->state == ROW_PROBED	   ? STYLE_PLAIN
						   : STYLE_FAINT;
	case COLUMN_CLIENT:
		return r->blocked ? STYLE_BLOCKED : STYLE_PLAIN;
	default:
		return r->state <= ROW_LEFT ? STYLE_FAINT : STYLE_PLAIN;
	}
}

static int order_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Longer calls are greater. */
static int order_states(const struct row *a, const struct row *b)
{
	if (a->state != b->state)
		return (int)a->state - (int)b->state;
	return a->state == ROW_CALL ? moment_order(b->call_since_ns, a->call_since_ns) : 0;
}

int column_order(enum column c, const struct row *a, const struct row *b)
{
	int order;

	switch (c) {
	case COLUMN_CLIENT:
		return ip_order(&a->ip, &b->ip);
	case COLUMN_MARKS:
		return 4 * (a->blocked - b->blocked) + 2 * (a->would_block - b->would_block) +
		       (a->in_part - b->in_part);
	case COLUMN_STATE:
		return order_states(a, b);
	case COLUMN_SINCE:
		return moment_order(a->first_ns, b->first_ns);
	case COLUMN_SEEN:
		return moment_order(a->last_ns, b->last_ns);
	case COLUMN_VERSION:
		return strverscmp(a->version, b->version);
	case COLUMN_SUPER_NODE:
		order = ip_order(&a->super_node.ip, &b->super_node.ip);
		return order ? order : (int)a->super_node.port - (int)b->super_node.port;
	case COLUMN_OUTSIDE:
		return ip_order(&a->outside, &b->outside);
	case COLUMN_SENSOR:
		return strcmp(a->sensors, b->sensors);
	case COLUMN_EVENTS:
		return order_numbers(a->events, b->events);
	default:
		order = strcmp(a->rule, b->rule);
		return order ? order : strcmp(a->signature, b->signature);
	}
}

/* The heaviest column that is not @done. */
static int heaviest(const bool done[COLUMNS])
{
	int best = -1;

	for (int i = 0; i < COLUMNS; i++)
		if (!done[i] && (best < 0 || columns[i].weight > columns[best].weight))
			best = i;
	return best;
}

void column_widths(int widths[COLUMNS], const int content[COLUMNS], int cols)
{
	bool done[COLUMNS] = {false};
	int left = cols + 1, wish = 0, column;

	memset(widths, 0, COLUMNS * sizeof(*widths));
	while ((column = heaviest(done)) >= 0) {
		const struct column_row *r = &columns[column];
		/* an address takes no more than a fifth of the screen, if it is not an IPv4 one */
		int most = !r->middle || r->most <= cols / 5 ? r->most
			   : cols / 5 > r->least	     ? cols / 5
							     : r->least;
		int width = content[column] < r->least ? r->least
			    : content[column] > most   ? most
						       : content[column];

		done[column] = true;
		if (column == COLUMN_WHY)
			width = r->least;
		if (column == COLUMN_OUTSIDE && !content[column])
			continue;
		if (width + 1 + wish > left && column != COLUMN_CLIENT)
			continue;
		widths[column] = width;
		left -= width + 1;
		if (column == COLUMN_WHY)
			wish = WHY_WISH - WHY_CELLS;
	}
	if (left > 0 && widths[COLUMN_WHY])
		widths[COLUMN_WHY] += left;
}

/* @text, which is ASCII, with its middle left out where it takes more than @width. */
static const char *cut_middle(const struct canvas *c, const char *text, int width,
			      char out[COLUMN_TEXT])
{
	int n = (int)strlen(text), behind = width / 2;

	if (n <= width || width < 3)
		return text;
	snprintf(out, COLUMN_TEXT, "%.*s%s%s", width - behind - 1, text,
		 c->unicode ? "\u2026" : "~", text + n - behind);
	return out;
}

void column_draw(struct canvas *c, int row, int col, int width, enum column column,
		 const struct row *r, uint64_t now_ns)
{
	char out[COLUMN_TEXT], shorter[COLUMN_TEXT];
	const char *text = column_text(column, r, now_ns, out);
	enum view_style style = column_style(column, r);

	if (columns[column].middle)
		text = cut_middle(c, text, width, shorter);
	if (columns[column].right)
		canvas_text_right(c, row, col, width, style, text);
	else
		canvas_text(c, row, col, width, style, text);
}

void column_draw_title(struct canvas *c, int row, int col, int width, enum column column,
		       const char *arrow)
{
	char title[COLUMN_TEXT];
	enum view_style style = *arrow ? STYLE_SORT : STYLE_BAR;

	snprintf(title, sizeof(title), "%s%s", columns[column].title, arrow);
	if (canvas_width(c, title) > width) /* the arrow matters more */
		snprintf(title, sizeof(title), "%.*s%s", width - 1, columns[column].title, arrow);
	if (columns[column].right)
		canvas_text_right(c, row, col, width, style, title);
	else
		canvas_text(c, row, col, width, style, title);
}
