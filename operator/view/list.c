// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * list.c - the clients, in the order and choice of the screen
 *
 * The cursor is on a client, not on a line: when clients come, go or change places it stays with its
 * own. Until it is moved it stays at the top, where what matters most comes up.
 *
 * Sorting: by up to three columns, the one chosen last first; where all say equal, by address, so that
 * the order is always the same.
 *
 * Filter and search look at all that a client's row knows, shown or not: words in every text and
 * address, and "call", "session", "probe", "left", "seen", "blocked", "would-block",
 * "part".
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "operator/view/list.h"

#define HAY 1024

void list_init(struct list *l)
{
	*l = (struct list){
		.sorts = {{COLUMN_STATE, true}, {COLUMN_SINCE, true}, {COLUMN_CLIENT, false}}};
}

void list_free(struct list *l)
{
	free(l->shown);
	l->shown = NULL;
}

/* All that can be looked for, with a space before and behind each. */
static void hay_of(const struct row *r, char hay[HAY])
{
	char ip[IP_TEXT_LEN], outside[IP_TEXT_LEN] = "", node[ENDPOINT_TEXT_LEN] = "";

	if (r->outside.family)
		ip_text(&r->outside, outside);
	if (r->super_node.ip.family)
		endpoint_text(&r->super_node, node);
	snprintf(hay, HAY, " %s %s %s %s %s %s %s %s %s%s%s%s ", ip_text(&r->ip, ip), outside, node,
		 row_state_text(r->state), r->version, r->signature, r->rule, r->messages,
		 r->sensors, r->blocked ? " blocked" : "", r->would_block ? " would-block" : "",
		 r->in_part ? " part" : "");
}

/* Whether @r has all the words; "!word": has not. */
static bool matches(const struct row *r, const char *words)
{
	char hay[HAY], copy[LIST_WORDS], *rest = copy, *word;

	if (!*words)
		return true;
	hay_of(r, hay);
	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " "))) {
		bool not = *word == '!';

		if (word[not ] && !strcasestr(hay, word + not ) != not )
			return false;
	}
	return true;
}

/* Searched for is one text, spaces and all. */
static bool found_in(const struct row *r, const char *text)
{
	char hay[HAY];

	hay_of(r, hay);
	return strcasestr(hay, text) != NULL;
}

static int order_rows(const void *a, const void *b, void *arg)
{
	const struct list *l = arg;
	const struct row *x = &l->rows[*(const size_t *)a], *y = &l->rows[*(const size_t *)b];

	for (int i = 0; i < LIST_SORTS; i++) {
		int order = column_order(l->sorts[i].column, x, y);

		if (order)
			return l->sorts[i].greatest_first ? -order : order;
	}
	return column_order(COLUMN_CLIENT, x, y);
}

/* The line of the client that the cursor follows; @l->shown_count when it is not shown. */
static size_t line_of_client(const struct list *l)
{
	size_t i = 0;

	while (i < l->shown_count && !ip_eq(&list_row(l, i)->ip, &l->client))
		i++;
	return i;
}

static void keep_cursor(struct list *l)
{
	size_t line = l->follow ? line_of_client(l) : 0;

	if (!l->follow || line < l->shown_count)
		l->at = line;
	else
		list_move(l, l->at);
}

void list_update(struct list *l, const struct row *rows, size_t n)
{
	l->rows = rows;
	l->row_count = n;
	l->shown_count = 0;
	if (n > l->shown_room) {
		l->shown = xrealloc(l->shown, n * sizeof(*l->shown));
		l->shown_room = n;
	}
	for (size_t i = 0; i < n; i++)
		if (matches(&rows[i], l->filter))
			l->shown[l->shown_count++] = i;
	if (l->shown_count)
		qsort_r(l->shown, l->shown_count, sizeof(*l->shown), order_rows, l);
	keep_cursor(l);
}

const struct row *list_row(const struct list *l, size_t at)
{
	return &l->rows[l->shown[at]];
}

const struct row *list_current(const struct list *l)
{
	return l->at < l->shown_count ? list_row(l, l->at) : NULL;
}

void list_move(struct list *l, size_t at)
{
	if (!l->shown_count) {
		list_top(l);
		return;
	}
	l->at = at < l->shown_count ? at : l->shown_count - 1;
	l->follow = true;
	l->client = list_row(l, l->at)->ip;
}

void list_top(struct list *l)
{
	l->at = 0;
	l->follow = false;
}

void list_sort_by(struct list *l, enum column column)
{
	int old = 0;

	if (l->sorts[0].column == column) {
		list_reverse(l);
		return;
	}
	while (old < LIST_SORTS - 1 && l->sorts[old].column != column)
		old++;
	memmove(&l->sorts[1], &l->sorts[0], (size_t)old * sizeof(l->sorts[0]));
	l->sorts[0] = (struct list_sort){column, column_greatest_first(column)};
	list_update(l, l->rows, l->row_count);
}

void list_reverse(struct list *l)
{
	l->sorts[0].greatest_first = !l->sorts[0].greatest_first;
	list_update(l, l->rows, l->row_count);
}

bool list_find(struct list *l, bool forward, bool here)
{
	size_t n = l->shown_count;

	if (!l->search[0])
		return false;
	for (size_t i = here ? 0 : 1; i < n + !here; i++) {
		size_t at = (l->at + (forward ? i : n - i)) % n;

		if (found_in(list_row(l, at), l->search)) {
			list_move(l, at);
			return true;
		}
	}
	return false;
}
