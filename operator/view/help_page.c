// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * help_page.c - the keys and what the list shows
 *
 * skypelab-watch(1) says the same at more length, in its section KEYS; tests/e2e/view.sh compares the
 * keys.
 */
#include "base/err.h"
#include "operator/view/column.h"
#include "operator/view/help_page.h"

#define KEYS_INDENT    19
#define COLUMNS_INDENT 13

struct help_row {
	const char *keys, *does;
};

static const struct help_row keys[] = {
	{"Up Down k j", "move the cursor; it stays with its client when the list changes"},
	{"PgUp PgDn b Space", "a screen at a time"},
	{"Home g", "to the top, and stay there whoever comes up"},
	{"End G", "to the end"},
	{"Enter", "why: all of a client, its last sightings and their messages"},
	{"Left Right", "there: the client above or below it"},
	{"/", "search as you type, in all texts and addresses"},
	{"n N", "the next place, the one before"},
	{"f \\", "filter: only clients that have all these words; !word: without it"},
	{"s", "sort by a column; what it was sorted by before decides between equals"},
	{"< >", "sort by the column to the left, to the right"},
	{"r", "the other way round"},
	{"p", "pause: the picture stands still; packets are read on"},
	{"Esc", "end what was begun; in the list, filter and search"},
	{"Ctrl-L", "draw the screen anew"},
	{"? h F1", "this help"},
	{"q", "back; in the list, end the program"},
};

static const struct help_row states[] = {
	{"call", "in a call, or a file is transported; for how long"},
	{"session", "connected to the super node"},
	{"probe", "a super node said yes to it; not connected as far as was seen"},
	{"left", "was connected"},
	{"seen", "there was a sign of it"},
};

void help_page(struct page *p, const struct canvas *c)
{
	page_clear(p);
	page_add(p, c, "", 0, STYLE_KEY, "Keys");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		page_add(p, c, keys[i].keys, KEYS_INDENT, STYLE_PLAIN, "%s", keys[i].does);
	page_add(p, c, "", 0, STYLE_PLAIN, "%s", "");
	page_add(p, c, "", 0, STYLE_KEY, "Columns, as far as the screen has room");
	for (int i = 0; i < COLUMNS; i++)
		page_add(p, c, column_title((enum column)i), COLUMNS_INDENT, STYLE_PLAIN, "%s",
			 column_about((enum column)i));
	page_add(p, c, "", 0, STYLE_PLAIN, "%s", "");
	page_add(p, c, "", 0, STYLE_KEY, "States");
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		page_add(p, c, states[i].keys, COLUMNS_INDENT, STYLE_PLAIN, "%s", states[i].does);
	page_add(p, c, "", 0, STYLE_PLAIN, "%s", "");
	page_add(p, c, "", 0, STYLE_PLAIN,
		 "Times are UTC. Dropped packets were never seen; what was found meanwhile is "
		 "marked \"p\", seen in part.");
}
