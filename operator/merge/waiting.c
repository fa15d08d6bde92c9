// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * waiting.c - sightings in order of time, in whatever order they come
 *
 * A binary heap: entry i is before 2i + 1 and 2i + 2. Sensors may write in any order, so no order may
 * cost more than another.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/moment.h"
#include "operator/merge/waiting.h"

void waiting_free(struct waiting_line *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->heap[i]);
	free(l->heap);
	*l = (struct waiting_line){0};
}

static bool before(const struct waiting *a, const struct waiting *b)
{
	int order = moment_order(a->s.ts_ns, b->s.ts_ns);

	return order ? order < 0 : a->arrived < b->arrived;
}

void waiting_add(struct waiting_line *l, struct waiting *w)
{
	size_t i = l->count++, up;

	if (i == l->room) {
		l->room = i ? 2 * i : 64;
		l->heap = xrealloc(l->heap, l->room * sizeof(struct waiting *));
	}
	w->arrived = l->arrivals++;
	for (; i && before(w, l->heap[up = (i - 1) / 2]); i = up)
		l->heap[i] = l->heap[up];
	l->heap[i] = w;
}

struct waiting *waiting_take(struct waiting_line *l)
{
	struct waiting *first = l->heap[0], *last = l->heap[--l->count];
	size_t i = 0, down;

	for (; (down = 2 * i + 1) < l->count; i = down) {
		if (down + 1 < l->count && before(l->heap[down + 1], l->heap[down]))
			down++;
		if (!before(l->heap[down], last))
			break;
		l->heap[i] = l->heap[down];
	}
	l->heap[i] = last; /* of none: the place it had */
	return first;
}
