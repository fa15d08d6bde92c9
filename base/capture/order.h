/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_ORDER_H
#define BASE_CAPTURE_ORDER_H

#include "base/capture/source.h"

#define ORDER_WINDOW_NS 1000000000ULL /* unless the user says otherwise */

/* The frames of a source in the order of their times; see order.c for what it can do. To be called
 * before the first frame. */
void order_begin(struct source *s, uint64_t window_ns, bool live);
/* As source.next, and numbers the frame: for what comes next in the file. */
static inline int order_direct(struct source *s, struct source_frame *out, struct err *e)
{
	int rc = s->next(s, out, e);

	if (rc != 1)
		return rc;
	out->number = ++s->number;
	s->last_ns = out->ts_ns;
	return 1;
}
/* Whether the next frame is in memory, and no older one follows it. Inline: once per frame. */
static inline bool order_clear(const struct source *s)
{
	return s->clear && s->window->pos < s->clear;
}
/* order_next() of a frame that is not order_clear(). */
int order_search(struct source *s, struct source_frame *out, struct err *e);
/* As source.next. */
static inline int order_next(struct source *s, struct source_frame *out, struct err *e)
{
	return order_clear(s) ? order_direct(s, out, e) : order_search(s, out, e);
}
/* order_ready() of a frame that is not order_clear(). */
bool order_ready_held(struct source *s);
/* Whether order_next() would give a frame and leave the bytes of those before in place. */
static inline bool order_ready(struct source *s)
{
	return order_clear(s) || order_ready_held(s);
}
/* Live: nothing more is read; what was read is still given out. */
void order_stop(struct source *s);
/* Whether order_next() has nothing more to give. */
bool order_ended(const struct source *s);
void order_free(struct source *s);

#endif
