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

/* Tables of rows, in the order of their places in memory. */
enum dispatch_table {
	ROWS_SIZE,	  /* per payload size; TCP: the payload may be a part of the message */
	ROWS_NTH,	  /* four, by way: per place in the flow; the last stands for all later ones */
	ROWS_NTH_OF_FLOW = ROWS_NTH + 4,
	ROWS_SRC, /* per class of the sender's port */
	ROWS_DST, /* ... the receiver's */
	ROWS_ANY, /* when one of the two must be in a set, either row may say so */
	ROWS_BYTE, /* per offset: per value of the byte */
	ROWS_TABLES = ROWS_BYTE + DISPATCH_OFFSETS,
};

/**
 * struct dispatch_proto - which starts a payload may begin, for one protocol
 * @words:	Words of each row: as few as the starts need, so that the rows in use stay in the cache
 * @overflow:	There were more starts than there are bits
 * @offset:	Offsets looked at; first @offsets
 * @port_class:	Ports that no rule tells apart are one class
 * @rows:	(owned) All rows
 * @table:	Where each table begins in @rows, in words
 */
struct dispatch_proto {
	size_t n;
	unsigned words, offsets;
	bool overflow;
	uint16_t offset[DISPATCH_OFFSETS];
	uint64_t *rows;
	uint32_t table[ROWS_TABLES];
	struct start starts[DISPATCH_WORDS * 64];
	uint16_t first_of[RULES_MAX]; /* a rule's starts lie together */
	uint8_t port_class[65536];
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
/* Adds the bits of a rule's starts to @row. */
void dispatch_rule(const struct dispatch_proto *d, uint16_t rule, uint64_t row[DISPATCH_WORDS]);

/* Starts that the payload may begin as bits in @out; false when there are none. @words: d->words. */
static inline __attribute__((always_inline)) bool
dispatch_find(const struct dispatch_proto *d, unsigned words, const struct dispatch_key *k,
	      uint64_t out[DISPATCH_WORDS])
{
	const uint64_t *row[DISPATCH_OFFSETS + 3], *src, *dst, *any_src, *any_dst;
	uint32_t sizes = DISPATCH_SIZES, nths = DISPATCH_NTH;
	unsigned n = 3;
	uint64_t any = 0;

	row[0] = dispatch_row(d, ROWS_SIZE, k->len < sizes ? k->len : sizes);
	row[1] = dispatch_row(d, ROWS_NTH + k->way, k->nth < nths ? k->nth : nths);
	row[2] = dispatch_row(d, ROWS_NTH_OF_FLOW, k->nth_of_flow < nths ? k->nth_of_flow : nths);
	for (unsigned o = 0; o < d->offsets; o++)
		if (d->offset[o] < k->caplen)
			row[n++] = dispatch_row(d, ROWS_BYTE + o, k->payload[d->offset[o]]);
	for (unsigned w = 0; w < words; w++) {
		uint64_t v = row[0][w] & row[1][w] & row[2][w];

		for (unsigned i = 3; i < n; i++)
			v &= row[i][w];
		out[w] = v;
		any |= v;
	}
	if (!any)
		return false;
	src = dispatch_row(d, ROWS_SRC, d->port_class[k->src_port]);
	dst = dispatch_row(d, ROWS_DST, d->port_class[k->dst_port]);
	any_src = dispatch_row(d, ROWS_ANY, d->port_class[k->src_port]);
	any_dst = dispatch_row(d, ROWS_ANY, d->port_class[k->dst_port]);
	any = 0;
	for (unsigned w = 0; w < words; w++) {
		out[w] &= src[w] & dst[w] & (any_src[w] | any_dst[w]);
		any |= out[w];
	}
	return any != 0;
}

#endif
