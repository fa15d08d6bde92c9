// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * start.c - rules start: a first message becomes a match under way
 *
 * Two ways lead here: the dispatch finds rules whose first message a payload may be, and a flow may
 * be armed with rules that wait for their first message on it ("on: open"). A start takes memory
 * only when the message, the flow's ports and hosts and what must be known are all right.
 *
 * Most rules that have taken their first message take no memory of their own until they take the
 * second (begun.c). A rule of one message ("instant") never becomes a match in the pool: it is complete as soon as it
 * starts. What becomes of the other matches is told in step.c.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "detector/engine/action.h"
#include "detector/engine/client_side.h"
#include "detector/engine/gauge.h"
#include "detector/engine/known.h"
#include "detector/engine/start.h"
#include "detector/engine/step.h"
#include "detector/engine/begun.h"

/* How often the rule is under way on the flow; when that is too often, the oldest is dropped. */
static unsigned under_way(struct detector *d, const struct flow_state *x, const struct rule *r)
{
	uint64_t starts[WAITING_WORDS];
	struct match *oldest = NULL;
	unsigned n = 0;

	begun_starts(d, r, starts);
	for (uint32_t i = x->matches; i;) {
		struct match *in = pool_at(&d->matches, i);
		unsigned more = in->rule == WAITING ? begun_count(in, starts)
						    : in->rule == r->index && !in->over;

		if (more) {
			n += more;
			oldest = in;
		}
		i = in->next;
	}
	if (n < MATCHES_PER_RULE || r->tallies)
		return n;
	if (oldest->rule == WAITING)
		begun_drop_oldest(oldest, starts);
	else
		oldest->over = true;
	return n;
}

/* A rule of one message starts and is complete: it leaves no state on the flow except that it is
 * done. */
static enum match_result at_once(struct detector *d, uint32_t flow, const struct rule *r,
				 unsigned message, const struct view *v, int client_dir,
				 const uint16_t pos[2])
{
	struct match_room now;
	struct match *in = match_in_room(&now);

	in->flow = flow;
	in->rule = r->index;
	in->client_dir = (uint8_t)client_dir;
	in->start_ns = in->last_ns = d->packet.ts_ns;
	if (r->known_n)
		known_ask(d, r, flow_at(&d->flows, flow), client_dir, in, false);
	step_take(d, in, 0, message, v, pos);
	if (in->bytes) {
		free(in->bytes->b[0]);
		free(in->bytes);
	}
	return MATCH_YES;
}

enum match_result start_rule(struct detector *d, uint32_t flow, const struct rule *r,
			     unsigned message, struct view *v, int dir, int client_dir,
			     struct match **out)
{
	const struct message *m = &r->messages[message];
	struct flow *f = flow_at(&d->flows, flow);
	enum match_result result;
	struct match *in;
	struct flow_state *x;
	uint16_t pos[2];

	v->from_client = dir == client_dir;
	v->gap = UINT64_MAX;
	if (!match_from(m, v->from_client))
		return MATCH_NO;
	result = match_message(r, m, v, NULL, pos);
	if (result == MATCH_NO || !match_flow(&d->flows, r, f, client_dir))
		return MATCH_NO;
	if (result == MATCH_YES && m->whole && v->growing)
		result = MATCH_MORE;
	if (result != MATCH_YES || !out)
		return result;
	if (r->known_n && known_ask(d, r, f, client_dir, NULL, false) == KNOWN_NO)
		return MATCH_NO;
	if (r->instant)
		return at_once(d, flow, r, message, v, client_dir, pos);
	x = flow_state_make(d, flow);
	if (under_way(d, x, r) && r->tallies)
		return MATCH_NO;
	in = flow_state_add_match(d, x, &x->matches, r->index, client_dir);
	if (!in)
		return MATCH_NO;
	*out = in;
	gauge_begin(d, in);
	in->seen[dir] = d->packet.ts_ns;
	if (r->known_n)
		known_ask(d, r, f, client_dir, in, false); /* for the version it brings */
	if (r->tallies)
		step_tally(d, in, v);
	else
		step_take(d, in, 0, message, v, pos);
	return MATCH_YES;
}

/* The next start of @bits that is worth trying, taken out of them; NULL = none. */
static inline const struct dispatch_start *
next_start(struct detector *d, const struct start_payload *s, unsigned w, uint64_t *bits)
{
	const struct flow *f = flow_at(&d->flows, s->flow);

	while (*bits) {
		unsigned bit = (unsigned)__builtin_ctzll(*bits);
		const struct dispatch_start *at = &s->proto->starts[w * 64 + bit];
		const struct flow_state *x = flow_state_of(d, s->flow);

		*bits &= *bits - 1;
		if (at->joined && (f->flags & (FLOW_SYN | FLOW_SYNACK)))
			continue; /* as match_flow() will say, but before the bytes are searched */
		if ((s->reads != READS_ANY && at->psh != (s->reads == READS_SEGMENTS)) ||
		    (x && (x->done_starts[w] >> bit & 1)) ||
		    (s->took && (s->took[at->rule / 64] >> (at->rule % 64) & 1)))
			continue;
		d->stats.starts++;
		return at;
	}
	return NULL;
}

/* Tries one start; @out as in start_rule(). @local: client_side_local(), -1 = not yet asked. */
static inline enum match_result try_start(struct detector *d, const struct start_payload *s,
					  const struct dispatch_start *at, int *local,
					  struct match **out)
{
	const struct view *v = s->v;
	int client_dir;

	if (at->quick_mask && at->quick_at < v->avail &&
	    (v->data[at->quick_at] & at->quick_mask) != at->quick)
		return MATCH_NO;
	if (at->client == CLIENT_LOCAL && *local < 0)
		*local = client_side_local(&d->flows, flow_at(&d->flows, s->flow));
	client_dir =
		client_side_of((enum client_side)at->client, (enum from)at->from, s->dir, *local);
	if (at->from != FROM_EITHER && (at->from == FROM_CLIENT) != (s->dir == client_dir))
		return MATCH_NO;
	return start_rule(d, s->flow, d->set->rules[at->rule], at->message, s->v, s->dir,
			  client_dir, out);
}

/* Lets a start wait, if its message is right. @group: index of those of this payload; 0 = none yet. */
static void wait_for_second(struct detector *d, const struct start_payload *s,
			    const struct dispatch_start *at, int *local, uint32_t *group)
{
	struct flow_state *x;

	if (try_start(d, s, at, local, NULL) != MATCH_YES)
		return;
	x = flow_state_make(d, s->flow);
	under_way(d, x, d->set->rules[at->rule]);
	begun_add(d, x, s->v, s->dir, (unsigned)(at - s->proto->starts), group);
}

bool start_found(struct detector *d, const struct start_payload *s)
{
	const struct dispatch_start *at;
	struct said said;
	uint32_t group = 0;
	int local = -1;
	bool more = false;

	said_begin(&said);
	s->v->said = &said;
	for (unsigned w = 0; w < s->proto->words; w++)
		for (uint64_t bits = s->bits[w]; (at = next_start(d, s, w, &bits));) {
			struct match *in = NULL;
			enum match_result got;

			if (begun_may(d, s->proto, (unsigned)(at - s->proto->starts))) {
				wait_for_second(d, s, at, &local, &group);
				continue;
			}
			got = try_start(d, s, at, &local, &in);
			if (in) {
				in->burst = flow_state_of(d, s->flow)->burst_no;
				in->consumed = s->v->len;
			}
			more |= got == MATCH_MORE;
		}
	s->v->said = NULL;
	return more;
}

bool start_possible(struct detector *d, const struct start_payload *s)
{
	const struct dispatch_start *at;
	bool possible = false;
	int local = -1;
	struct said said;

	said_begin(&said);
	s->v->said = &said;
	for (unsigned w = 0; w < s->proto->words && !possible; w++)
		for (uint64_t bits = s->bits[w]; !possible && (at = next_start(d, s, w, &bits));)
			possible = try_start(d, s, at, &local, NULL) != MATCH_NO;
	s->v->said = NULL;
	return possible;
}

void start_armed(struct detector *d, uint32_t flow, struct flow_state *x, struct view *v, int dir,
		 bool psh, const uint64_t *took)
{
	for (unsigned i = 0; i < x->armed_n; i++) {
		const struct rule *r = d->set->rules[x->armed[i].rule];
		struct match *in = NULL;

		if (r->psh != psh || flow_state_done(d, x, r->index) ||
		    (took[r->index / 64] >> (r->index % 64) & 1))
			continue;
		for (unsigned m = 0; m < r->steps[0].n && !in; m++)
			start_rule(d, flow, r, m, v, dir, x->armed[i].client_dir, &in);
	}
}

/* Whether the rule may begin with the flow. Ports are asked fastest; where no port is asked for,
 * memory comes before the hosts, since it seldom knows. */
static bool may_open(struct detector *d, const struct rule *r, const struct flow *f, int client_dir)
{
	if (r->any_ports)
		return known_ask(d, r, f, client_dir, NULL, false) != KNOWN_NO &&
		       match_flow(&d->flows, r, f, client_dir);
	return match_flow(&d->flows, r, f, client_dir) &&
	       known_ask(d, r, f, client_dir, NULL, false) != KNOWN_NO;
}

/* A rule with steps waits on the flow for the first; one without is complete. */
static void open_one(struct detector *d, uint32_t flow, const struct rule *r, int client_dir)
{
	struct flow *f = flow_at(&d->flows, flow);
	struct flow_state *x = flow_state_make(d, flow);
	struct match *in;

	if (r->steps_n) {
		if (x->armed_n == ARMED_MAX)
			return;
		x->armed[x->armed_n].rule = r->index;
		x->armed[x->armed_n++].client_dir = (uint8_t)client_dir;
		if (f->proto == IPPROTO_TCP && !r->psh)
			flow_state_reassemble(d, x);
		return;
	}
	in = flow_state_add_match(d, x, &x->matches, r->index, client_dir);
	if (!in)
		return;
	known_ask(d, r, f, client_dir, in, false);
	in->ev[in->ev_n++] = (struct match_evidence){.ts_ns = d->packet.ts_ns,
						     .number = (uint32_t)d->packet.number,
						     .input = d->packet.input,
						     .message = OPEN_MESSAGE,
						     .from_client = 1};
	action_complete(d, in);
	in->over = true;
}

void start_open(struct detector *d, uint32_t flow)
{
	struct flow *f = flow_at(&d->flows, flow);

	for (size_t i = 0; i < d->dispatch->open_n; i++) {
		const struct rule *r = d->set->rules[d->dispatch->open[i]];
		int client_dir;
		int tries = r->client == CLIENT_EITHER ? 2 : 1;

		if (!(f->proto == IPPROTO_UDP ? r->udp : r->tcp))
			continue;
		client_dir = client_side_at_open(&d->flows, f, r);
		for (; tries; tries--, client_dir = !client_dir) {
			if (!may_open(d, r, f, client_dir))
				continue;
			open_one(d, flow, r, client_dir);
			break;
		}
	}
}
