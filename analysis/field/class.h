/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_CLASS_H
#define ANALYSIS_FIELD_CLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/field/statement.h"

/* Messages that are alike. */

#define CLASS_PLACES   5 /* first, second, third, fourth, later: of one direction of a flow */
#define CLASS_PREFIX   4
#define CLASS_DEEP     16
#define CLASS_OTHERS   4
#define CLASS_TEXT_MAX 192

/**
 * struct message_class - a class
 * @id:		Its index in the map
 * @proto, @reply: As in struct message
 * @place:	0 .. CLASS_PLACES - 1; -1 = anywhere
 * @size_min, @size_max: Payload bytes; equal = this size only; 0 and UINT32_MAX = any
 * @port:	Port of the flow's opened side; 0 = any
 * @p2p:	UDP: only flows of a socket that opened flows to several hosts (field_map_p2p())
 * @no_p2p:	UDP: none of these
 * @selects:	Byte @sel_offset & @sel_mask == @sel_value
 * @prefix:	The first @prefix_n bytes, CLASS_PREFIX or CLASS_DEEP; 0 = any
 * @others:	It begins with none of these @others_n; 0 = no matter
 * @parent:	A class that holds it, the smallest; -1 = none
 * @messages:	How many; of the sample, weighted, where it is bounded or @selects
 * @share:	Of all messages of the analysis
 * @sampled:	Messages looked at; the next are of these
 * @flows, @senders, @receivers, @inputs: Distinct flows, addresses, captures
 * @shortest, @longest: Payload bytes seen
 * @example:	The first message of it in the sample
 */
struct message_class {
	uint32_t id;
	uint8_t proto;
	bool reply;
	int32_t place;
	uint32_t size_min, size_max;
	uint16_t port;
	bool selects, p2p, no_p2p;
	uint16_t sel_offset;
	uint8_t sel_mask, sel_value;
	uint8_t prefix_n, prefix[CLASS_DEEP];
	uint8_t others_n, others[CLASS_OTHERS][CLASS_PREFIX];
	int32_t parent;
	uint64_t messages;
	double share;
	uint32_t sampled, flows, senders, receivers;
	uint16_t inputs;
	uint32_t shortest, longest;
	struct field_example example;
};

/* "udp > first, 18 B", "tcp < to 443, any place": the same for the same class of two captures.
 * Returns @buf. */
const char *class_text(const struct message_class *c, char buf[CLASS_TEXT_MAX]);
/* What of a message decides to which classes it belongs. */
struct class_marks {
	uint8_t proto;
	bool reply, p2p;
	int32_t place;
	uint32_t size;
	uint16_t port;
	const uint8_t *bytes; /* the first @kept */
	uint32_t kept;
};

/* Whether a message is one of @c. */
bool class_has(const struct message_class *c, const struct class_marks *m);
/* Whether every message of @part is one of @whole; false for itself. */
bool class_holds(const struct message_class *whole, const struct message_class *part);

#endif
