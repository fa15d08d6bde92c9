// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * clusters.c - the counts of a row, kept apart by independent trial
 *
 * Flows of one run of one cell share its draws: what one of them meets, the others meet too. So
 * the trial is the cell's repetition (or the capture) and not the flow, and an interval of a sum
 * needs to know how much each trial gave. A list of clusters belongs to one row; the sum over it
 * is the row. Lists are short (the repetitions of a cell) or long (all cells of a run, in a row
 * that sums them), so names are looked up through an open hash table from the ninth on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "results/score/clusters.h"

#define FEW 8 /* so many are looked through one by one */

const char *score_count_text(enum score_count c)
{
	static const char *const names[COUNTS] = {
		"tp", "fp", "fn", "tn", "wrong_role", "unmatched", "unlabelled", "host_seconds"};

	return names[c];
}

/* The slot of a name: the one that holds it, or the free one where it belongs. */
static uint32_t *slot_of(const struct score_clusters *l, const char *id)
{
	size_t at = fnv1a(id, strlen(id)) & (l->slots_n - 1);

	while (l->slots[at] && strcmp(l->c[l->slots[at] - 1].id, id) != 0)
		at = (at + 1) & (l->slots_n - 1);
	return &l->slots[at];
}

/* Room for one more name in a table that is at most half full. */
static void grow_slots(struct score_clusters *l)
{
	if (l->n < FEW || 2 * (l->n + 1) <= l->slots_n)
		return;
	free(l->slots);
	l->slots_n = l->slots_n ? 2 * l->slots_n : 4 * FEW;
	l->slots = xcalloc(l->slots_n, sizeof(*l->slots));
	for (size_t i = 0; i < l->n; i++)
		*slot_of(l, l->c[i].id) = (uint32_t)i + 1;
}

struct score_cluster *clusters_at(struct score_clusters *l, const char *id)
{
	uint32_t *slot = l->slots ? slot_of(l, id) : NULL;

	if (slot && *slot)
		return &l->c[*slot - 1];
	for (size_t i = 0; !slot && i < l->n; i++)
		if (!strcmp(l->c[i].id, id))
			return &l->c[i];
	grow_slots(l);
	if (!(l->n & (l->n - 1)))
		l->c = xrealloc(l->c, (l->n ? 2 * l->n : 1) * sizeof(*l->c));
	if (l->slots)
		*slot_of(l, id) = (uint32_t)l->n + 1;
	l->c[l->n] = (struct score_cluster){.id = xstrdup(id)};
	return &l->c[l->n++];
}

void clusters_add(struct score_clusters *to, const struct score_clusters *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct score_cluster *c = clusters_at(to, from->c[i].id);

		for (int k = 0; k < COUNTS; k++)
			c->n[k] += from->c[i].n[k];
	}
}

void clusters_clear(struct score_clusters *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->c[i].id);
	free(l->c);
	free(l->slots);
	*l = (struct score_clusters){0};
}
