/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_OPERATOR_H
#define RUN_CELL_OPERATOR_H

#include "base/err.h"
#include "lab/lab.h"
#include "operator/filter/policy.h"
#include "operator/sighting.h"
#include "run/cell/cell.h"

/* The operator on a gateway of a cell: a detector of our own on a tap, and a filter behind it. */
struct cell_operator;

/**
 * struct operator_act - a sighting, and what was done about it
 * @s:		What was seen
 * @seen_ns:	Planned time (loop_due()) of the packet that decided
 * @done_ns:	That of the rule in force, or of the refusal
 * @blocked:	The filter put something in force, @what: the widest that it did
 * @refused:	Why it did not; "" = it did, or the policy has nothing for this
 * @flow_packets, @client_packets: Packets captured until @done_ns, both ways, of the flow and of all
 *		of its client
 */
struct operator_act {
	struct sighting s;
	uint64_t seen_ns, done_ns;
	bool blocked;
	enum filter_what what;
	char refused[64];
	uint64_t flow_packets, client_packets;
};

/* Before lab_taps_start(). Nothing without an operator in the scenario. */
void cell_operator_plan(const struct cell_job *job, struct lab *lab);
/* After lab_taps_start(), before the clock runs: *@out, or NULL there without an operator in the
 * scenario. 0, or -1 with @e set. */
int cell_operator_start(struct cell_operator **out, const struct cell_job *job, struct lab *lab,
			struct loop *loop, struct err *e);
/* After the traffic: takes the filter off the gateway. 0; -1 with @e set, also when something went
 * wrong meanwhile. NULL is allowed. */
int cell_operator_finish(struct cell_operator *o, struct err *e);
/* In the order in which they were done. */
size_t cell_operator_acts(const struct cell_operator *o, const struct operator_act **out);
void cell_operator_free(struct cell_operator *o);

#endif
