// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * match.c - which flow on the other side of a NAT is this one?
 *
 * A NAT changes the client's side of a flow; the remote end, the protocol and the messages stay. Two
 * flows are taken for one only when that is shown:
 *
 *   1. same protocol and remote end, other client's side, and no sensor saw both;
 *   2. the same event of the same rule, with messages of the same names, sizes and directions, at
 *      times that differ by what the two clocks differ (clocks.c), each message alike (JITTER_US);
 *   3. no other flow fits either of them: exactly one candidate, from both sides. A flow that is
 *      joined already with one that the same sensor saw is no candidate.
 *
 * Where there are more, two things decide: a mapping that is known (mappings.c); or, once the
 * clocks are known, that both flows are by far the nearest to each other (NEAREST times), as many
 * flows fit on one side as on the other, and the two have the same place in both orders - a NAT
 * that delays packets keeps their order, so a delay that makes the wrong one the nearest puts it in
 * another place. Else they stay apart, and the outer one is undecided.
 *
 * Limits: MATCH_LOOK flows to one remote end are compared, of these CANDIDATES kept.
 */
#include "base/hash.h"
#include "operator/merge/match.h"

#define JITTER_US  50000
#define CANDIDATES 64
#define NEAREST	   4

static uint64_t print_of(const struct sighting *s)
{
	uint64_t h = fnv1a(&s->kind, sizeof(s->kind));

	h = fnv1a_more(h, s->application, sizeof(s->application));
	h = fnv1a_more(h, s->signature, sizeof(s->signature));
	h = fnv1a_more(h, s->rule, sizeof(s->rule));
	for (size_t i = 0; i < s->evidence_count; i++) {
		const struct sighting_message *m = &s->evidence[i];

		h = fnv1a_more(h, m->message, sizeof(m->message));
		h = fnv1a_more(h, &m->size, sizeof(m->size));
		h = fnv1a_more(h, &m->from_client, sizeof(m->from_client));
	}
	return h;
}

struct flow_event match_event(const struct sighting *s, unsigned sensor)
{
	struct flow_event e = {.print = print_of(s),
			       .ts_ns = s->ts_ns,
			       .sensor = sensor,
			       .count = s->evidence_count};

	for (size_t i = 0; i < e.count; i++) {
		int64_t us = (int64_t)(s->evidence[i].ts_ns - s->ts_ns) / 1000;

		e.after_us[i] = us > INT32_MAX	 ? INT32_MAX
				: us < INT32_MIN ? INT32_MIN
						 : (int32_t)us;
	}
	return e;
}

bool match_alike(const struct clocks *clocks, const struct flow_event *a,
		 const struct flow_event *b, int64_t *ahead_ns)
{
	int64_t later = (int64_t)(b->ts_ns - a->ts_ns), off;
	uint64_t within;

	if (a->print != b->print || a->sensor == b->sensor)
		return false;
	off = (int64_t)((uint64_t)later -
			(uint64_t)clocks_ahead(clocks, a->sensor, b->sensor, &within));
	if (off > (int64_t)within || off < -(int64_t)within)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		off = (int64_t)b->after_us[i] - a->after_us[i];
		if (off > JITTER_US || off < -JITTER_US)
			return false;
	}
	*ahead_ns = later;
	return true;
}

/* The event of @f that is @e at another sensor; NULL = none. */
static const struct flow_event *twin(const struct match_with *with, const struct merge_flow *f,
				     const struct flow_event *e, int64_t *ahead_ns)
{
	for (size_t i = 0; i < f->event_count; i++)
		if (match_alike(with->clocks, e, &f->events[i], ahead_ns))
			return &f->events[i];
	return NULL;
}

bool match_nearer(const struct merge_flow *f, const struct merge_flow *g)
{
	bool a = ip_is_private(&f->t.src.ip), b = ip_is_private(&g->t.src.ip);

	return a != b ? a : f->rank < g->rank;
}

/* Whether a flow of @g's is joined already with one that a sensor of @f saw. */
static bool taken(struct merge_flow *g, const struct merge_flow *f)
{
	const struct merge_flow *root = merge_flow_root(g);
	struct merge_flow *h = merge_flow_near(g);

	for (int n = 0; h && n < MATCH_LOOK; h = h->near_next, n++)
		if (h != g && (h->sensors & f->sensors) && merge_flow_root(h) == root)
			return true;
	return false;
}

/* The flows on the other side of a NAT that fit @f by its event @e, of those that a sensor of @only saw:
 * at most CANDIDATES. */
static size_t candidates(const struct match_with *with, struct merge_flow *f,
			 const struct flow_event *e, uint32_t only, struct match out[CANDIDATES])
{
	struct merge_flow *g = merge_flow_near(f);
	size_t n = 0;

	for (int look = 0; g && look < MATCH_LOOK && n < CANDIDATES; g = g->near_next, look++) {
		struct match *m = &out[n];

		if (g == f || !(g->sensors & only) || (g->sensors & f->sensors) ||
		    merge_flow_root(g) == merge_flow_root(f))
			continue;
		m->flow = g;
		m->event = twin(with, g, e, &m->ahead_ns);
		n += m->event && !taken(g, f) && !taken(f, g);
	}
	return n;
}

/* Whether a mapping says that one of these is what a NAT made of the other. */
static bool mapped(const struct match_with *with, const struct merge_flow *f,
		   const struct merge_flow *g, uint64_t now_ns)
{
	struct endpoint inside;

	return (mappings_find(with->mappings, f->t.proto, &f->t.src, now_ns, false, &inside) &&
		endpoint_eq(&inside, &g->t.src)) ||
	       (mappings_find(with->mappings, f->t.proto, &g->t.src, now_ns, false, &inside) &&
		endpoint_eq(&inside, &f->t.src));
}

/* How far two sightings are apart when the clocks are put right, in the message that is furthest. */
static uint64_t apart(const struct match_with *with, const struct flow_event *e,
		      const struct match *m)
{
	uint64_t within, most;
	int64_t off =
		m->ahead_ns - clocks_ahead(with->clocks, e->sensor, m->event->sensor, &within);

	most = (uint64_t)(off < 0 ? -off : off);
	for (size_t i = 0; i < e->count; i++) {
		int64_t us = (int64_t)m->event->after_us[i] - e->after_us[i] + off / 1000;
		uint64_t far = (uint64_t)(us < 0 ? -us : us) * 1000;

		if (far > most)
			most = far;
	}
	return most;
}

/* One side of a choice: how many fit that compete with @one, how many of them are earlier, and
 * whether it is by far the nearest to @e. */
struct place {
	size_t all, earlier;
	bool nearest;
};

static struct place place_of(const struct match_with *with, const struct flow_event *e,
			     const struct match *list, size_t n, const struct match *one)
{
	struct place p = {.nearest = true};
	uint64_t own = apart(with, e, one) + 1;

	for (size_t k = 0; k < n; k++) {
		if (!(list[k].flow->sensors & one->flow->sensors))
			continue;
		p.all++;
		p.earlier += list[k].ahead_ns < one->ahead_ns;
		p.nearest &= list[k].flow == one->flow || apart(with, e, &list[k]) / NEAREST > own;
	}
	return p;
}

/* Whether @one, of the @n candidates for @f is it. */
static bool is_it(const struct match_with *with, struct merge_flow *f, const struct flow_event *e,
		  const struct match *list, size_t n, const struct match *one)
{
	struct match back[CANDIDATES], self = {.flow = f, .event = e, .ahead_ns = -one->ahead_ns};
	struct place there, here;
	size_t m;

	if (mapped(with, f, one->flow, e->ts_ns))
		return true;
	m = candidates(with, one->flow, one->event, f->sensors, back);
	there = place_of(with, e, list, n, one);
	here = place_of(with, one->event, back, m, &self);
	if (there.all == 1 && here.all == 1)
		return true;
	return clocks_known(with->clocks, e->sensor, one->event->sensor) && n < CANDIDATES &&
	       m < CANDIDATES && there.all == here.all && there.earlier == here.earlier &&
	       there.nearest && here.nearest;
}

int match_find(const struct match_with *with, struct merge_flow *f, const struct flow_event *e,
	       struct match *out)
{
	struct match list[CANDIDATES];
	size_t n = candidates(with, f, e, UINT32_MAX, list);

	for (size_t i = 0; i < n; i++) {
		if (is_it(with, f, e, list, n, &list[i])) {
			*out = list[i];
			return 1;
		}
		f->undecided |= match_nearer(list[i].flow, f);
	}
	return n ? -1 : 0;
}
