// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gauge.c - the conditions of tallies: counts, and figures of a flow or of some of its packets
 *
 * Model. A flow keeps packets and bytes of payload. What it does not keep (least and greatest size, one side,
 * segments without payload, the last packets or seconds, gaps) is in gauges: state of the match, from a pool, for
 * rules that ask such. It begins with the packet that starts the rule.
 *
 *   a gauge of        keeps                              a condition holds
 *   all packets       one cell                           as soon as there is a packet
 *   the last N        a cell for each                    when there were N
 *   the last T        GAUGE_PARTS cells of T/GAUGE_PARTS when the first of these is over, so that it is
 *                     each, from the first packet on     of more than T less a part, up to T
 *   gaps              a histogram, see gauge_gap_bin()   when there are as many as asked
 *
 * Rates are over the time since the first packet of the gauge; of the last T, since the oldest cell began.
 *
 * Limits. Packets whose time steps back count at the latest time. A segment without payload counts each time that it
 * is sent, one with payload once. Without a packet in the window there is no size.
 */
#include "detector/engine/flow_state.h"
#include "detector/engine/gauge.h"
#include "detector/engine/statistic.h"
#include "detector/language/gauge.h"

size_t gauge_room(const struct signature_set *set)
{
	size_t most = 0;

	for (size_t i = 0; i < set->rules_n; i++)
		if (set->rules[i]->gauge_bytes > most)
			most = set->rules[i]->gauge_bytes;
	return most;
}

bool gauge_wanted(const struct signature_set *set)
{
	for (size_t i = 0; i < set->rules_n; i++)
		if (set->rules[i]->gauges_n)
			return true;
	return false;
}

static struct gauge_state *state_of(const struct detector *d, const struct match *in,
				    const struct gauge *g)
{
	return (void *)((char *)pool_at(&d->gauges, in->gauge) + g->at);
}

/* Goes on to cell @number; cells between are empty. */
static void move_to(struct gauge_state *s, const struct gauge *g, uint64_t number)
{
	unsigned cells = gauge_cells(g);

	for (uint64_t n = 1; n <= number - s->number && n <= cells; n++) {
		struct gauge_cell *c = &s->cells[(s->number + n) % cells];

		s->packets -= c->packets;
		s->bytes -= c->bytes;
		*c = (struct gauge_cell){0};
	}
	s->number = number;
}

/* A window of time has come to @now. */
static void pass(struct gauge_state *s, const struct gauge *g, uint64_t now)
{
	if (g->part && s->begun_ns && now > s->begun_ns &&
	    (now - s->begun_ns) / g->part > s->number)
		move_to(s, g, (now - s->begun_ns) / g->part);
}

static void add(struct gauge_state *s, const struct gauge *g, uint64_t now, uint32_t len)
{
	struct gauge_cell *c;

	pass(s, g, now);
	if (!s->begun_ns)
		s->begun_ns = now;
	else if (g->packets)
		move_to(s, g, s->number + 1);
	if (now > s->last_ns)
		s->last_ns = now;
	c = &s->cells[s->number % gauge_cells(g)];
	if (!c->packets)
		*c = (struct gauge_cell){.first_ns = s->last_ns, .least = len};
	if (c->packets == UINT32_MAX)
		return;
	s->packets++;
	s->bytes += len;
	c->packets++;
	c->bytes += len;
	c->least = len < c->least ? len : c->least;
	c->greatest = len > c->greatest ? len : c->greatest;
}

static void add_to(struct detector *d, struct match *in, int dir, uint32_t len)
{
	const struct rule *r = d->set->rules[in->rule];

	for (unsigned i = 0; i < r->gauges_n; i++) {
		const struct gauge *g = &r->gauges[i];

		if (g->off || (!len && !g->empty) ||
		    (g->from != FROM_EITHER && (g->from == FROM_CLIENT) != (dir == in->client_dir)))
			continue;
		add(state_of(d, in, g), g, d->now_ns, len);
	}
}

void gauge_packet(struct detector *d, uint32_t flow, int dir, uint32_t len)
{
	const struct flow_state *x = flow_state_of(d, flow);

	d->gauged_now = (struct gauged_packet){.flow = flow, .len = len, .dir = (uint8_t)dir};
	for (uint32_t i = x ? x->matches : 0; i;) {
		struct match *in = pool_at(&d->matches, i);

		if (in->rule != WAITING && in->gauge && !in->over &&
		    d->set->rules[in->rule]->gauges_n)
			add_to(d, in, dir, len);
		i = in->next;
	}
}

void gauge_begin(struct detector *d, struct match *in)
{
	if (!d->set->rules[in->rule]->gauge_bytes)
		return;
	in->gauge = pool_get(&d->gauges); /* as many as matches */
	if (d->gauged_now.flow == in->flow)
		add_to(d, in, d->gauged_now.dir, d->gauged_now.len);
}

void gauge_message(struct detector *d, struct match *in, const struct view *v)
{
	const struct rule *r = d->set->rules[in->rule];

	for (unsigned i = 0; i < r->gauges_n; i++) {
		const struct gauge *g = &r->gauges[i];
		struct gap_state *s;

		if (!g->off || v->gap == UINT64_MAX ||
		    (g->from != FROM_EITHER && (g->from == FROM_CLIENT) != v->from_client))
			continue;
		s = (void *)state_of(d, in, g);
		if (s->n == UINT32_MAX)
			continue;
		s->n++;
		s->bins[gauge_gap_bin(g, v->gap)]++;
	}
}

/* Whether no other gap of that width is as common; what is longer than all bins is not of one width. */
static bool is_mode(const struct gap_state *s, const struct gauge *g, const struct when *w)
{
	uint32_t most = s->bins[gauge_gap_bin(g, g->gap)];

	if (s->n < w->lo || !most || (uint64_t)most * 1000 < (uint64_t)w->hi * s->n)
		return false;
	for (unsigned i = 0; i < GAP_BINS; i++)
		if (s->bins[i] > most)
			return false;
	return true;
}

/**
 * struct totals - packets that a figure is of
 * @over_ns:	Time that rates are over
 * @gaps_ns:	From the first to the last
 */
struct totals {
	uint64_t packets, bytes, over_ns, gaps_ns;
	uint32_t least, greatest;
};

static uint64_t since(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

static struct totals totals_of_flow(const struct detector *d, const struct flow *f)
{
	uint64_t ns = since(f->first_ns, d->packet.ts_ns);

	return (struct totals){.packets = (uint64_t)f->packets[0] + f->packets[1],
			       .bytes = (uint64_t)f->bytes[0] + f->bytes[1],
			       .over_ns = ns,
			       .gaps_ns = ns};
}

/* The sizes of all cells. */
static void add_sizes(const struct gauge_state *s, unsigned cells, struct totals *t)
{
	t->least = UINT32_MAX;
	for (unsigned i = 0; i < cells; i++) {
		const struct gauge_cell *c = &s->cells[i];

		if (c->packets && c->least < t->least)
			t->least = c->least;
		if (c->greatest > t->greatest)
			t->greatest = c->greatest;
	}
}

/* What a condition of @kind needs. False when there are not as many yet, or not for as long. */
static bool totals_of_gauge(const struct detector *d, struct gauge_state *s, const struct gauge *g,
			    enum when_kind kind, struct totals *t)
{
	uint64_t now = d->now_ns, first = now; /* a burst is over later than its packets */
	unsigned cells = gauge_cells(g);

	if (!s->begun_ns)
		return false;
	pass(s, g, now);
	if (s->number + 1 < cells)
		return false;
	for (unsigned i = 0; i < cells; i++) { /* the oldest first */
		const struct gauge_cell *c = &s->cells[(s->number + 1 + i) % cells];

		if (!c->packets)
			continue;
		first = c->first_ns;
		break;
	}
	*t = (struct totals){.packets = s->packets, .bytes = s->bytes};
	if (kind == WHEN_LEAST || kind == WHEN_GREATEST)
		add_sizes(s, cells, t);
	t->over_ns = since(g->part ? s->begun_ns + (s->number + 1 - cells) * g->part : first, now);
	t->gaps_ns = since(first, s->last_ns);
	return true;
}

static uint64_t figure(const struct totals *t, enum when_kind kind)
{
	double per_second = 1e9 / (double)(t->over_ns ? t->over_ns : 1);

	switch (kind) {
	case WHEN_COUNT:
		return t->packets;
	case WHEN_MEAN:
		return t->bytes / (t->packets ? t->packets : 1);
	case WHEN_BYTES:
		return t->bytes;
	case WHEN_DURATION:
		return t->over_ns / 1000000;
	case WHEN_RATE:
		return (uint64_t)((double)t->packets * per_second);
	case WHEN_BIT_RATE:
		return (uint64_t)((double)t->bytes * 8 * per_second);
	case WHEN_GAP:
		return t->packets > 1 ? t->gaps_ns / (t->packets - 1) / 1000 : UINT32_MAX;
	case WHEN_LEAST:
		return t->least;
	case WHEN_GREATEST:
		return t->greatest;
	default:
		return 0;
	}
}

/* What the condition compares, of the flow and the match; false = it cannot be said yet. */
static bool value_of(const struct detector *d, const struct match *in, const struct when *w,
		     uint64_t *v)
{
	const struct rule *r = d->set->rules[in->rule];
	const struct flow *f = flow_at(&d->flows, in->flow);
	struct totals t;
	uint64_t count;

	if (w->kind == WHEN_COUNT && w->tally >= 0 && w->gauge < 0) {
		*v = in->tally[w->tally];
		return true;
	}
	t = totals_of_flow(d, f);
	count = w->tally < 0 ? t.packets : in->tally[w->tally];
	if (w->gauge >= 0) {
		const struct gauge *g = &r->gauges[w->gauge];

		if (!totals_of_gauge(d, state_of(d, in, g), g, w->kind, &t))
			return false;
		*v = figure(&t, w->kind);
		return t.packets ||
		       (w->kind != WHEN_MEAN && w->kind != WHEN_LEAST && w->kind != WHEN_GREATEST);
	}
	if (w->kind == WHEN_COUNT) {
		*v = count;
	} else if (w->kind == WHEN_SHARE) {
		*v = count * 1000 / (t.packets ? t.packets : 1);
	} else if (w->kind == WHEN_RATIO) {
		*v = f->bytes[in->client_dir]
			     ? (uint64_t)f->bytes[!in->client_dir] * 1000 / f->bytes[in->client_dir]
			     : UINT32_MAX;
	} else {
		*v = figure(&t, w->kind);
	}
	return true;
}

bool gauge_conditions(struct detector *d, const struct rule *r, struct match *in)
{
	for (unsigned i = 0; i < r->when_n; i++) {
		const struct when *w = &r->when[i];
		uint64_t v = 0;

		if (w->kind == WHEN_GAP_MODE) {
			const struct gauge *g = &r->gauges[w->gauge];

			if (!is_mode((void *)state_of(d, in, g), g, w))
				return false;
			continue;
		}
		if (w->kind >= WHEN_CHI_SQUARE) {
			if (!statistic_holds(d, in, w))
				return false;
			continue;
		}
		if (!value_of(d, in, w, &v) || v < w->lo || (v > w->hi && w->hi != UINT32_MAX))
			return false;
	}
	return true;
}
