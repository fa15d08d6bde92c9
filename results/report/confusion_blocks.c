// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * confusion_blocks.c - a confusion table as blocks of lines and columns
 *
 * Limit: lines and verdicts of a block are looked through one by one; there are as many as
 * applications that the truth or a detector knows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "results/report/confusion_blocks.h"

static struct confusion_block *block_of(struct confusion_block **all, size_t *n,
					const struct confusion_cell *c)
{
	for (size_t i = 0; i < *n; i++)
		if ((*all)[i].source == c->source &&
		    !strcmp((*all)[i].vantage, c->words[CONFUSION_VANTAGE]))
			return &(*all)[i];
	*all = xrealloc(*all, (*n + 1) * sizeof(**all));
	(*all)[*n] = (struct confusion_block){.source = c->source,
					      .vantage = c->words[CONFUSION_VANTAGE]};
	return &(*all)[(*n)++];
}

static void add_verdict(struct confusion_block *b, const char *verdict)
{
	size_t at = 0;

	while (at < b->n_verdicts && confusion_compare_words(b->verdicts[at], verdict) < 0)
		at++;
	if (at < b->n_verdicts && !strcmp(b->verdicts[at], verdict))
		return;
	b->verdicts = xrealloc(b->verdicts, (b->n_verdicts + 1) * sizeof(*b->verdicts));
	memmove(b->verdicts + at + 1, b->verdicts + at,
		(b->n_verdicts - at) * sizeof(*b->verdicts));
	b->verdicts[at] = verdict;
	b->n_verdicts++;
}

static struct confusion_line *line_of(struct confusion_block *b, const struct confusion_cell *c)
{
	const char *const *w = (const char *const *)c->words;
	struct confusion_line *line;

	for (size_t i = 0; i < b->n; i++) {
		line = &b->lines[i];
		if (!strcmp(line->detector, w[CONFUSION_DETECTOR]) &&
		    !strcmp(line->signature, w[CONFUSION_SIGNATURE]) &&
		    !strcmp(line->revision, w[CONFUSION_REVISION]) &&
		    !strcmp(line->truth, w[CONFUSION_TRUTH]))
			return line;
	}
	b->lines = xrealloc(b->lines, (b->n + 1) * sizeof(*b->lines));
	line = &b->lines[b->n++];
	*line = (struct confusion_line){.detector = w[CONFUSION_DETECTOR],
					.signature = w[CONFUSION_SIGNATURE],
					.revision = w[CONFUSION_REVISION],
					.truth = w[CONFUSION_TRUTH],
					.flows = xcalloc(b->n_verdicts, sizeof(*line->flows))};
	return line;
}

static void count(struct confusion_block *b, const struct confusion_cell *c)
{
	struct confusion_line *line = line_of(b, c);

	for (size_t i = 0; i < b->n_verdicts; i++)
		if (!strcmp(b->verdicts[i], c->words[CONFUSION_VERDICT]))
			line->flows[i] += c->flows;
	line->all += c->flows;
}

static int by_words(const void *a, const void *b)
{
	const struct confusion_line *x = a, *y = b;
	int d = strcmp(x->detector, y->detector);

	if (!d)
		d = strcmp(x->signature, y->signature);
	if (!d)
		d = strcmp(x->revision, y->revision);
	return d ? d : confusion_compare_words(x->truth, y->truth);
}

struct confusion_block *confusion_blocks(const struct confusion *c, size_t *n)
{
	const struct confusion_cell **sorted = confusion_sorted(c);
	struct confusion_block *all = NULL;

	*n = 0;
	for (size_t i = 0; i < c->n; i++)
		add_verdict(block_of(&all, n, sorted[i]), sorted[i]->words[CONFUSION_VERDICT]);
	for (size_t i = 0; i < c->n; i++)
		count(block_of(&all, n, sorted[i]), sorted[i]);
	for (size_t i = 0; i < *n; i++)
		qsort(all[i].lines, all[i].n, sizeof(*all[i].lines), by_words);
	free(sorted);
	return all;
}

void confusion_blocks_free(struct confusion_block *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < all[i].n; k++)
			free(all[i].lines[k].flows);
		free(all[i].lines);
		free(all[i].verdicts);
	}
	free(all);
}
