/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GATEWAY_CONNTRACK_H
#define LAB_GATEWAY_CONNTRACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/loop.h"
#include "lab/gateway/gateway.h"

/*
 * A gateway's connection tracking as ground truth: every entry that was ever confirmed, from
 * ctnetlink's events. A packet that a rule drops is never confirmed, so an entry says that the
 * flow's first packet passed the gateway.
 */

/**
 * struct conntrack_entry - one tracked connection
 * @orig:	src = who opened it, as seen on the side it came from
 * @reply:	The tuple of its answers, as seen on the other side: behind source NAT reply.dst is
 *		the outer address and port of orig.src; with destination NAT reply.src is the inner
 *		address and port of orig.dst
 * @opened_ns, @closed_ns: Emulated time of the NEW and DESTROY events; closed 0 = still there
 */
struct conntrack_entry {
	struct tuple orig, reply;
	uint64_t opened_ns, closed_ns;
};

/* Subscribes to the gateway's connection tracking (after gateway_program) on @loop. NULL with @e
 * set. */
struct conntrack_watch *conntrack_watch_start(struct gateway_ctx *g, struct loop *loop,
					      struct err *e);
void conntrack_watch_free(struct conntrack_watch *w);

/* Reads every event that is waiting. 0, or -1 with @e set: the kernel lost events (the truth of
 * this cell is not complete). Call it before reading the entries. */
int conntrack_settle(struct conntrack_watch *w, struct err *e);
/* Entries in order of opening; valid until the next settle or until the loop runs. */
size_t conntrack_count(const struct conntrack_watch *w);
const struct conntrack_entry *conntrack_at(const struct conntrack_watch *w, size_t i);

/* For tests of what happens when events are lost: makes the event buffers this small. */
void conntrack_shrink(struct conntrack_watch *w, int bytes);

#endif
