/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_DISPATCH_H
#define DETECTOR_DISPATCH_H

#include "detector/signature.h"

#define DISPATCH_WORDS	 8   /* 512 first messages in all signatures together */
#define DISPATCH_OFFSETS 4   /* byte offsets looked at */
#define DISPATCH_SIZES	 512 /* sizes told apart; longer ones share the last */

/* A way a rule can start: its first step's message, or one of its alternatives, or a tally. */
struct start {
	uint16_t rule;
	uint8_t message; /* index in the rule */
};

/**
 * struct dispatch_proto - which starts a payload may begin, for one protocol
 * @words:	Words in use of each bit set
 * @size:	Row for a payload size: TCP rows allow payloads that are a part of the message
 * @offset:	Offsets looked at; first @offsets
 * @byte:	Row per value at that offset
 * @beyond:	Row when the payload ends before that offset
 * @nth_max:	Payloads after this one in a direction start nothing
 */
struct dispatch_proto {
	size_t n;
	unsigned words, offsets;
	uint32_t nth_max;
	struct start starts[DISPATCH_WORDS * 64];
	uint16_t offset[DISPATCH_OFFSETS];
	uint64_t size[DISPATCH_SIZES + 1][DISPATCH_WORDS];
	uint64_t byte[DISPATCH_OFFSETS][256][DISPATCH_WORDS];
	uint64_t beyond[DISPATCH_OFFSETS][DISPATCH_WORDS];
};

struct dispatch {
	struct dispatch_proto udp, tcp;
	size_t open_n;
	uint16_t open[RULES_MAX]; /* rules that start when a flow is first seen */
};

struct dispatch *dispatch_new(const struct signature_set *set);
void dispatch_free(struct dispatch *d);

/* Starts that @payload may begin as bits in @out; false when there are none. @len on the wire,
 * @caplen in the capture. */
static inline bool dispatch_find(const struct dispatch_proto *d, const uint8_t *payload,
				 uint32_t len, uint32_t caplen, uint64_t out[DISPATCH_WORDS])
{
	const uint64_t *size = d->size[len < DISPATCH_SIZES ? len : DISPATCH_SIZES];
	const uint64_t *row[DISPATCH_OFFSETS];
	uint64_t any = 0;

	for (unsigned o = 0; o < d->offsets; o++)
		row[o] = d->offset[o] < caplen ? d->byte[o][payload[d->offset[o]]] : d->beyond[o];
	for (unsigned w = 0; w < d->words; w++) {
		uint64_t v = size[w];

		for (unsigned o = 0; o < d->offsets; o++)
			v &= row[o][w];
		out[w] = v;
		any |= v;
	}
	return any != 0;
}

#endif
