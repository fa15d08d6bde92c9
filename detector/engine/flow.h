/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_FLOW_H
#define DETECTOR_FLOW_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/capture/packet.h"
#include "detector/engine/pool.h"

/* The flow table: every flow's counters and addresses. What rules know of a flow is in
 * flow_state.h. */

#define NS_SLACK     3600000000000ULL /* time may step back this far after the first packet */
#define CLOCK_BITS   26		      /* a step of flow_clock() is 67 ms */
#define HELD_IDLE_NS 1800000000000ULL /* a flow with a waiting match is kept at least so long */

/* Bits of flow.flags */
#define FLOW_V6	       0x01
#define FLOW_SYN       0x02 /* the SYN was seen */
#define FLOW_SYNACK    0x04 /* the SYN+ACK was seen */
#define FLOW_HANDSHAKE 0x08 /* SYN, SYN+ACK and ACK were seen */
#define FLOW_SEQ0      0x10 /* seq[0] is known */
#define FLOW_SEQ1      0x20 /* seq[1] is known */
#define FLOW_BURST     0x40 /* some TCP payload was seen */
#define FLOW_BURST1    0x80 /* the last message burst went in direction 1 */
/* Bits of flow.flags2 */
#define FLOW2_FIN0    0x01
#define FLOW2_FIN1    0x02
#define FLOW2_CLOSED  0x04 /* both FINs, or a RST */
#define FLOW2_LIVE    0x08 /* the flow is in the table */
#define FLOW2_HELD    0x10 /* a match waits for something: the flow is kept for longer */
#define FLOW2_WATCHED 0x20 /* something is to be reported when the flow ends, see ending.c */
#define FLOW2_DOUBT   0xc0 /* TCP: what flow.doubt is, one of */
#define DOUBT_END     0x40 /* FIN or RST beyond the next byte: where it stands */
#define DOUBT_SYN     0x80 /* SYN on a connection under way: its next number */
#define DOUBT_JUMP                                                                                 \
	0xc0 /* payload outside the window: its end. None of them: in all other cases
			   * @doubt is where the message burst under way began */

/**
 * struct flow - one flow: one cache line. Direction 0 is from the side that opened it.
 * @ip:		IPv4 addresses as on the wire; IPv6: ip[0] = index of the pair of addresses
 * @gen:	Goes up when the flow leaves: a reference kept for longer can see that it is late
 * @state:	struct flow_state; 0 = no rule is interested
 * @good:	A good checksum was seen, per direction as a bit
 * @proven:	TCP: SYN+ACK and ACK acknowledge the numbers that SYN and SYN+ACK chose; of worth when
 *		FLOW_HANDSHAKE is set
 * @spoilt_end:	TCP: the FIN in doubt (DOUBT_END) has a bad checksum
 * @doubt:	TCP: a sequence number, see FLOW2_DOUBT in @flags2; its highest bit is the direction
 *		instead, unless it is the beginning of a burst
 * @last:	flow_clock() of the last packet
 * @packets:	Packets with payload, per direction
 * @bursts:	TCP: message bursts begun, per direction; stops at the top
 * @bytes:	Payload bytes, per direction; stops at the top
 * @seq:	TCP: next sequence number, per direction
 */
struct flow {
	uint32_t ip[2];
	uint16_t port[2];
	uint8_t proto, flags, flags2, gen;
	uint32_t state : 28, good : 2, spoilt_end : 1, proven : 1;
	uint32_t doubt;
	uint64_t first_ns;
	uint32_t last;
	uint32_t packets[2];
	uint16_t bursts[2];
	uint32_t bytes[2];
	uint32_t seq[2];
};
_Static_assert(sizeof(struct flow) == 64, "a flow is one cache line");

/* The addresses of an IPv6 flow, by direction. */
struct v6pair {
	uint8_t b[2][16];
};

/**
 * struct flow_table - all flows
 * @slots:	hash << 32 | flow; 0 = empty
 * @key:	Secret of the hash
 * @base_ns:	Where flow_clock() begins: NS_SLACK before the first packet, moved on when years pass
 * @udp_idle, @tcp_idle, @least_idle: A flow is forgotten after, in steps of flow_clock()
 * @held_on:	Packets of flows that would be forgotten, had nothing waited on them
 * @sweep:	The flow that is looked at next for being idle
 * @gone:	Called before a flow with a state, or with FLOW2_WATCHED, leaves; it must free its
 *		state
 */
struct flow_table {
	struct pool flows, v6;
	uint64_t *slots;
	size_t mask, count, peak;
	uint64_t key[2];
	uint64_t base_ns;
	uint32_t udp_idle, tcp_idle, least_idle;
	uint32_t sweep;
	uint64_t expired, evicted, created, held_on;
	void (*gone)(void *arg, uint32_t flow);
	void *arg;
};
struct detector_limits;
void flows_init(struct flow_table *t, const struct detector_limits *l);
void flows_free(struct flow_table *t);
/* Hash of the packet's addresses, ports and protocol: the same for both directions. */
uint32_t flows_hash(const struct flow_table *t, const struct packet *p);
/* The same under a secret of the caller's: that of a table, to get the table's hashes. */
uint32_t flows_hash_ends(const uint64_t key[2], uint8_t proto, const struct endpoint *src,
			 const struct endpoint *dst);
/* Finds or makes the flow of a packet; *dir is the packet's direction, *fresh whether it is new. */
uint32_t flows_get(struct flow_table *t, const struct packet *p, uint32_t hash, int *dir,
		   bool *fresh);
void flows_remove(struct flow_table *t, uint32_t i);
/* The same for a flow that has been idle for too long; it is counted as such. */
void flows_expire(struct flow_table *t, uint32_t i);
/* The time of the flow's last packet, rounded down. */
uint64_t flows_last(const struct flow_table *t, uint32_t i);
/* When the flow will have been idle for too long, if no packet of it comes. */
uint64_t flows_idle_until(const struct flow_table *t, uint32_t i);
size_t flows_bytes(const struct flow_table *t);
static inline struct flow *flow_at(const struct flow_table *t, uint32_t i)
{
	return pool_at(&t->flows, i);
}
/* gcc treats a function that only prefetches as empty and drops the call, so it must be inlined. */
#define HINT static inline __attribute__((always_inline))

/* Ahead of flows_get(): brings the slot into the cache. */
HINT void flows_hint_slot(const struct flow_table *t, uint32_t hash)
{
	__builtin_prefetch(&t->slots[hash & t->mask]);
}
/* Ahead of flows_get(): brings the flow into the cache and returns which it likely is; 0 = it is
 * new, or not in its first three slots. (Looking further costs more than it saves: the branches
 * cannot be predicted.) */
HINT uint32_t flows_hint_flow(const struct flow_table *t, uint32_t hash)
{
	for (unsigned n = 0; n < 3; n++) {
		uint64_t slot = t->slots[(hash + n) & t->mask];

		if (slot >> 32 == hash) {
			__builtin_prefetch(flow_at(t, (uint32_t)slot), 1);
			return (uint32_t)slot;
		}
	}
	return 0;
}
/* A packet's time, signed nanoseconds since 1970, as the engine has it: unsigned, in the same order,
 * so that sums and differences around 1970 do not wrap. Twice gives the packet's time again. */
static inline uint64_t engine_time(uint64_t ts_ns)
{
	return ts_ns ^ 1ULL << 63;
}
/* Whether it is a packet for the detector at all. */
static inline bool engine_reads(const struct packet *p)
{
	return (p->proto == IPPROTO_UDP || p->proto == IPPROTO_TCP) && p->src.ip.family;
}
/* Time in steps of 2^CLOCK_BITS ns since @base_ns. */
static inline uint64_t flow_clock(const struct flow_table *t, uint64_t ns)
{
	return ns > t->base_ns ? (ns - t->base_ns) >> CLOCK_BITS : 0;
}
/* Counts a payload. */
static inline void flow_add_bytes(struct flow *f, int dir, uint32_t len)
{
	f->packets[dir] += f->packets[dir] != UINT32_MAX;
	f->bytes[dir] = f->bytes[dir] + len < f->bytes[dir] ? UINT32_MAX : f->bytes[dir] + len;
}
/* Address and port of one side of a flow. */
void flow_endpoint(const struct flow_table *t, const struct flow *f, int side,
		   struct endpoint *out);

#endif
