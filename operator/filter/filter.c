// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * filter.c - from a sighting to a block in force
 *
 * Model. A sighting names a flow, its client and perhaps a super node. Conntrack says how the gateway
 * forwards that flow, so that what is blocked is what its forward hook sees, wherever the sensor
 * stands. Then, for each kind that the policy blocks:
 *
 *	in the ledger		there from before: it gets its whole time again (prolonged)
 *	not answered		only the flow: a forged source can make a request, never the reply to it
 *	on the allow list, an address of this machine, over the rate, no room: refused, with a line
 *	else			into the kernel, and into the ledger with its reasons
 *
 * Flows are blocked by a bit in conntrack's mark, super nodes and clients by elements with a time
 * limit. Each is a transaction of its own, so none takes another with it.
 *
 * An entry is prolonged when it has lived a twentieth of its time (at least 0.1 s, at most a minute)
 * since it was last put into the kernel: a client that is seen a thousand times a second costs no
 * thousand transactions, and ends at most that much early.
 *
 * Limits. Clients and super nodes behind a second NAT have that NAT's address, and share its fate. A
 * program that overwrites conntrack's whole mark takes ours away; filter_settle() puts it back within
 * seconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "operator/filter/enforce.h"
#include "operator/filter/filter.h"
#include "operator/filter/keep.h"
#include "operator/filter/say.h"
#include "operator/filter/upkeep.h"

#define CONFIRM_WAIT  (150 * 1000L) /* ns between questions about a flow that is not confirmed yet */
#define CONFIRM_TRIES 3
#define CONFIRM_PAUSE (10 * MS) /* between flows that are waited for */

/* ---- what a sighting names ---- */

static bool find_flow(struct filter *f, struct seen *v)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	struct timespec wait = {.tv_nsec = CONFIRM_WAIT};
	bool wait_for = !v->s->answered && now - f->waited_ns > CONFIRM_PAUSE;
	int tries = wait_for ? CONFIRM_TRIES : 1;

	/* A first packet is seen before the gateway has sent it on, which confirms its connection. */
	for (int i = 0; i < tries; i++) {
		if (i) {
			f->waited_ns = now;
			nanosleep(&wait, NULL);
		}
		if (tracked_find(f->tracked, &v->s->flow, &v->flow, NULL) > 0)
			return true;
	}
	return false;
}

static void look(struct filter *f, struct seen *v)
{
	v->inside = v->s->flow;
	v->tracked = find_flow(f, v);
	if (v->tracked)
		v->inside = tracked_inside(&v->flow, &v->s->flow);
}

static void copy_reasons(struct filter_block *b, const struct sighting *s)
{
	snprintf(b->application, sizeof(b->application), "%s", s->application);
	snprintf(b->signature, sizeof(b->signature), "%s", s->signature);
	snprintf(b->rule, sizeof(b->rule), "%s", s->rule);
	b->revision = s->revision;
	b->kind = s->kind;
	b->flow_packets = s->flow_packets;
	for (size_t i = 0; i < s->evidence_count && i < FILTER_FRAMES; i++)
		b->frames[b->n_frames++] = s->evidence[i].number;
}

/* Who is to be blocked. False: the sighting names none of that kind. */
static bool name(const struct seen *v, enum filter_what what, struct filter_block *b)
{
	const struct sighting *s = v->s;

	*b = (struct filter_block){.what = what,
				   .flow = s->flow,
				   .client = s->flow.src.ip,
				   .inside = v->inside.src.ip};
	copy_reasons(b, s);
	b->proto = s->flow.proto;
	b->who = v->inside.src;
	if (what == FILTER_FLOW) {
		b->flow = v->inside;
	} else if (what == FILTER_CLIENT) {
		b->proto = 0;
		b->who.port = 0;
	} else if (s->super_node.ip.family && !endpoint_eq(&s->super_node, &s->flow.dst)) {
		b->who = s->super_node;
	} else if (s->super_node.ip.family || s->kind == EVENT_PROBE_ACCEPTED) {
		b->who = v->inside.dst;
	} else {
		return false;
	}
	return b->who.ip.family != 0;
}

/* ---- deciding ---- */

static uint64_t prolong_after(const struct ledger_entry *en)
{
	uint64_t part = (en->ends_ns - en->made_ns) / 20;

	return part < 100 * MS ? 100 * MS : part > 60 * NS_PER_SEC ? 60 * NS_PER_SEC : part;
}

static bool due(const struct filter *f, const struct seen *v, const struct ledger_entry *en)
{
	if (en->block.what == FILTER_FLOW) /* its connection ended, and another is like it */
		return v->tracked && !(v->flow.mark & f->policy->mark) && !f->wish.dry_run;
	return clock_ns(CLOCK_MONOTONIC) - en->made_ns >= prolong_after(en);
}

static int prolong(struct filter *f, const struct seen *v, struct ledger_entry *en,
		   const struct filter_block *b)
{
	uint64_t since = en->block.since_ns, packets = en->block.packets, bytes = en->block.bytes;

	if (!due(f, v, en) || enforce_put(f, v, b, en) < 0)
		return 0;
	en->block = *b;
	en->block.since_ns = since;
	en->block.packets = packets;
	en->block.bytes = bytes;
	enforce_done(f, en, v->s);
	ledger_to_end(f->ledger, en);
	filter_say(f, &en->block, FILTER_PROLONGED);
	return 1;
}

/* Whether a new block may be made; else the line is written. */
static bool may(struct filter *f, const struct seen *v, const struct filter_block *b)
{
	const struct ranges *allow = &f->policy->allow;
	enum refusal why;

	if (ranges_have(allow, &v->inside.src.ip) || ranges_have(allow, &v->inside.dst.ip) ||
	    ranges_have(allow, &b->who.ip))
		why = REFUSED_ALLOWED;
	else if (b->what != FILTER_FLOW && ruleset_not_one_other_host(f->ruleset, &b->who.ip))
		why = REFUSED_OWN;
	else if (!gate_block(&f->gate, clock_ns(CLOCK_MONOTONIC)))
		why = REFUSED_RATE;
	else if (ledger_full(f->ledger, b->what))
		why = REFUSED_FULL;
	else
		return true;
	filter_refuse(f, b, why, NULL);
	return false;
}

static int block(struct filter *f, const struct seen *v, enum filter_what what)
{
	struct ledger_entry *en;
	struct filter_block b;

	if (!name(v, what, &b))
		return 0;
	if (what != FILTER_FLOW && !v->s->answered)
		return filter_refuse(f, &b, REFUSED_UNANSWERED, NULL);
	en = ledger_find(f->ledger, &b);
	if (en)
		return prolong(f, v, en, &b);
	if (what == FILTER_FLOW && ledger_full(f->ledger, what))
		upkeep_flows(f, 16);
	if (!may(f, v, &b) || enforce_put(f, v, &b, NULL) < 0)
		return 0;
	en = ledger_add(f->ledger, &b);
	enforce_done(f, en, v->s);
	filter_say(f, &en->block, FILTER_BLOCKED);
	return 1;
}

int filter_sighting(struct filter *f, const struct sighting *s)
{
	struct seen v = {.s = s};
	int n = 0;

	if (!filter_policy_counts(f->policy, s) || !s->flow.src.ip.family)
		return 0;
	look(f, &v);
	for (unsigned what = 0; what < FILTER_WHATS; what++)
		if (f->policy->block & 1u << what)
			n += block(f, &v, what);
	return n;
}

struct filter *filter_open(const struct filter_policy *policy, const struct filter_wish *wish,
			   struct err *e)
{
	struct filter *f = xcalloc(1, sizeof(*f));

	f->policy = policy;
	f->wish = *wish;
	f->ledger = ledger_new(policy->size);
	gate_open(&f->gate, policy->rate, clock_ns(CLOCK_MONOTONIC));
	f->ruleset = ruleset_open(wish->netns, e);
	f->tracked = f->ruleset ? tracked_open(wish->netns, e) : NULL;
	if (f->tracked && (wish->dry_run || keep_begin(f, e) == 0) && upkeep_flowtables(f, e) == 0)
		return f;
	filter_close(f);
	return NULL;
}

void filter_close(struct filter *f)
{
	if (!f)
		return;
	if (f->table)
		keep_end(f);
	tracked_close(f->tracked);
	ruleset_close(f->ruleset);
	ledger_free(f->ledger);
	free(f);
}

int filter_unblock(struct filter *f, const struct ip *ip)
{
	return upkeep_unblock(f, ip);
}

void filter_blocked(struct filter *f)
{
	upkeep_blocked(f);
}

int filter_settle(struct filter *f, struct err *e)
{
	return upkeep_settle(f, e);
}

bool filter_tend(struct filter *f)
{
	return upkeep_tend(f);
}

bool filter_changed(struct filter *f)
{
	return upkeep_changed(f);
}

int filter_fd(const struct filter *f)
{
	return ruleset_fd(f->ruleset);
}

const struct filter_totals *filter_totals(const struct filter *f)
{
	return &f->totals;
}
