/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DRAFT_RULE_H
#define ANALYSIS_DRAFT_RULE_H

#include "analysis/draft/constraint.h"

#define DRAFT_CONSTRAINTS 24 /* of a drafted rule */

/* Flows side by side, all of one kind: pointers into a material. */
struct draft_list {
	struct draft_flow **flows; /* (owned) */
	size_t n, cap;
};
void draft_list_add(struct draft_list *l, struct draft_flow *f);
void draft_list_clear(struct draft_list *l);

/**
 * struct draft_rule - messages in order, and what they must be
 * @tcp:	Protocol
 * @steps:	Messages; @reply: of each, whether it comes from the side that did not open the flows that
 *		the rule was drafted from
 * @by_client:	That they were opened by the application's client. Over UDP the client is the local side
 *		(draft_flow.by_local), over TCP the one that the rule says
 * @constraints: Of all steps, @n of them
 * @bits:	Chance of free bytes: once in 2^bits
 * @covers, @hosts: Positive flows that match, and their hosts
 * @negatives:	Negative flows that match
 * @sessions:	Of @covers, those that the labels mark as sessions
 * @span_ns:	Longest time from its first message to its last
 */
struct draft_rule {
	bool tcp, by_client;
	uint8_t steps, n;
	bool reply[DRAFT_STEPS];
	struct draft_constraint constraints[DRAFT_CONSTRAINTS];
	double bits;
	uint64_t covers, negatives, sessions, span_ns;
	size_t hosts;
};

/* Whether the flow has messages that match, as the detector would find them: each step takes the first
 * message that fits. @without: index of a constraint that is not asked for, -1 = none. */
bool rule_matches(const struct draft_rule *r, const struct draft_flow *f, int without);
/* The same; says which messages they are. */
bool rule_match(const struct draft_rule *r, const struct draft_flow *f, int without,
		uint8_t place[DRAFT_STEPS]);
/* Whether the first @r->steps messages of a flow are the rule's steps, whatever they hold. */
bool rule_fits(const struct draft_rule *r, const struct draft_flow *f);
/* Chance of free bytes, once in 2^bits, of all its constraints. */
double rule_bits(const struct draft_rule *r);
/* Whether both ask the same, though in another order. */
bool rule_same(const struct draft_rule *a, const struct draft_rule *b);
bool rule_has(const struct draft_rule *r, enum draft_kind kind);

#endif
