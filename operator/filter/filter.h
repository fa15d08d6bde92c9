/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_FILTER_H
#define OPERATOR_FILTER_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "operator/filter/gate.h"
#include "operator/filter/latency.h"
#include "operator/filter/policy.h"
#include "operator/sighting.h"

/*
 * From what the signatures say to rules in the kernel: a table of our own blocks flows, super nodes
 * and clients, as the policy says (filter.c has the model). One thread.
 *
 *	policy = filter_policy_load(NULL, &e);
 *	f = filter_open(policy, &(struct filter_wish){.netns = -1, .fn = print}, &e);
 *	filter_sighting(f, &s);			the rule is in force when it returns
 *	filter_settle(f);			each second, and when filter_changed()
 *	while (filter_tend(f)) ...		after it, between sightings
 *	filter_close(f);			the table is gone, unless it is to stay
 */

enum filter_outcome {
	FILTER_BLOCKED,	  /* a new block is in force */
	FILTER_PROLONGED, /* seen again: it ends later */
	FILTER_EXPIRED,	  /* its time is over, or its flow */
	FILTER_UNBLOCKED, /* somebody asked for it */
	FILTER_REFUSED,	  /* it is not blocked; @why */
	FILTER_ADOPTED,	  /* found in the table that another start left */
	FILTER_LISTED,	  /* it is in force, says filter_blocked() */
	FILTER_REPORT,	  /* about the ruleset, not a block; @why */
	FILTER_OUTCOMES,
};

#define FILTER_FRAMES 8 /* as many as EVIDENCE_MAX */

/**
 * struct filter_block - one line: what was blocked or not, and why. A plain value
 * @who:	FILTER_CLIENT: the address, port 0; FILTER_SUPER_NODE: the endpoint; FILTER_FLOW: its
 *		client's side. As the gateway's inside sees it
 * @flow:	As the sensor saw it, src = the client's side; proto 0 = not known (adopted)
 * @client:	The client as the sensor saw it; family 0 = not known (adopted). @inside: as the
 *		gateway's inside sees it
 * @proto:	FILTER_SUPER_NODE, FILTER_FLOW: IPPROTO_...
 * @now_ns:	When the line was made, ns since 1970
 * @since_ns, @until_ns: When it began and will end, ns since 1970; until 0 = with its flow
 * @frames:	Numbers of the packets that are the evidence, first @n_frames
 * @flow_packets: Packets of the flow when it was blocked, as the sensor counted
 * @latency_ns:	From the time stamp of the packet that decided to the rule in force
 * @packets, @bytes: Listed: what the rule stopped of it so far (clients and super nodes)
 * @suppressed:	Refused: so many lines like this one were left out before it
 * @why:	Refused, report: one line
 * @dry_run:	Nothing was touched
 */
struct filter_block {
	enum filter_outcome outcome;
	enum filter_what what;
	struct endpoint who;
	uint8_t proto;
	struct tuple flow;
	struct ip client, inside;
	uint64_t now_ns, since_ns, until_ns;
	char application[24], signature[64], rule[64];
	unsigned revision;
	enum event_kind kind;
	uint64_t frames[FILTER_FRAMES];
	size_t n_frames;
	uint64_t flow_packets, latency_ns;
	uint64_t packets, bytes;
	uint64_t suppressed;
	char why[200];
	bool dry_run;
};

typedef void filter_fn(void *arg, const struct filter_block *b);

/**
 * struct filter_wish - where and how
 * @netns:	The gateway's namespace, -1 = this thread's
 * @dry_run:	The same lines, and nothing touched
 * @fail_closed: The table stays when this process ends, however it ends; the next start adopts it.
 *		Else the kernel removes it then, at once
 * @fn, @arg:	Called for each line, from within the functions below
 */
struct filter_wish {
	int netns;
	bool dry_run, fail_closed;
	filter_fn *fn;
	void *arg;
};

/**
 * struct filter_totals - since the start
 * @blocks:	By what came of them; refused ones apart
 * @refused:	By cause
 * @in_force, @packets, @bytes: Blocks in force, what they stopped: as of filter_settle()
 * @latency:	From the packets that decided to the rules in force
 * @lines_lost:	Lines that a process behind did not take (process.h)
 */
struct filter_totals {
	uint64_t blocks[FILTER_WHATS][FILTER_OUTCOMES];
	uint64_t refused[FILTER_WHATS][REFUSALS];
	uint64_t in_force[FILTER_WHATS];
	uint64_t packets[FILTER_WHATS], bytes[FILTER_WHATS];
	struct filter_latency latency;
	uint64_t lines_lost;
};

/* @policy must outlive it. NULL with @e set: the kernel lacks something (EXIT_ENV), or the table is
 * another's. */
struct filter *filter_open(const struct filter_policy *policy, const struct filter_wish *wish,
			   struct err *e);
/* Blocks what the policy says of @s. How many blocks are new or were prolonged. A block that is not
 * possible is a line, never an error. */
int filter_sighting(struct filter *f, const struct sighting *s);
/* Ends all blocks of @ip (NULL = all of them), as client, as super node, as a side of a flow. How
 * many. */
int filter_unblock(struct filter *f, const struct ip *ip);
/* Calls the wish's function with FILTER_LISTED for each block in force. */
void filter_blocked(struct filter *f);
/* Says what expired, looks whether the table is as it was made and whether others' rules lead past
 * it. 0, or -1 with @e set: the table is lost and cannot be made again. */
int filter_settle(struct filter *f, struct err *e);
/* Looks at the next of the blocked flows whose turn came with filter_settle(): whether its connection has
 * ended, and still has its mark. One question to the kernel: no sighting has to wait for more. False:
 * there are no more. */
bool filter_tend(struct filter *f);
/* Readable when the ruleset changed: then call filter_changed(). */
int filter_fd(const struct filter *f);
/* Whether somebody else changed the rules since it was called last: then filter_settle() looks at
 * them. */
bool filter_changed(struct filter *f);
const struct filter_totals *filter_totals(const struct filter *f);
/* NULL is allowed. Without fail_closed every trace is removed. */
void filter_close(struct filter *f);

#endif
