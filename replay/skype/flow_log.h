/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_FLOW_LOG_H
#define REPLAY_FLOW_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* The overlay's flows and messages in the truth log, and which flow a received message came on. */

struct overlay;

/* Who opens a flow, for the truth log. */
struct flow_opener {
	const char *node, *client, *version;
	struct ip ip;
};

/* What is remembered of one sent message. */
struct sighting {
	uint64_t digest; /* of the payload */
	uint32_t flow;
	uint32_t used;	/* the receiver has found it */
	uint64_t order; /* of sending; 0 = empty */
};

#define SIGHTING_SETS 4096
#define SIGHTING_WAYS 8

/* Logs a new flow from @src to @dst; the index of the flow that is open already, if any.
 * @reason: short words for the truth log, "sn tcp". */
uint32_t flow_log_open(struct overlay *o, const struct flow_opener *by, uint8_t proto,
		       const struct endpoint *src, const struct endpoint *dst, const char *reason);
/* Its other end is a super node, which serves the client @by, wherever it is seen. */
void flow_log_served(struct overlay *o, uint32_t flow, const struct flow_opener *by);
/* Logs a message of @n bytes and remembers its digest, so that the receiver finds the flow.
 * @name: the paper's name of it, "U1". */
void flow_log_sent(struct overlay *o, uint32_t flow, bool to_opener, const char *name,
		   const void *p, size_t n);
/* Reports that a client has come to be connected with a super node, or no longer is, and the like:
 * truth_event() says how. @kind: as in skypelab-eve(5). */
void flow_log_event(struct overlay *o, uint32_t flow, const char *kind);
/* Reports that media begins or ends on a flow. Both ends of a flow may say so; the first is right. */
void flow_log_call(struct overlay *o, uint32_t flow, bool begins);
/* The flow of a received message, or -1. Each message is found once. */
long flow_log_find(struct overlay *o, const void *p, size_t n);

#endif
