/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_LIST_H
#define OPERATOR_VIEW_LIST_H

#include "operator/view/column.h"

#define LIST_WORDS 80 /* bytes of what is filtered or searched for, with the NUL */
#define LIST_SORTS 3  /* columns that order the list, one within the other */

struct list_sort {
	enum column column;
	bool greatest_first;
};

/**
 * struct list - the clients, in the order and choice of the screen
 * @rows:	All of them, @row_count (not owned)
 * @shown:	Indices into @rows, @shown_count (owned)
 * @sorts:	The first orders, the next where it says equal
 * @filter:	Words that a shown client has all of; !WORD = has not; in capitals or not (ASCII)
 * @search:	What "next" looks for; "" = nothing
 * @at:		The line of the cursor, an index into @shown
 * @follow:	The cursor stays with @client, wherever that goes; else at the top of the list
 */
struct list {
	const struct row *rows;
	size_t row_count, shown_count, shown_room;
	size_t *shown;
	struct list_sort sorts[LIST_SORTS];
	char filter[LIST_WORDS], search[LIST_WORDS];
	size_t at;
	bool follow;
	struct ip client;
};

/* Sorted by state, the newest first. */
void list_init(struct list *l);
void list_free(struct list *l);
/* Chooses and orders @rows, which must stay, as the list says. The cursor keeps its client; where that
 * is no longer shown, its line. */
void list_update(struct list *l, const struct row *rows, size_t n);
/* Puts the cursor at line @at, or the last. */
void list_move(struct list *l, size_t at);
void list_top(struct list *l);
/* The row of the cursor; NULL when no client is shown. */
const struct row *list_current(const struct list *l);
const struct row *list_row(const struct list *l, size_t at);
/* Sorts by @column before what it was sorted by; the column that it is sorted by already, the other way. */
void list_sort_by(struct list *l, enum column column);
void list_reverse(struct list *l);
/* Moves the cursor to the next client that has @l->search: @forward or back, round the end; with @here the
 * cursor's own counts. False when there is none. */
bool list_find(struct list *l, bool forward, bool here);

#endif
