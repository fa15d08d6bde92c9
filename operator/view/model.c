// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * model.c - the view without a terminal: what keys change
 *
 *	page	key			then
 *	LIST	Enter			CLIENT, of the cursor's client
 *	LIST	s			SORT
 *	CLIENT	Left, Right		the page of the client above, below
 *	CLIENT	Esc, q, Enter		LIST
 *	SORT	Enter			sorted by that column; LIST
 *	SORT	Esc, q			LIST
 *	any	?			HELP, and back with any key that does not scroll
 *	LIST	q			the end; while a filter blocks, only after a question
 *
 * A prompt (search, filter, that question) takes all keys until Enter or Esc.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "operator/view/model.h"

void model_init(struct model *m)
{
	memset(m, 0, sizeof(*m));
	list_init(&m->list);
}

void model_free(struct model *m)
{
	snapshot_free(&m->snapshot);
	list_free(&m->list);
	page_free(&m->text);
}

void model_picture(struct model *m, const struct picture *p)
{
	if (!m->paused)
		snapshot_take(&m->snapshot, p, m->page == PAGE_CLIENT ? &m->who : NULL);
}

void model_counts(struct model *m, const struct view_counts *counts)
{
	uint64_t now = m->snapshot.counts.now_ns;

	snapshot_count(&m->snapshot, counts);
	if (m->paused)
		m->snapshot.counts.now_ns = now;
	list_update(&m->list, m->snapshot.rows, m->snapshot.n);
}

void model_message(struct model *m, const char *line)
{
	snprintf(m->message, sizeof(m->message), "%s", line);
}

/* @at moved by what a key says; @rows are a page. */
static size_t scrolled(size_t at, enum key_kind key, int rows)
{
	size_t page = rows > 1 ? (size_t)rows - 1 : 1;

	switch (key) {
	case KEY_KIND_UP:
		return at ? at - 1 : 0;
	case KEY_KIND_DOWN:
		return at + 1;
	case KEY_KIND_PAGE_UP:
		return at > page ? at - page : 0;
	case KEY_KIND_PAGE_DOWN:
		return at + page;
	case KEY_KIND_HOME:
		return 0;
	default: /* KEY_KIND_END */
		return SIZE_MAX / 2;
	}
}

/* What letters mean where nothing is typed: as in less. */
static enum key_kind meaning(const struct view_key *key)
{
	if (key->kind != KEY_KIND_CHARACTER)
		return key->kind;
	switch (key->c) {
	case 'k':
		return KEY_KIND_UP;
	case 'j':
		return KEY_KIND_DOWN;
	case ' ':
		return KEY_KIND_PAGE_DOWN;
	case 'b':
		return KEY_KIND_PAGE_UP;
	case 'g':
		return KEY_KIND_HOME;
	case 'G':
		return KEY_KIND_END;
	case '?':
	case 'h':
		return KEY_KIND_HELP;
	case 'q':
		return KEY_KIND_ESCAPE;
	default:
		return KEY_KIND_CHARACTER;
	}
}

static bool scrolls(enum key_kind key)
{
	return key == KEY_KIND_UP || key == KEY_KIND_DOWN || key == KEY_KIND_PAGE_UP ||
	       key == KEY_KIND_PAGE_DOWN || key == KEY_KIND_HOME || key == KEY_KIND_END;
}

static void begin_prompt(struct model *m, enum model_prompt prompt, const char *text)
{
	m->prompt = prompt;
	m->origin = m->list.at;
	snprintf(m->before, sizeof(m->before), "%s", text);
	snprintf(m->typed, sizeof(m->typed), "%s", prompt == PROMPT_FILTER ? text : "");
}

static void find(struct model *m, bool forward, bool here)
{
	if (!list_find(&m->list, forward, here) && m->list.search[0])
		snprintf(m->message, sizeof(m->message), "not found: %s", m->list.search);
}

static void set_filter(struct model *m, const char *words)
{
	snprintf(m->list.filter, sizeof(m->list.filter), "%s", words);
	list_update(&m->list, m->snapshot.rows, m->snapshot.n);
}

/* The search as far as it is typed, from where it began. */
static void search_typed(struct model *m, const char *text)
{
	snprintf(m->list.search, sizeof(m->list.search), "%s", text);
	list_move(&m->list, m->origin);
	find(m, true, true);
}

static void apply_typed(struct model *m, const char *text)
{
	if (m->prompt == PROMPT_SEARCH)
		search_typed(m, text);
	else
		set_filter(m, text);
}

/* Adds the character to what is typed, in UTF-8, if there is room. */
static void type(char typed[LIST_WORDS], uint32_t c)
{
	size_t n = strlen(typed);
	char utf8[TEXT_PIECE] = "";

	if (c < 0x10000)
		text_encode(c, utf8);
	if (n + strlen(utf8) < LIST_WORDS)
		snprintf(typed + n, LIST_WORDS - n, "%s", utf8);
}

static void erase_last(char *typed)
{
	size_t n = strlen(typed);

	while (n && ((unsigned char)typed[n - 1] & 0xc0) == 0x80)
		n--;
	typed[n ? n - 1 : 0] = '\0';
}

static void answer_key(struct model *m, const struct view_key *key)
{
	m->quit = key->kind == KEY_KIND_CHARACTER && (key->c == 'y' || key->c == 'Y');
	m->prompt = PROMPT_NONE;
}

static void prompt_key(struct model *m, const struct view_key *key)
{
	bool empty = !m->typed[0];

	switch (key->kind) {
	case KEY_KIND_CHARACTER:
		type(m->typed, key->c);
		break;
	case KEY_KIND_ERASE:
		erase_last(m->typed);
		break;
	case KEY_KIND_ERASE_ALL:
		m->typed[0] = '\0';
		break;
	case KEY_KIND_ENTER:
		/* nothing typed: what was searched for before is searched for again, as in less */
		if (m->prompt == PROMPT_SEARCH && empty) {
			snprintf(m->list.search, sizeof(m->list.search), "%s", m->before);
			find(m, true, false);
		}
		m->prompt = PROMPT_NONE;
		return;
	case KEY_KIND_ESCAPE:
		apply_typed(m, m->before);
		if (m->prompt == PROMPT_SEARCH)
			list_move(&m->list, m->origin);
		m->message[0] = '\0';
		m->prompt = PROMPT_NONE;
		return;
	default:
		return;
	}
	apply_typed(m, m->typed);
}

/* Sorts by the column left or right of the one that it is sorted by, of those that are shown. */
static void sort_beside(struct model *m, int step)
{
	int at = (int)m->list.sorts[0].column;

	at = (at + step + COLUMNS) % COLUMNS;
	list_sort_by(&m->list, (enum column)at);
	snprintf(m->message, sizeof(m->message), "sorted by %s",
		 column_about(m->list.sorts[0].column));
}

static void want_to_quit(struct model *m)
{
	const struct view_counts *c = &m->snapshot.counts;

	if (c->filter && !c->dry_run)
		m->prompt = PROMPT_QUIT;
	else
		m->quit = true;
}

static bool show_client(struct model *m)
{
	const struct row *r = list_current(&m->list);

	if (!r)
		return false;
	list_move(&m->list, m->list.at);
	m->who = r->ip;
	m->page = PAGE_CLIENT;
	m->page_top = 0;
	m->snapshot.has_client = false;
	return true;
}

static void list_letter(struct model *m, uint32_t c)
{
	switch (c) {
	case '/':
		begin_prompt(m, PROMPT_SEARCH, m->list.search);
		break;
	case 'f':
	case '\\':
		begin_prompt(m, PROMPT_FILTER, m->list.filter);
		break;
	case 'n':
	case 'N':
		find(m, c == 'n', false);
		break;
	case 's':
		m->sort_at = (size_t)m->list.sorts[0].column;
		m->page_top = 0;
		m->page = PAGE_SORT;
		break;
	case 'r':
		list_reverse(&m->list);
		break;
	case '<':
	case '>':
		sort_beside(m, c == '<' ? -1 : 1);
		break;
	case 'p':
		m->paused = !m->paused;
		break;
	default:
		snprintf(m->message, sizeof(m->message), "no such key; ? shows them all");
	}
}

/* Esc takes back what narrows the list. */
static void list_escape(struct model *m)
{
	m->list.search[0] = '\0';
	set_filter(m, "");
}

static bool list_key(struct model *m, const struct view_key *key)
{
	enum key_kind kind = meaning(key);

	if (key->kind == KEY_KIND_CHARACTER && key->c == 'q') {
		want_to_quit(m);
	} else if (kind == KEY_KIND_HOME) {
		list_top(&m->list);
	} else if (scrolls(kind)) {
		list_move(&m->list, scrolled(m->list.at, kind, m->list_rows));
	} else if (kind == KEY_KIND_ENTER) {
		return show_client(m);
	} else if (kind == KEY_KIND_ESCAPE) {
		list_escape(m);
	} else if (kind == KEY_KIND_CHARACTER) {
		list_letter(m, key->c);
	}
	return false;
}

static bool client_key(struct model *m, const struct view_key *key)
{
	enum key_kind kind = meaning(key);

	if (scrolls(kind)) {
		m->page_top = scrolled(m->page_top, kind, m->page_rows);
	} else if (kind == KEY_KIND_LEFT || kind == KEY_KIND_RIGHT) {
		if (kind == KEY_KIND_LEFT && !m->list.at)
			return false;
		list_move(&m->list, kind == KEY_KIND_LEFT ? m->list.at - 1 : m->list.at + 1);
		return show_client(m);
	} else if (kind == KEY_KIND_ESCAPE || kind == KEY_KIND_ENTER || kind == KEY_KIND_ERASE) {
		m->page = PAGE_LIST;
	} else if (key->kind == KEY_KIND_CHARACTER && key->c == 'p') {
		m->paused = !m->paused;
	}
	return false;
}

static void sort_key(struct model *m, const struct view_key *key)
{
	enum key_kind kind = meaning(key);

	if (scrolls(kind)) {
		m->sort_at = scrolled(m->sort_at, kind, m->page_rows);
		if (m->sort_at >= COLUMNS)
			m->sort_at = COLUMNS - 1;
	} else if (kind == KEY_KIND_ENTER) {
		list_sort_by(&m->list, (enum column)m->sort_at);
		m->page = PAGE_LIST;
	} else if (kind == KEY_KIND_ESCAPE) {
		m->page = PAGE_LIST;
	}
}

static void help_key(struct model *m, const struct view_key *key)
{
	enum key_kind kind = meaning(key);

	if (scrolls(kind))
		m->page_top = scrolled(m->page_top, kind, m->page_rows);
	else
		m->page = m->under;
	if (m->page != PAGE_HELP)
		m->page_top = 0;
}

bool model_key(struct model *m, const struct view_key *key)
{
	if (key->kind == KEY_KIND_REDRAW)
		return false;
	m->message[0] = '\0';
	if (m->prompt == PROMPT_QUIT) {
		answer_key(m, key);
	} else if (m->prompt != PROMPT_NONE) {
		prompt_key(m, key);
	} else if (m->page == PAGE_HELP) {
		help_key(m, key);
	} else if (meaning(key) == KEY_KIND_HELP) {
		m->under = m->page;
		m->page = PAGE_HELP;
		m->page_top = 0;
	} else if (m->page == PAGE_LIST) {
		return list_key(m, key);
	} else if (m->page == PAGE_CLIENT) {
		return client_key(m, key);
	} else {
		sort_key(m, key);
	}
	return false;
}
