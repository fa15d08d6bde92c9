/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_DISPATCH_H
#define DETECTOR_DISPATCH_H

#include "base/capture/packet.h"
#include "detector/language/signature.h"

#define DISPATCH_WORDS	 8   /* 512 first messages in all signatures together */
#define DISPATCH_OFFSETS 8   /* byte offsets looked at */
#define DISPATCH_NTH	 16  /* places in a flow with a row of their own */
#define DISPATCH_SIZES	 512 /* sizes with a row of their own; longer ones share the last */

/**
 * struct dispatch_start - a way a rule can start: with its first step's message, with one of its
 * alternatives, or with a message that it counts
 * @message:	Index in the rule
 * @client, @psh, @joined: The rule's, @from and @quick... the message's: what refuses most starts, in one
 *		place, since rules are large
 */
struct dispatch_start {
	uint16_t rule;
	uint8_t message;
	uint8_t client, from;
	bool psh, joined;
	uint8_t quick_mask, quick;
	uint16_t quick_at;
};

/* Ways of a payload: its direction in the flow, + WAY_PSH for a TCP segment by itself. */
#define WAY_PSH 2

/* Tables of rows, in the order of their places in memory. */
enum dispatch_table {
	ROWS_SIZE, /* per payload size; TCP: the payload may be a part of the message */
	ROWS_NTH,  /* four, by way: per place in the flow; the last stands for all later ones */
	ROWS_NTH_OF_FLOW = ROWS_NTH + 4,
	ROWS_SRC,  /* per class of the sender's port */
	ROWS_DST,  /* ... the receiver's */
	ROWS_ANY,  /* when one of the two must be in a set, either row may say so */
	ROWS_BYTE, /* per offset: per value of the byte */
	ROWS_SECOND = ROWS_BYTE + DISPATCH_OFFSETS, /* per size of a second message: @waiting */
	ROWS_TABLES,
};

#define WAITING_WORDS                                                                              \
	2 /* words of starts that may wait for a second message, see dispatch_waiting */
#define WAITING_BYTES 32 /* bytes of the first message that these compare with later */

/**
 * struct dispatch_waiting - starts that need nothing but their first message until the second comes,
 * as bits (UDP only)
 * @starts:	All of them
 * @toward:	By whether the second message goes the way of the first: starts for which it may
 * @next:	... starts that are over when a message going that way is not the second
 * @within:	By start: the second message must come in this time; 0 = any
 */
struct dispatch_waiting {
	uint64_t starts[WAITING_WORDS];
	uint64_t toward[2][WAITING_WORDS], next[2][WAITING_WORDS];
	uint64_t within[WAITING_WORDS * 64];
};

/**
 * struct dispatch_proto - which starts a payload may begin, for one protocol
 * @words:	Words of each row: as few as the starts need, so that the rows in use stay in the
 *		cache
 * @offsets:	Byte offsets looked at, in @offset
 * @overflow:	There were more starts than there are bits
 * @seeks:	Starts whose message is searched for something: worth the time of a thread that has
 *		some to spare
 * @rows:	(owned) All rows
 * @table:	Where each table begins in @rows, in words
 * @starts:	First @n; the bit of a start is its index here
 * @first_of:	By rule: its first start; a rule's starts lie together
 * @port_class:	By port: its class; ports that no rule tells apart are one class
 * @waiting:	What may wait
 */
struct dispatch_proto {
	size_t n;
	unsigned words, offsets;
	bool overflow;
	uint16_t offset[DISPATCH_OFFSETS];
	uint64_t seeks[DISPATCH_WORDS];
	uint64_t *rows;
	uint32_t table[ROWS_TABLES];
	struct dispatch_start starts[DISPATCH_WORDS * 64];
	uint16_t first_of[RULES_MAX];
	uint8_t port_class[65536];
	struct dispatch_waiting waiting;
};

static inline uint64_t *dispatch_row(const struct dispatch_proto *d, unsigned table, uint32_t i)
{
	return d->rows + d->table[table] + (size_t)i * d->words;
}

struct dispatch {
	struct dispatch_proto udp, tcp;
	size_t open_n;
	uint16_t open[RULES_MAX]; /* rules that start when a flow is first seen */
};

struct dispatch *dispatch_new(const struct signature_set *set);
void dispatch_free(struct dispatch *d);
/* Sets the bits of a rule's starts in @row. */
void dispatch_rule(const struct dispatch_proto *d, uint16_t rule, uint64_t row[]);

/* Starts that the payload of @p may begin, wherever in its flow it stands, as bits in @out. @words
 * is d->words; a constant where it is known spares the loop. */
static inline __attribute__((always_inline)) void dispatch_payload(const struct dispatch_proto *d,
								   unsigned words,
								   const struct packet *p,
								   uint64_t out[])
{
	unsigned src = d->port_class[p->src.port], dst = d->port_class[p->dst.port];
	const uint64_t *row, *to, *any_src, *any_dst, *size;
	uint64_t v[DISPATCH_WORDS], left = 0;

	size = dispatch_row(d, ROWS_SIZE, p->len < DISPATCH_SIZES ? p->len : DISPATCH_SIZES);
	row = dispatch_row(d, ROWS_SRC, src);
	to = dispatch_row(d, ROWS_DST, dst);
	any_src = dispatch_row(d, ROWS_ANY, src);
	any_dst = dispatch_row(d, ROWS_ANY, dst);
	for (unsigned w = 0; w < words; w++)
		left |= v[w] = size[w] & row[w] & to[w] & (any_src[w] | any_dst[w]);
	for (unsigned o = 0; left && o < d->offsets; o++) { /* those that exclude most come first */
		if (d->offset[o] >= p->caplen)
			continue;
		row = dispatch_row(d, ROWS_BYTE + o, p->payload[d->offset[o]]);
		left = 0;
		for (unsigned w = 0; w < words; w++)
			left |= v[w] &= row[w];
	}
	for (unsigned w = 0; w < words; w++)
		out[w] = v[w];
}

/* Narrows @starts down to those that may stand at a place of the flow; false when none is left. */
static inline bool dispatch_place(const struct dispatch_proto *d, const uint64_t starts[],
				  unsigned way, uint32_t nth, uint32_t nth_of_flow, uint64_t out[])
{
	const uint64_t *a =
		dispatch_row(d, ROWS_NTH + way, nth < DISPATCH_NTH ? nth : DISPATCH_NTH);
	const uint64_t *b = dispatch_row(d, ROWS_NTH_OF_FLOW,
					 nth_of_flow < DISPATCH_NTH ? nth_of_flow : DISPATCH_NTH);
	uint64_t any = 0;

	for (unsigned w = 0; w < d->words; w++) {
		out[w] = starts[w] & a[w] & b[w];
		any |= out[w];
	}
	return any != 0;
}

/**
 * struct dispatch_query - a payload, and where in its flow it stands
 * @starts:	What dispatch_payload() found for it; NULL = not yet asked
 * @done:	Starts of rules that are done on the flow; NULL = none
 * @way:	Direction, + WAY_PSH for a TCP segment by itself
 * @nth, @nth_of_flow: Its place in its direction and in the flow, from 1
 */
struct dispatch_query {
	const struct packet *p;
	const uint64_t *starts, *done;
	unsigned way;
	uint32_t nth, nth_of_flow;
};

/* The starts worth trying for a payload, as bits; false when there are none. */
static inline bool dispatch_find(const struct dispatch_proto *d, const struct dispatch_query *q,
				 uint64_t bits[DISPATCH_WORDS])
{
	const uint64_t *starts = q->starts;
	uint64_t any = 0;

	if (!starts) {
		dispatch_payload(d, d->words, q->p, bits);
		starts = bits;
	}
	if (!dispatch_place(d, starts, q->way, q->nth, q->nth_of_flow, bits))
		return false;
	if (!q->done)
		return true;
	for (unsigned w = 0; w < d->words; w++) {
		bits[w] &= ~q->done[w];
		any |= bits[w];
	}
	return any != 0;
}

#endif
