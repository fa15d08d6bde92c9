/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_FLOWS_H
#define RESULTS_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/capture/packet.h"

/* The UDP and TCP flows (5-tuples, both directions one flow) that a capture holds: what scoring
 * counts, and how long a flow took to be detected. Give it the packets that the detector gets. */
struct flow_index;

struct flow_index *flow_index_new(void);
void flow_index_free(struct flow_index *x);
void flow_index_packet(struct flow_index *x, const struct packet *p);
/* Adds a whole capture. 0; -1 with @e set when it is unreadable from some point on: the packets
 * before that are counted. */
int flow_index_read(struct flow_index *x, const char *path, struct err *e);

/* Totals over everything fed: flows by protocol, of those with payload, packets, bytes (IP). */
struct flow_totals {
	uint64_t udp_flows, tcp_flows;
	uint64_t udp_payload_flows, tcp_payload_flows;
	uint64_t packets, bytes;
};
void flow_index_totals(const struct flow_index *x, struct flow_totals *out);
void flow_totals_add(struct flow_totals *sum, const struct flow_totals *more);

/* One flow; src = sender of the first packet seen. */
struct flow_seen {
	struct tuple tuple;
	uint64_t first_ns, last_ns;
	uint64_t packets, bytes; /* bytes: payload */
	uint64_t first_packet;	 /* frame number */
};
size_t flow_index_count(const struct flow_index *x);
const struct flow_seen *flow_index_at(const struct flow_index *x,
				      size_t i); /* order of first packet */
const struct flow_seen *flow_index_find(const struct flow_index *x, const struct tuple *t);
/* Time from the first packet of all to the last; 0 = there was none. */
uint64_t flow_index_span_ns(const struct flow_index *x);
/* Time of the last packet of all; 0 = there was none. */
uint64_t flow_index_last_ns(const struct flow_index *x);
/* Packets and payload bytes of a flow up to and including frame @number or, when that is 0, up to
 * and including time @ns. */
void flow_index_until(const struct flow_index *x, const struct flow_seen *f, uint64_t ns,
		      uint64_t number, uint64_t *packets, uint64_t *bytes);
/* Times of a flow's packets, @i from 0: of its first ones and then of its last. False after that. */
bool flow_index_packet_ns(const struct flow_seen *f, size_t i, uint64_t *ns);

#endif
