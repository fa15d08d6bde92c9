/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_MODEL_H
#define OPERATOR_VIEW_MODEL_H

#include "operator/view/keys.h"
#include "operator/view/list.h"
#include "operator/view/page.h"
#include "operator/view/snapshot.h"

enum model_page { PAGE_LIST, PAGE_CLIENT, PAGE_SORT, PAGE_HELP };
enum model_prompt { PROMPT_NONE, PROMPT_SEARCH, PROMPT_FILTER, PROMPT_QUIT };

/**
 * struct model - the view without a terminal: what it shows and how keys change that
 * @snapshot:	What is known (owned)
 * @list:	Its clients in the order of the screen
 * @page:	What is shown; @under: and after help
 * @text:	The lines of a page that is not the list
 * @prompt, @typed: What is being typed; @before: what was there before that
 * @origin:	The cursor's line when a search began
 * @list_top:	The list's first line on the screen
 * @page_top:	The page's
 * @sort_at:	The cursor in the menu of sorting
 * @who:	Whose page is shown
 * @message:	For the last line of the screen, until a key is pressed
 * @paused:	The picture stands still
 * @quit:	The user wants to end the program
 * @list_rows, @page_rows: Rows that each had on the screen drawn last
 * @content:	Cells that the widest text of each column took so far on a screen of @content_cols
 */
struct model {
	struct snapshot snapshot;
	struct list list;
	enum model_page page, under;
	struct page text;
	enum model_prompt prompt;
	char typed[LIST_WORDS], before[LIST_WORDS];
	size_t origin, list_top, page_top, sort_at;
	struct ip who;
	char message[256];
	bool paused, quit;
	int list_rows, page_rows;
	int content[COLUMNS], content_cols;
};

void model_init(struct model *m);
void model_free(struct model *m);
/* Takes the picture, which the caller has locked; not while it is paused. */
void model_picture(struct model *m, const struct picture *p);
/* After model_picture(), with the picture unlocked. */
void model_counts(struct model *m, const struct view_counts *counts);
/* A line for the user; it may hold anything. */
void model_message(struct model *m, const char *line);
/* What a key does. True when the picture is to be taken anew, because another client's page is shown. */
bool model_key(struct model *m, const struct view_key *key);

#endif
