// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * confusion.c - the confusion table in memory
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/err.h"
#include "base/label.h"
#include "results/score/confusion.h"

struct confusion_index {
	char *key; /* (owned) */
	size_t cell;
	UT_hash_handle hh;
};

void confusion_add(struct confusion *c, enum traffic_source source,
		   const char *const words[CONFUSION_WORDS], uint64_t flows)
{
	struct confusion_index *x, *head = c->index;
	const char *w[CONFUSION_WORDS];
	struct confusion_cell *cell;
	char *key;

	for (int i = 0; i < CONFUSION_WORDS; i++)
		w[i] = words[i] && *words[i] ? words[i] : "-";
	key = xasprintf("%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s", (int)source, w[0], w[1], w[2], w[3], w[4],
			w[5], w[6]);
	HASH_FIND_STR(head, key, x);
	if (x) {
		c->cells[x->cell].flows += flows;
		free(key);
		return;
	}
	if (!(c->n & (c->n - 1)))
		c->cells = xrealloc(c->cells, (c->n ? 2 * c->n : 1) * sizeof(*c->cells));
	x = xcalloc(1, sizeof(*x));
	x->key = key;
	x->cell = c->n;
	HASH_ADD_KEYPTR(hh, head, x->key, strlen(x->key), x);
	c->index = head;
	cell = &c->cells[c->n++];
	*cell = (struct confusion_cell){.source = source, .flows = flows};
	for (int i = 0; i < CONFUSION_WORDS; i++)
		cell->words[i] = xstrdup(w[i]);
}

void confusion_merge(struct confusion *to, const struct confusion *from)
{
	for (size_t i = 0; i < from->n; i++)
		confusion_add(to, from->cells[i].source, (const char *const *)from->cells[i].words,
			      from->cells[i].flows);
}

void confusion_clear(struct confusion *c)
{
	struct confusion_index *x, *next, *head = c->index;

	for (size_t i = 0; i < c->n; i++)
		for (int k = 0; k < CONFUSION_WORDS; k++)
			free(c->cells[i].words[k]);
	free(c->cells);
	HASH_ITER (hh, head, x, next) {
		HASH_DEL(head, x);
		free(x->key);
		free(x);
	}
	memset(c, 0, sizeof(*c));
}

static int rank(const char *word)
{
	return !strcmp(word, CONFUSION_NONE) ? 2 : !strcmp(word, CONFUSION_OTHER) ? 1 : 0;
}

int confusion_compare_words(const char *a, const char *b)
{
	return rank(a) != rank(b) ? rank(a) - rank(b) : strcmp(a, b);
}

static int by_words(const void *a, const void *b)
{
	const struct confusion_cell *x = *(const struct confusion_cell *const *)a;
	const struct confusion_cell *y = *(const struct confusion_cell *const *)b;
	int d = (int)x->source - (int)y->source;

	for (int i = 0; !d && i < CONFUSION_WORDS; i++)
		d = confusion_compare_words(x->words[i], y->words[i]);
	return d;
}

const struct confusion_cell **confusion_sorted(const struct confusion *c)
{
	const struct confusion_cell **sorted = xcalloc(c->n + 1, sizeof(*sorted));

	for (size_t i = 0; i < c->n; i++)
		sorted[i] = &c->cells[i];
	qsort(sorted, c->n, sizeof(*sorted), by_words);
	return sorted;
}

size_t confusion_applications(const struct confusion *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		const char *truth = c->cells[i].words[CONFUSION_TRUTH];
		bool seen = !label_names_application(truth);

		for (size_t k = 0; k < i && !seen; k++)
			seen = label_is(c->cells[k].words[CONFUSION_TRUTH], truth);
		n += !seen;
	}
	return n;
}
