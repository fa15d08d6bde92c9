// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record_order.c - flow records in the order of their beginnings
 *
 * A record is complete long after it began, and a short one that began later is complete before it. Rules ask
 * what came before what, so records wait in a heap.
 */
#include <stdlib.h>

#include "base/err.h"
#include "detector/engine/record_order.h"

static bool record_before(const struct flow_record *a, const struct flow_record *b)
{
	return a->first_ns != b->first_ns ? a->first_ns < b->first_ns
	       : a->input != b->input	  ? a->input < b->input
					  : a->number < b->number;
}

void record_order_put(struct record_order *o, const struct flow_record *r)
{
	size_t i = o->n++;

	if (o->n > o->room) {
		o->room = o->room ? 2 * o->room : 256;
		o->heap = xrealloc(o->heap, o->room * sizeof(*o->heap));
	}
	for (; i && record_before(r, &o->heap[(i - 1) / 2]); i = (i - 1) / 2)
		o->heap[i] = o->heap[(i - 1) / 2];
	o->heap[i] = *r;
}

struct flow_record record_order_take(struct record_order *o)
{
	struct flow_record top = o->heap[0], last = o->heap[--o->n];
	size_t i = 0;

	for (size_t child = 1; child < o->n; child = 2 * i + 1) {
		if (child + 1 < o->n && record_before(&o->heap[child + 1], &o->heap[child]))
			child++;
		if (!record_before(&o->heap[child], &last))
			break;
		o->heap[i] = o->heap[child];
		i = child;
	}
	o->heap[i] = last;
	return top;
}

void record_order_free(struct record_order *o)
{
	free(o->heap);
	*o = (struct record_order){0};
}
