/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_RECORD_ORDER_H
#define DETECTOR_ENGINE_RECORD_ORDER_H

#include <stddef.h>

#include "detector/engine/flow_record.h"

/* Flow records that wait until none that begins before them can come: a heap, by the first packet's time and then by
 * its number. */
struct record_order {
	struct flow_record *heap; /* (owned) first @n, the earliest on top */
	size_t n, room;
};

void record_order_put(struct record_order *o, const struct flow_record *r);
/* The earliest one; NULL = none waits. */
static inline const struct flow_record *record_order_first(const struct record_order *o)
{
	return o->n ? &o->heap[0] : NULL;
}
/* Takes the earliest one out; there must be one. */
struct flow_record record_order_take(struct record_order *o);
void record_order_free(struct record_order *o);

#endif
