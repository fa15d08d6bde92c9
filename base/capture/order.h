/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_ORDER_H
#define BASE_CAPTURE_ORDER_H

#include "base/capture/source.h"

#define ORDER_WINDOW_NS 1000000000ULL /* unless the user says otherwise */

/* The frames of a source in the order of their times; see order.c for what it can do. To be called
 * before the first frame. */
void order_begin(struct source *s, uint64_t window_ns, bool live);
/* As source.next. */
int order_next(struct source *s, struct source_frame *out, struct err *e);
/* Whether order_next() would give a frame and leave the bytes of those before in place. */
bool order_ready(struct source *s);
/* source.renew for a source whose frames are put in order. */
void order_renew(struct source *s, uint8_t **buf, size_t *room);
/* Live: nothing more is read; what was read is still given out. */
void order_stop(struct source *s);
/* Whether order_next() has nothing more to give. */
bool order_ended(const struct source *s);
void order_free(struct source *s);

#endif
