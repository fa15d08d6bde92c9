/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_CANVAS_H
#define OPERATOR_VIEW_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a cell means; how it looks is terminal.c's matter. */
enum view_style {
	STYLE_PLAIN,
	STYLE_BAR,   /* the line of column titles */
	STYLE_SORT,  /* the title by which rows are sorted */
	STYLE_LABEL, /* what a figure is */
	STYLE_FAINT,
	STYLE_CALL,
	STYLE_SESSION,
	STYLE_BLOCKED,
	STYLE_WARN,  /* drops, seen in part */
	STYLE_MATCH, /* what was searched for */
	STYLE_KEY,
	STYLES,
};

/* A character cell; @width 0 is the right half of the cell before it. */
struct canvas_cell {
	uint32_t c;
	uint8_t width;
	uint8_t style; /* enum view_style */
	bool selected; /* in the line of the cursor */
};

/**
 * struct canvas - a screen before it is one
 * @rows, @cols: Its size, each at least 1
 * @unicode:	The locale shows more than ASCII
 * @cells:	@rows * @cols (owned)
 * @cursor_row, @cursor_col: Where a text is typed; @cursor_row -1 = nowhere
 */
struct canvas {
	int rows, cols;
	bool unicode;
	struct canvas_cell *cells;
	int cursor_row, cursor_col;
};

/* The largest screen that is filled; the rest of a larger one stays empty. */
#define CANVAS_ROWS_MAX 500
#define CANVAS_COLS_MAX 500

/* Gives @c (zero at first) this size, within the limits above, and empties it. */
void canvas_begin(struct canvas *c, int rows, int cols, bool unicode);
void canvas_free(struct canvas *c);
/* Writes @text at @row from @col on, in at most @room cells. What does not fit is cut, and its last cell
 * says so. A character that the locale cannot show, or that is no plain text, is shown as "\x1b" or
 * "\u202e". Outside of the canvas nothing is written. Returns the column behind it. */
int canvas_text(struct canvas *c, int row, int col, int room, enum view_style style,
		const char *text);
/* The same, but at the right end of @room cells. */
void canvas_text_right(struct canvas *c, int row, int col, int room, enum view_style style,
		       const char *text);
/* Cells that @text takes. */
int canvas_width(const struct canvas *c, const char *text);
/* A style for a whole line; the line of the cursor, whose cells keep what they mean. */
void canvas_fill(struct canvas *c, int row, enum view_style style);
void canvas_select(struct canvas *c, int row);
/* Gives STYLE_MATCH to every place in @row where @text stands, whether in capitals or not (ASCII). */
void canvas_mark(struct canvas *c, int row, const char *text);

/**
 * struct canvas_run - cells of one line that look alike
 * @text:	In UTF-8, ended with NUL
 */
struct canvas_run {
	enum view_style style;
	bool selected;
	char text[CANVAS_COLS_MAX * 4 + 1];
};

/* The cells of @row from *@col on that look alike; moves *@col behind them. False at the end. */
bool canvas_run(const struct canvas *c, int row, int *col, struct canvas_run *run);

#endif
