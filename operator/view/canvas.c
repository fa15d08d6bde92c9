// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * canvas.c - a screen of character cells, before a terminal shows it
 *
 * The view is drawn here first, so that what it shows can be read back by a test, and so that one place
 * decides what may go to a terminal. A cell holds one printable character of one or two columns.
 * Everything else (control characters, marks that turn the direction of writing, what combines with
 * its neighbour, what the locale has no character for) becomes letters that say what it is.
 *
 * Limits: a character's width is the C library's wcwidth(); a terminal that thinks otherwise shows the
 * line shifted until it is drawn again. Combining characters are shown by number.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/err.h"
#include "base/text.h"
#include "operator/view/canvas.h"

#define SHOWN 12 /* "\u10ffff" and its NUL */

static int within(int n, int low, int high)
{
	return n < low ? low : n > high ? high : n;
}

void canvas_begin(struct canvas *c, int rows, int cols, bool unicode)
{
	rows = within(rows, 1, CANVAS_ROWS_MAX);
	cols = within(cols, 1, CANVAS_COLS_MAX);
	if (!c->cells || rows != c->rows || cols != c->cols) {
		free(c->cells);
		c->cells = xcalloc((size_t)rows * (size_t)cols, sizeof(*c->cells));
	}
	c->rows = rows;
	c->cols = cols;
	c->unicode = unicode;
	c->cursor_row = -1;
	for (int i = 0; i < rows * cols; i++)
		c->cells[i] = (struct canvas_cell){.c = ' ', .width = 1};
}

void canvas_free(struct canvas *c)
{
	free(c->cells);
	c->cells = NULL;
}

/* The number of the one character in @piece, which is UTF-8. */
static uint32_t point_of(const char *piece)
{
	const unsigned char *b = (const unsigned char *)piece;
	size_t n = strlen(piece);
	uint32_t point = n == 1 ? b[0] : b[0] & (0x7fU >> n);

	for (size_t i = 1; i < n; i++)
		point = point << 6 | (b[i] & 0x3f);
	return point;
}

/* What stands for the next character of @s, in *@n cells. False at the end. */
static bool next_cells(const struct canvas *c, const char **s, struct canvas_cell cells[SHOWN],
		       size_t *n)
{
	char piece[TEXT_PIECE], shown[SHOWN];
	uint32_t point;
	int width;

	if (!text_piece(s, piece))
		return false;
	if ((unsigned char)piece[0] >= 0x80) { /* one character, else it is ASCII */
		point = point_of(piece);
		width = c->unicode ? wcwidth((wchar_t)point) : -1;
		if (width == 1 || width == 2) {
			cells[0] = (struct canvas_cell){.c = point, .width = (uint8_t)width};
			cells[1] = (struct canvas_cell){.c = ' ', .width = 0};
			*n = (size_t)width;
			return true;
		}
		snprintf(shown, sizeof(shown), "\\u%04x", point & 0x1fffff);
	} else {
		snprintf(shown, sizeof(shown), "%s", piece);
	}
	*n = strlen(shown);
	for (size_t i = 0; i < *n; i++)
		cells[i] = (struct canvas_cell){.c = (unsigned char)shown[i], .width = 1};
	return true;
}

int canvas_width(const struct canvas *c, const char *text)
{
	struct canvas_cell cells[SHOWN];
	int width = 0;
	size_t n;

	while (width < CANVAS_COLS_MAX && next_cells(c, &text, cells, &n))
		width += (int)n;
	return width;
}

static struct canvas_cell *cell_at(const struct canvas *c, int row, int col)
{
	return &c->cells[row * c->cols + col];
}

/* Makes the cell at @col the mark of a cut. */
static void cut(struct canvas *c, int row, int col, enum view_style style)
{
	struct canvas_cell *at = cell_at(c, row, col);

	if (!at->width && col) /* the right half of what is cut away */
		at[-1] = (struct canvas_cell){.c = ' ', .width = 1, .style = at[-1].style};
	*at = (struct canvas_cell){
		.c = c->unicode ? 0x2026 : '~', .width = 1, .style = (uint8_t)style};
}

int canvas_text(struct canvas *c, int row, int col, int room, enum view_style style,
		const char *text)
{
	struct canvas_cell cells[SHOWN];
	int end, start = col;
	size_t n;

	if (row < 0 || row >= c->rows || col < 0 || col >= c->cols || room <= 0)
		return col;
	end = room < c->cols - col ? col + room : c->cols;
	while (next_cells(c, &text, cells, &n)) {
		if ((int)n > end - col) {
			/* a wide character or an escape may leave cells free before the mark */
			cut(c, row, col < end ? col : end - 1 < start ? start : end - 1, style);
			return col < end ? col + 1 : end;
		}
		for (size_t i = 0; i < n; i++) {
			*cell_at(c, row, col) = cells[i];
			cell_at(c, row, col++)->style = (uint8_t)style;
		}
	}
	return col;
}

void canvas_text_right(struct canvas *c, int row, int col, int room, enum view_style style,
		       const char *text)
{
	int width = canvas_width(c, text);
	int at = width < room ? col + room - width : col;

	canvas_text(c, row, at, room - (at - col), style, text);
}

void canvas_fill(struct canvas *c, int row, enum view_style style)
{
	for (int i = 0; row >= 0 && row < c->rows && i < c->cols; i++)
		cell_at(c, row, i)->style = (uint8_t)style;
}

void canvas_select(struct canvas *c, int row)
{
	for (int i = 0; row >= 0 && row < c->rows && i < c->cols; i++)
		cell_at(c, row, i)->selected = true;
}

static bool alike(uint32_t c, char wanted)
{
	return c < 0x80 ? tolower((int)c) == tolower((unsigned char)wanted) : false;
}

void canvas_mark(struct canvas *c, int row, const char *text)
{
	int n = (int)strnlen(text, CANVAS_COLS_MAX + 1);

	for (int at = 0; n && row >= 0 && row < c->rows && at + n <= c->cols; at++) {
		int same = 0;

		while (same < n && alike(cell_at(c, row, at + same)->c, text[same]))
			same++;
		for (int i = 0; same == n && i < n; i++)
			cell_at(c, row, at + i)->style = STYLE_MATCH;
	}
}

bool canvas_run(const struct canvas *c, int row, int *col, struct canvas_run *run)
{
	const struct canvas_cell *first;
	char *to = run->text;

	if (row < 0 || row >= c->rows || *col >= c->cols)
		return false;
	first = cell_at(c, row, *col);
	run->style = (enum view_style)first->style;
	run->selected = first->selected;
	for (; *col < c->cols; ++*col) {
		const struct canvas_cell *at = cell_at(c, row, *col);

		if (at->style != first->style || at->selected != first->selected)
			break;
		if (at->width)
			to += text_encode(at->c, to);
	}
	*to = '\0';
	return true;
}
