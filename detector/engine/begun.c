// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * begun.c - rules that have taken their first message, as bits
 *
 * One datagram is the first message of many rules at once, and most of them never take a second one.
 * So those of which nothing but the message must be kept (language/dispatch.c, may_wait()) get no
 * struct match yet: one in the flow's list stands for all of them (rule WAITING), with a bit for each
 * start and the first bytes of the message. When another datagram comes, rows of bits say which of
 * them it may be the second message of, and which are over because it is not ("next").
 *
 *   state of a start   enters it                      leaves it
 *   waiting            begun_add(): its first       its second message is too late, or another
 *                      message is right               message was "next": the bit is cleared; the
 *                                                     second message, or other signatures
 *                                                     (reload.c): a match
 *   a match            begun_offer(): it has        as in step.c
 *                      taken its second message
 *
 * What a flow's rules report does not depend on this: starts and matches are offered a message in the
 * order in which each would have been, had it been a match from the first. So a group holds what began
 * on one datagram without another match in between, and is split where one of its starts becomes a
 * match.
 *
 * Limits. UDP only: on TCP a burst may be several messages. The first WAITING_WORDS * 64 starts only.
 * Not with detector_explain(), which keeps the messages whole, nor with detector_reach().
 */
#include <string.h>

#include "detector/engine/client_side.h"
#include "detector/engine/step.h"
#include "detector/engine/begun.h"

static void expires(struct match *g, uint64_t within)
{
	uint64_t due =
		!within || g->start_ns > UINT64_MAX - within ? UINT64_MAX : g->start_ns + within;

	if (due < g->due)
		g->due = due;
	if (due > g->last_due)
		g->last_due = due;
}

void begun_add(struct detector *d, struct flow_state *x, const struct view *v, int dir,
	       unsigned start, uint32_t *group)
{
	struct match *g;

	if (!*group || x->matches != *group) {
		g = flow_state_add_match(d, x, &x->matches, WAITING, dir);
		if (!g)
			return;
		*group = x->matches;
		g->seen[dir] = d->packet.ts_ns;
		g->due = UINT64_MAX;
		g->number = (uint32_t)d->packet.number;
		g->input = d->packet.input;
		g->size = v->len;
		g->first_n = (uint8_t)(v->avail < WAITING_BYTES ? v->avail : WAITING_BYTES);
		memcpy(g->first, v->data, g->first_n);
	}
	g = pool_at(&d->matches, *group);
	g->starts[start / 64] |= 1ULL << (start % 64);
	expires(g, d->dispatch->udp.waiting.within[start]);
}

void begun_starts(const struct detector *d, const struct rule *r, uint64_t out[WAITING_WORDS])
{
	const struct dispatch_proto *p = &d->dispatch->udp;

	memset(out, 0, WAITING_WORDS * sizeof(*out));
	for (size_t i = p->first_of[r->index];
	     i < p->n && i < WAITING_WORDS * 64 && p->starts[i].rule == r->index; i++)
		out[i / 64] |= 1ULL << (i % 64);
}

void begun_drop_oldest(struct match *g, const uint64_t starts[WAITING_WORDS])
{
	for (unsigned w = 0; w < WAITING_WORDS; w++) {
		uint64_t bits = g->starts[w] & starts[w];

		if (!bits)
			continue;
		g->starts[w] &= ~(bits & -bits);
		return;
	}
}

/* Clears what has waited too long. */
static void drop_late(const struct detector *d, struct match *g)
{
	const uint64_t *within = d->dispatch->udp.waiting.within;
	uint64_t now = d->packet.ts_ns;

	if (now <= g->due)
		return;
	g->due = UINT64_MAX;
	g->last_due = 0;
	for (unsigned w = 0; w < WAITING_WORDS; w++)
		for (uint64_t b = g->starts[w]; b; b &= b - 1) {
			unsigned start = w * 64 + (unsigned)__builtin_ctzll(b);

			if (within[start] && now - g->start_ns > within[start])
				g->starts[w] &= ~(b & -b);
			else
				expires(g, within[start]);
		}
}

/* The match that the start would have been. */
static struct match *as_match(struct detector *d, const struct match *g, unsigned start,
			      struct match_room *room)
{
	const struct dispatch_start *s = &d->dispatch->udp.starts[start];
	const struct flow *f = flow_at(&d->flows, g->flow);
	struct view first = {.data = g->first, .len = g->size, .avail = g->first_n};
	struct packet_ref packet = d->packet;
	struct match *in = match_in_room(room);
	const uint16_t pos[2] = {0}; /* nobody asks for it: only with detector_explain() */
	int local = s->client == CLIENT_LOCAL ? client_side_local(&d->flows, f) : 0;

	in->flow = g->flow;
	in->rule = s->rule;
	in->client_dir = (uint8_t)client_side_of((enum client_side)s->client, (enum from)s->from,
						 g->client_dir, local);
	in->start_ns = g->start_ns;
	in->seen[0] = g->seen[0];
	in->seen[1] = g->seen[1];
	first.from_client = g->client_dir == in->client_dir;
	d->packet =
		(struct packet_ref){.ts_ns = g->start_ns, .number = g->number, .input = g->input};
	step_take(d, in, 0, s->message, &first, pos);
	d->packet = packet;
	return in;
}

/* Puts the match into the flow's list, at @at, and into the pool. Returns it, NULL = no room. */
static struct match *keep(struct detector *d, struct flow_state *x, uint32_t *at,
			  const struct match *in)
{
	struct match *kept = flow_state_add_match(d, x, at, in->rule, in->client_dir), was;

	if (!kept)
		return NULL;
	was = *kept;
	*kept = *in;
	kept->next = was.next;
	kept->tail = was.tail;
	kept->ev = was.ev;
	kept->save = was.save;
	kept->ev_max = was.ev_max;
	memcpy(kept->ev, in->ev, in->ev_n * sizeof(*in->ev));
	memcpy(kept->save, in->save, d->set->rules[in->rule]->save_bytes);
	return kept;
}

static bool waits(const struct match *g)
{
	uint64_t any = 0;

	for (unsigned w = 0; w < WAITING_WORDS; w++)
		any |= g->starts[w];
	return any != 0;
}

/* Whether a start above @start waits in the group. */
static bool above(const struct match *g, unsigned start)
{
	uint64_t any = start % 64 < 63 ? g->starts[start / 64] >> (start % 64 + 1) : 0;

	for (unsigned w = start / 64 + 1; w < WAITING_WORDS; w++)
		any |= g->starts[w];
	return any != 0;
}

/* The starts below @start get a group of their own, behind @g. NULL = no room. */
static struct match *split(struct detector *d, struct flow_state *x, struct match *g,
			   unsigned start)
{
	struct match *below = flow_state_add_match(d, x, &g->next, WAITING, g->client_dir);
	uint32_t next;

	if (!below)
		return NULL;
	next = below->next;
	*below = *g;
	below->next = next;
	for (unsigned w = 0; w < WAITING_WORDS; w++) {
		uint64_t low = w < start / 64	 ? UINT64_MAX
			       : w == start / 64 ? (1ULL << (start % 64)) - 1
						 : 0;

		below->starts[w] &= low;
		g->starts[w] &= ~low;
	}
	return below;
}

/* Puts the match that @start, no longer in the group at @at, has become where it belongs: behind the
 * starts above it, in front of those below. Returns the link to the group of those. */
static uint32_t *become_match(struct detector *d, struct flow_state *x, uint32_t *at,
			      unsigned start, const struct match *in)
{
	struct match *g = pool_at(&d->matches, *at), *kept;

	if (above(g, start)) {
		if (!split(d, x, g, start))
			return at;
		at = &g->next;
	}
	kept = keep(d, x, at, in);
	return kept ? &kept->next : at;
}

/* Whether a test may hold; where it compares with bytes of the first message, whether it does. */
static bool may_hold(const struct match *g, const struct test *t, const struct view *v)
{
	int64_t here = t->at, there = t->there;

	if (t->kind != TEST_EQUAL || t->ref < 0 || here < 0 || there < 0 ||
	    here + t->length > v->avail || there + t->length > g->first_n)
		return true;
	return !memcmp(v->data + here, g->first + there, t->length) != t->negate;
}

static bool tests_may_hold(const struct match *g, const struct message *m, const struct view *v)
{
	for (unsigned i = 0; i < m->tests_n; i++)
		if (!may_hold(g, &m->tests[i], v))
			return false;
	return true;
}

/* Whether the datagram may be the second message of @r: what can be asked without a match. */
static bool may_take(const struct match *g, const struct rule *r, const struct view *v)
{
	const struct step *second = &r->steps[1];

	for (unsigned i = second->first; i < second->first + second->n; i++) {
		const struct message *m = &r->messages[i];

		if (m->size_ref >= 0 && (int64_t)g->size + m->size_plus != v->len)
			continue;
		if (m->quick_mask && m->quick_at < v->avail &&
		    (v->data[m->quick_at] & m->quick_mask) != m->quick)
			continue;
		if (match_place(m, v) && tests_may_hold(g, m, v))
			return true;
	}
	return false;
}

/* What becomes of a start that is offered a datagram. */
enum fate { FATE_WAITS, FATE_OVER, FATE_MATCH };

static enum fate offer_one(struct detector *d, const struct match *g, unsigned start,
			   struct view *v, int dir, uint64_t took[RULES_MAX / 64],
			   struct match_room *room)
{
	static const uint32_t zero[1];
	const struct dispatch_proto *p = &d->dispatch->udp;
	const struct rule *r = d->set->rules[p->starts[start].rule];
	bool ends = p->waiting.next[dir == g->client_dir][start / 64] >> (start % 64) & 1, next;
	struct match *in;

	if (!may_take(g, r, v))
		return ends ? FATE_OVER : FATE_WAITS;
	in = as_match(d, g, start, room);
	v->from_client = dir == in->client_dir;
	if (!step_offer(d, in, v, true, zero, 1, &next))
		return ends || in->over ? FATE_OVER : FATE_WAITS;
	took[r->index / 64] |= 1ULL << (r->index % 64);
	/* an answered one is still asked for by others of its rule: answer_beside() */
	return in->over && !in->answered ? FATE_OVER : FATE_MATCH;
}

uint32_t *begun_offer(struct detector *d, struct flow_state *x, uint32_t *at, struct view *v,
		      int dir, uint64_t took[RULES_MAX / 64])
{
	const struct dispatch_proto *p = &d->dispatch->udp;
	struct match *g = pool_at(&d->matches, *at);
	const uint64_t *size;
	bool same = dir == g->client_dir;
	uint64_t may[WAITING_WORDS];
	struct match_room room;

	drop_late(d, g);
	v->gap = step_gap(d, g, dir);
	g->seen[dir] = d->packet.ts_ns;
	size = dispatch_row(p, ROWS_SECOND, v->len < DISPATCH_SIZES ? v->len : DISPATCH_SIZES);
	for (unsigned w = 0; w < WAITING_WORDS; w++) {
		may[w] = w < p->words ? g->starts[w] & p->waiting.toward[same][w] & size[w] : 0;
		g->starts[w] &= may[w] | ~p->waiting.next[same][w];
	}
	for (unsigned w = WAITING_WORDS; w-- > 0;)
		while (may[w]) {
			unsigned bit = 63U - (unsigned)__builtin_clzll(may[w]);
			enum fate fate = offer_one(d, g, w * 64 + bit, v, dir, took, &room);

			may[w] &= ~(1ULL << bit);
			if (fate == FATE_WAITS)
				continue;
			g->starts[w] &= ~(1ULL << bit);
			if (fate == FATE_MATCH)
				at = become_match(d, x, at, w * 64 + bit, &room.in);
			g = pool_at(&d->matches, *at);
		}
	g->over = !waits(g);
	return &g->next;
}

void begun_spread(struct detector *d, struct flow_state *x)
{
	struct match_room room;

	for (uint32_t *at = &x->matches; *at;) {
		struct match *g = pool_at(&d->matches, *at);

		for (unsigned w = WAITING_WORDS; g->rule == WAITING && w-- > 0;)
			while (g->starts[w]) {
				unsigned bit = 63U - (unsigned)__builtin_clzll(g->starts[w]);

				g->starts[w] &= ~(1ULL << bit);
				as_match(d, g, w * 64 + bit, &room);
				at = become_match(d, x, at, w * 64 + bit, &room.in);
				g = pool_at(&d->matches, *at);
			}
		g->over |= g->rule == WAITING;
		at = &g->next;
	}
	flow_state_settle(d, x);
}
