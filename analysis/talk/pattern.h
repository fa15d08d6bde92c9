/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_PATTERN_H
#define ANALYSIS_TALK_PATTERN_H

#include "analysis/talk/names.h"
#include "analysis/talk/record.h"
#include "analysis/talk/spread.h"

/* The typical flow: flows whose first messages go the same ways, step by step. */

#define PATTERN_STEPS 8

/**
 * struct pattern_step - the i-th message of the flows of a pattern
 * @reply:	From the side that did not open the flow
 * @least, @most: Sizes; @common: the most frequent, of @common_n flows
 * @delay:	Since the message before; of the first since the flow's first packet
 * @name, @named: What signatures call it most often, in so many flows; NULL = nothing
 */
struct pattern_step {
	bool reply;
	uint32_t least, most, common;
	uint64_t common_n;
	struct spread delay;
	const char *name;
	uint64_t named;
};

/**
 * struct pattern - flows of a protocol with the same directions and first size
 * @first:	Size of the first message, when it is one that many flows begin with; 0 = any other
 * @directions:	"><>": > = from the opener, of the first PATTERN_STEPS messages
 * @flows:	How many
 * @longer:	Of them, flows with more messages than these
 * @example:	Index of the first of them in the flows
 */
struct pattern {
	uint8_t proto;
	uint32_t first;
	char directions[PATTERN_STEPS + 1];
	uint64_t flows, longer;
	size_t example;
	size_t n;
	struct pattern_step steps[PATTERN_STEPS];
};

struct patterns {
	struct pattern *list; /* (owned) most flows first */
	size_t n;
	uint64_t flows[2]; /* UDP, TCP: with a message, seen from their beginning */
};

/* @flows in the order of talk_flows_sort(); @names may be NULL and must outlive the patterns. */
void patterns_find(struct patterns *p, const struct talk_flows *flows,
		   const struct message_names *names);
void patterns_clear(struct patterns *p);
/* The pattern of most flows of @proto that has an answer; NULL = there is none. */
const struct pattern *pattern_typical(const struct patterns *p, uint8_t proto);
/* "18 B", "22..37 B" (most frequent first where one has half: "18 B, also 22..37"). Returns @text. */
const char *pattern_sizes(const struct pattern *p, size_t step, char text[64]);
/* The name of a step of a flow; NULL = none. */
const char *step_name(const struct message_names *names, uint16_t input, const struct talk_step *s);

#endif
