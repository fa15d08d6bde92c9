/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_DISPATCH_H
#define DETECTOR_DISPATCH_H

#include "detector/signature.h"

#define DISPATCH_WORDS	 8   /* 512 first messages in all signatures together */
#define DISPATCH_OFFSETS 4   /* byte offsets looked at */
#define DISPATCH_NTH	 16  /* places in a flow told apart */
#define DISPATCH_SIZES	 512 /* sizes told apart; longer ones share the last */

/* A way a rule can start: its first step's message, or one of its alternatives, or a tally. */
struct start {
	uint16_t rule;
	uint8_t message; /* index in the rule */
};

/* What the rows are asked about. @nth, @nth_of_flow as a message counts them; @way: direction in
 * the flow, + WAY_PSH for a TCP segment by itself. */
#define WAY_PSH 2
struct dispatch_key {
	const uint8_t *payload;
	uint32_t len, caplen; /* on the wire; in the capture */
	uint32_t nth, nth_of_flow;
	uint16_t src_port, dst_port;
	uint8_t way;
};

/**
 * struct dispatch_proto - which starts a payload may begin, for one protocol
 * @words:	Words in use of each bit set
 * @overflow:	There were more starts than there are bits
 * @size:	Row for a payload size: TCP rows allow payloads that are a part of the message
 * @offset:	Offsets looked at; first @offsets
 * @byte:	Row per value at that offset; all may begin when the payload ends before it
 * @nth, @nth_of_flow: Rows for the place in the flow, @nth by way; the last stands for all later
 *		ones
 * @port_class:	Ports that no rule tells apart are one class
 * @src, @dst:	Rows per class of the sender's and the receiver's port; @any: when one of the two
 *		must be in a set, either row may say so
 */
struct dispatch_proto {
	size_t n;
	unsigned words, offsets;
	bool overflow;
	struct start starts[DISPATCH_WORDS * 64];
	uint16_t first_of[RULES_MAX]; /* a rule's starts lie together */
	uint16_t offset[DISPATCH_OFFSETS];
	uint8_t port_class[65536];
	uint64_t size[DISPATCH_SIZES + 1][DISPATCH_WORDS];
	uint64_t byte[DISPATCH_OFFSETS][256][DISPATCH_WORDS];
	uint64_t nth[4][DISPATCH_NTH + 1][DISPATCH_WORDS];
	uint64_t nth_of_flow[DISPATCH_NTH + 1][DISPATCH_WORDS];
	uint64_t src[256][DISPATCH_WORDS], dst[256][DISPATCH_WORDS], any[256][DISPATCH_WORDS];
};

struct dispatch {
	struct dispatch_proto udp, tcp;
	size_t open_n;
	uint16_t open[RULES_MAX]; /* rules that start when a flow is first seen */
};

struct dispatch *dispatch_new(const struct signature_set *set);
void dispatch_free(struct dispatch *d);
/* Adds the bits of a rule's starts to @row. */
void dispatch_rule(const struct dispatch_proto *d, uint16_t rule, uint64_t row[DISPATCH_WORDS]);

/* Starts that the payload may begin as bits in @out; false when there are none. */
static inline bool dispatch_find(const struct dispatch_proto *d, const struct dispatch_key *k,
				 uint64_t out[DISPATCH_WORDS])
{
	const uint64_t *size = d->size[k->len < DISPATCH_SIZES ? k->len : DISPATCH_SIZES];
	const uint64_t *nth = d->nth[k->way][k->nth < DISPATCH_NTH ? k->nth : DISPATCH_NTH];
	const uint64_t *nof =
		d->nth_of_flow[k->nth_of_flow < DISPATCH_NTH ? k->nth_of_flow : DISPATCH_NTH];
	const uint64_t *row[DISPATCH_OFFSETS];
	uint8_t s, t;
	uint64_t any = 0;
	unsigned n = 0;

	for (unsigned o = 0; o < d->offsets; o++)
		if (d->offset[o] < k->caplen)
			row[n++] = d->byte[o][k->payload[d->offset[o]]];
	for (unsigned w = 0; w < d->words; w++) {
		uint64_t v = size[w] & nth[w] & nof[w];

		for (unsigned o = 0; o < n; o++)
			v &= row[o][w];
		out[w] = v;
		any |= v;
	}
	if (!any)
		return false;
	any = 0;
	s = d->port_class[k->src_port];
	t = d->port_class[k->dst_port];
	for (unsigned w = 0; w < d->words; w++) {
		out[w] &= d->src[s][w] & d->dst[t][w] & (d->any[s][w] | d->any[t][w]);
		any |= out[w];
	}
	return any != 0;
}

#endif
