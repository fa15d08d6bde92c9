/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_RECORD_H
#define ANALYSIS_TALK_RECORD_H

#include <stddef.h>

#include "analysis/message/stream.h"

/* What is kept of every flow: who, when, how much, and its first messages. */

#define TALK_FLOWS 65536 /* flows kept; more are only counted in hosts, ports and exchanges */
#define TALK_STEPS 12	 /* first messages of a flow that are kept */

/* One message, as a line of a sequence chart needs it. */
struct talk_step {
	uint64_t ts_ns, number, end_number;
	uint32_t size;
	bool reply; /* from the side that did not open the flow */
};

/**
 * struct talk_flow - a flow that has ended
 * @flow:	As it was at its end; its `mine` and `label` are NULL
 * @steps, @steps_n: Its first messages
 */
struct talk_flow {
	struct message_flow flow;
	struct talk_step steps[TALK_STEPS];
	uint8_t steps_n;
};

/* In the order in which flows ended until talk_flows_sort(); then by input and first packet. */
struct talk_flows {
	struct talk_flow *list; /* (owned) */
	size_t n, room;
	uint64_t left_out;
};

/* Keeps a copy, when there is room. @steps: @n of them, at most TALK_STEPS */
void talk_flows_add(struct talk_flows *f, const struct message_flow *flow,
		    const struct talk_step *steps, uint8_t n);
void talk_flows_sort(struct talk_flows *f);
void talk_flows_clear(struct talk_flows *f);
/* Whether the side that did not open the flow said anything: SYN with ACK or payload on TCP, a
 * packet on UDP. */
bool talk_answered(const struct message_flow *f);
/* Whether the first packet was the flow's beginning as far as can be told: not a TCP flow without a
 * SYN. */
bool talk_from_start(const struct message_flow *f);
/* "udp", "tcp" */
const char *talk_proto(uint8_t proto);

#endif
