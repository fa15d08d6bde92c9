// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * start.c - rules begin: a first message turns into a match under way
 *
 * Two ways lead here: the dispatch names rules whose first message this may be, and a flow may be
 * armed with rules that wait for their first message on it ("on: open"). A beginning costs memory
 * only when the message, the flow's ports and hosts and what must be known are all right.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "detector/engine/engine.h"

/* The side with a private address when the other has none; else who opened the flow. */
static int local_dir(const struct flow_table *t, const struct flow *f)
{
	struct endpoint ends[2];

	flow_endpoint(t, f, 0, &ends[0]);
	flow_endpoint(t, f, 1, &ends[1]);
	return !ip_is_private(&ends[0].ip) && ip_is_private(&ends[1].ip);
}

static int client_dir_of(const struct detector *d, const struct flow *f, const struct rule *r,
			 const struct message *m, int dir)
{
	switch (r->client) {
	case CLIENT_INITIATOR:
		return 0;
	case CLIENT_RESPONDER:
		return 1;
	case CLIENT_RECEIVER:
		return !dir;
	case CLIENT_LOCAL:
		return local_dir(&d->flows, f);
	default:
		return m->from == FROM_SERVER ? !dir : dir;
	}
}

/* How often the rule is under way; the oldest is dropped when that is too often. */
static unsigned under_way(struct detector *d, const struct ext *x, const struct rule *r)
{
	struct inst *oldest = NULL;
	unsigned n = 0;

	for (uint32_t i = x->insts; i;) {
		struct inst *in = pool_at(&d->insts, i);

		if (in->rule == r->index && !in->over) {
			n++;
			oldest = in;
		}
		i = in->next;
	}
	if (n >= INSTS_PER_RULE && oldest && !r->tallies)
		oldest->over = true;
	return n;
}

/* A rule of one message begins and is complete: nothing of it stays on the flow but what it says.
 */
static enum verdict at_once(struct detector *d, uint32_t flow, const struct rule *r,
			    unsigned message, const struct view *v, int client_dir,
			    const uint16_t pos[2])
{
	const struct ext *x = ext_of(d, flow);
	struct inst_now now = {.in = {.flow = flow,
				      .rule = r->index,
				      .client_dir = (uint8_t)client_dir,
				      .start_ns = d->mark.ts_ns,
				      .last_ns = d->mark.ts_ns}};
	struct inst *in = inst_now(&now);

	if (x && ext_done(d, x, r->index))
		return MATCH_NO;
	if (r->known_n)
		emit_known(d, r, flow_at(&d->flows, flow), client_dir, in, false);
	progress_take(d, in, 0, message, v, pos);
	if (in->bytes)
		free(in->bytes->b[0]);
	free(in->bytes);
	return MATCH_YES;
}

enum verdict begin_rule(struct detector *d, uint32_t flow, const struct rule *r, unsigned message,
			struct view *v, int dir, int client_dir, struct inst **out)
{
	const struct message *m = &r->messages[message];
	struct flow *f = flow_at(&d->flows, flow);
	enum verdict verdict;
	struct inst *in;
	struct ext *x;
	uint16_t pos[2];

	v->from_client = dir == client_dir;
	v->gap = UINT64_MAX;
	if (!match_from(m, v->from_client))
		return MATCH_NO;
	verdict = match_message(r, m, v, NULL, pos);
	if (verdict == MATCH_NO || !match_flow(&d->flows, r, f, client_dir))
		return MATCH_NO;
	if (verdict == MATCH_YES && m->whole && v->growing)
		verdict = MATCH_MORE;
	if (verdict != MATCH_YES || !out)
		return verdict;
	if (!emit_known(d, r, f, client_dir, NULL, false))
		return MATCH_NO;
	if (r->instant)
		return at_once(d, flow, r, message, v, client_dir, pos);
	x = ext_make(d, flow);
	if (ext_done(d, x, r->index) || (under_way(d, x, r) && r->tallies))
		return MATCH_NO;
	in = inst_new(d, x, r->index, client_dir);
	if (!in)
		return MATCH_NO;
	*out = in;
	in->seen[dir] = d->mark.ts_ns;
	if (r->known_n)
		emit_known(d, r, f, client_dir, in, false); /* for the version it brings */
	if (r->tallies)
		progress_tally(d, in, v);
	else
		progress_take(d, in, 0, message, v, pos);
	return MATCH_YES;
}

bool begin_found(struct detector *d, const struct dispatch_proto *p, const uint64_t *bits,
		 uint32_t flow, struct view *v, int dir, int psh,
		 const uint64_t took[RULES_MAX / 64], bool probe)
{
	bool more = false;

	for (unsigned w = 0; w < p->words; w++)
		for (uint64_t b = bits[w]; b; b &= b - 1) {
			const struct start *s = &p->starts[w * 64 + (unsigned)__builtin_ctzll(b)];
			const struct rule *r = d->set->rules[s->rule];
			struct ext *x = ext_of(d, flow);
			struct inst *in = NULL;
			enum verdict got;

			if ((psh >= 0 && r->psh != psh) || (x && ext_done(d, x, r->index)) ||
			    (took && (took[r->index / 64] >> (r->index % 64) & 1)))
				continue;
			d->stats.starts++;
			got = begin_rule(d, flow, r, s->message, v, dir,
					 client_dir_of(d, flow_at(&d->flows, flow), r,
						       &r->messages[s->message], dir),
					 probe ? NULL : &in);
			if (got == MATCH_YES && in && x == NULL)
				x = ext_of(d, flow);
			if (got == MATCH_YES && in) {
				in->turn = x->turn_no;
				in->consumed = v->len;
			}
			more |= got == MATCH_MORE || (probe && got == MATCH_YES);
			if (probe && more)
				return true;
		}
	return more;
}

void begin_armed(struct detector *d, uint32_t flow, struct ext *x, struct view *v, int dir,
		 bool psh, const uint64_t *took)
{
	for (unsigned i = 0; i < x->armed_n; i++) {
		const struct rule *r = d->set->rules[x->armed[i].rule];
		struct inst *in = NULL;

		if (r->psh != psh || ext_done(d, x, r->index) ||
		    (took[r->index / 64] >> (r->index % 64) & 1))
			continue;
		for (unsigned m = 0; m < r->steps[0].n && !in; m++)
			begin_rule(d, flow, r, m, v, dir, x->armed[i].client_dir, &in);
	}
}

void begin_open(struct detector *d, uint32_t flow)
{
	struct flow *f = flow_at(&d->flows, flow);

	for (size_t i = 0; i < d->dispatch->open_n; i++) {
		const struct rule *r = d->set->rules[d->dispatch->open[i]];
		int client_dir = r->client == CLIENT_RESPONDER || r->client == CLIENT_RECEIVER;
		int tries = r->client == CLIENT_EITHER ? 2 : 1;

		if (!(f->proto == IPPROTO_UDP ? r->udp : r->tcp))
			continue;
		if (r->client == CLIENT_LOCAL)
			client_dir = local_dir(&d->flows, f);
		for (; tries; tries--, client_dir = !client_dir) {
			struct inst *in;
			struct ext *x;

			/* ports are asked in a moment; without any, memory seldom knows */
			if ((r->any_ports && !emit_known(d, r, f, client_dir, NULL, false)) ||
			    !match_flow(&d->flows, r, f, client_dir) ||
			    (!r->any_ports && !emit_known(d, r, f, client_dir, NULL, false)))
				continue;
			x = ext_make(d, flow);
			if (r->steps_n) {
				if (x->armed_n == ARMED_MAX)
					break;
				x->armed[x->armed_n].rule = r->index;
				x->armed[x->armed_n++].client_dir = (uint8_t)client_dir;
				if (f->proto == IPPROTO_TCP && !r->psh)
					stream_follow(d, x);
				break;
			}
			in = inst_new(d, x, r->index, client_dir);
			if (!in)
				break;
			emit_known(d, r, f, client_dir, in, false);
			in->ev[in->ev_n++] = (struct inst_ev){.ts_ns = d->mark.ts_ns,
							      .number = (uint32_t)d->mark.number,
							      .input = d->mark.input,
							      .message = OPEN_MESSAGE,
							      .from_client = 1};
			emit_complete(d, in);
			in->over = true;
			break;
		}
	}
}
