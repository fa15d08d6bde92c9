// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * join.c - one picture from sensors on both sides of NATs
 *
 * A flow seen by two sensors without a NAT between them has the same addresses and ports: one flow.
 * Across a NAT, match.c finds the flow that is the same, where that is shown. Of the two, the inner
 * is the one with a private address; where both or none are, the one whose input is named first. A
 * flow found to be one over UDP shows a mapping (mappings.c), by which other flows of the port are
 * joined whose inner side nobody saw, or which had more than one candidate; flows over TCP too, as
 * Skype takes both at one port and tells others that one.
 *
 * A sighting waits until whatever could speak against a join has come: twice the clocks' bound. Its states:
 *
 *   waiting    came                             its time has come: told
 *   told       own, evidence or mapping         own: kept, until a later join shows that its
 *                                               address was a NAT's: then the address is forgotten
 *                                               and what is kept of it is told again. What had
 *                                               several candidates is tried again once the
 *                                               sensors' clocks are known
 *
 * More than one candidate: not joined, and told as undecided; likewise what comes from an address
 * that is known to be a NAT's and was not joined. Limits: flows, mappings, WAITING sightings (more: the
 * first are told early), KEPT sightings to be told again, LOOK flows to one remote end compared.
 * Private addresses are taken for one network: sensors of two sites that use the same ones need two
 * merges.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/moment.h"
#include "operator/merge/clocks.h"
#include "operator/merge/flows.h"
#include "operator/merge/join.h"
#include "operator/merge/mappings.h"
#include "operator/merge/match.h"
#include "operator/merge/waiting.h"

#define SKEW_NS	    1000000000ULL
#define FLOWS	    8192
#define MAPPINGS    16384
#define LIFETIME_NS (300 * 1000000000ULL) /* RFC 4787, REQ-5 */
#define WAITING	    32768
#define KEPT	    4096

struct kept {
	bool used;
	struct sighting s;
	struct flow_event event;
};

struct join {
	struct join_options options;
	struct picture *picture;
	join_fn *fn;
	void *arg;
	char sensors[SENSORS][SENSOR_BYTES];
	unsigned sensor_count;
	struct clocks *clocks;
	struct merge_flows *flows;
	struct mappings *mappings;
	struct waiting_line waiting;
	struct kept *kept; /* a ring of KEPT */
	size_t kept_next;
	bool try_again; /* two clocks are known since just now */
	struct join_counts counts;
};

const char *join_why_text(enum join_why w)
{
	static const char *const words[JOIN_WHYS] = {"own", "evidence", "mapping"};

	return w < JOIN_WHYS ? words[w] : "?";
}

struct join *join_new(const struct join_options *options, struct picture *p, join_fn *fn, void *arg)
{
	struct join *j = xcalloc(1, sizeof(*j));

	if (options)
		j->options = *options;
	if (!j->options.skew_ns)
		j->options.skew_ns = SKEW_NS;
	if (!j->options.flows)
		j->options.flows = FLOWS;
	j->picture = p;
	j->fn = fn;
	j->arg = arg;
	j->clocks = clocks_new(j->options.skew_ns);
	j->flows = merge_flows_new(j->options.flows);
	j->mappings = mappings_new(MAPPINGS, LIFETIME_NS);
	j->kept = xcalloc(KEPT, sizeof(*j->kept));
	return j;
}

void join_free(struct join *j)
{
	if (!j)
		return;
	waiting_free(&j->waiting);
	clocks_free(j->clocks);
	merge_flows_free(j->flows);
	mappings_free(j->mappings);
	free(j->kept);
	free(j);
}

struct join_counts join_counts(const struct join *j)
{
	struct join_counts c = j->counts;

	c.mappings = mappings_count(j->mappings);
	return c;
}

static unsigned sensor_of(struct join *j, const char *name)
{
	for (unsigned i = 0; i < j->sensor_count; i++)
		if (!strcmp(j->sensors[i], name))
			return i;
	if (j->sensor_count == SENSORS) {
		j->counts.sensors_left_out++;
		return SENSORS - 1;
	}
	memcpy(j->sensors[j->sensor_count], name, SENSOR_BYTES);
	return j->sensor_count++;
}

/* ------------------------------------------------------------------ joining */

static bool tell(struct join *j, const struct sighting *s, const struct flow_event *e, bool first);

static void learn(struct join *j, unsigned a, unsigned b, int64_t ahead_ns)
{
	bool known = clocks_known(j->clocks, a, b);

	clocks_learn(j->clocks, a, b, ahead_ns);
	j->try_again |= clocks_known(j->clocks, a, b) != known;
}

/* @ip was a NAT's: what was told as its own is told again, now that more is known. */
static void tell_again(struct join *j, struct ip ip)
{
	picture_forget(j->picture, &ip);
	for (size_t i = 0; i < KEPT; i++) {
		struct kept *k = &j->kept[(j->kept_next + i) % KEPT]; /* the eldest first */

		if (k->used && ip_eq(&k->s.flow.src.ip, &ip))
			k->used = tell(j, &k->s, &k->event, false);
	}
}

static void unite(struct join *j, struct merge_flow *f, struct merge_flow *g, uint64_t now_ns)
{
	struct merge_flow *a = merge_flow_root(f), *b = merge_flow_root(g);
	struct merge_flow *inner = match_nearer(b, a) ? b : a, *outer = inner == a ? b : a;

	outer->inner = inner;
	inner->has_outer = true;
	f->undecided = g->undecided = false;
	j->counts.flows++;
	if (f->t.proto == IPPROTO_UDP)
		mappings_learn(j->mappings, f->t.proto, &inner->t.src, &outer->t.src, now_ns);
	tell_again(j, outer->t.src.ip); /* from here on flows may have been evicted */
}

/* Joins @f, of which @e is an event, where exactly one other flow may be the same. */
static void try_join(struct join *j, struct merge_flow *f, const struct flow_event *e)
{
	struct match_with with = {j->clocks, j->mappings};
	struct match m;

	if (match_find(&with, f, e, &m) <= 0)
		return;
	learn(j, e->sensor, m.event->sensor, m.ahead_ns);
	unite(j, f, m.flow, e->ts_ns);
}

/* ------------------------------------------------------------------ telling */

/* Whether another sensor told @e of the flow before; notes that this one does. */
static bool told_before(struct join *j, struct merge_flow *root, const struct flow_event *e)
{
	uint32_t bit = 1U << e->sensor;
	struct flow_told *t;
	int64_t ahead;

	for (size_t i = 0; i < root->told_count; i++) {
		t = &root->told[i];
		if ((t->sensors & bit) || !match_alike(j->clocks, &t->event, e, &ahead))
			continue;
		t->sensors |= bit;
		learn(j, t->event.sensor, e->sensor, ahead);
		return true;
	}
	t = &root->told[root->told_next];
	root->told_next = (root->told_next + 1) % FLOW_EVENTS;
	if (root->told_count < FLOW_EVENTS)
		root->told_count++;
	*t = (struct flow_told){.event = *e, .sensors = bit};
	return false;
}

/* A sighting that may turn out to be another client's. */
static void keep(struct join *j, const struct sighting *s, const struct flow_event *e)
{
	struct kept *k = &j->kept[j->kept_next];

	j->kept_next = (j->kept_next + 1) % KEPT;
	*k = (struct kept){.used = true, .s = *s, .event = *e};
}

/* The flow of @inside to the same remote end as @f, if it was seen, is the inner one of @f. */
static void unite_mapped(struct join *j, struct merge_flow *f, const struct endpoint *inside)
{
	struct merge_flow *g = merge_flow_near(f);

	for (int n = 0; g && n < MATCH_LOOK; g = g->near_next, n++)
		if (endpoint_eq(&g->t.src, inside) && merge_flow_root(g) != f) {
			f->inner = g;
			g->has_outer = true;
			j->counts.flows++;
			return;
		}
}

/* Whose @f is by what is known of NATs' ports, when no flow shows it. */
static void look_up(struct join *j, struct merge_flow *f, uint64_t now_ns, struct join_verdict *v)
{
	struct merge_flow *root = merge_flow_root(f);
	struct endpoint inside;

	*v = (struct join_verdict){.client = root->t.src,
				   .why = root == f ? JOIN_OWN : JOIN_EVIDENCE};
	if (!mappings_find(j->mappings, IPPROTO_UDP, &root->t.src, now_ns, true, &inside) ||
	    (f->t.proto != IPPROTO_UDP && root != f))
		return;
	v->client = inside;
	v->why = root == f ? JOIN_MAPPING : v->why;
	unite_mapped(j, root, &inside);
}

static struct join_verdict verdict_of(struct join *j, struct merge_flow *f,
				      const struct flow_event *e)
{
	struct join_verdict v;

	look_up(j, f, e->ts_ns, &v);
	v.again = told_before(j, merge_flow_root(f), e);
	v.undecided =
		v.why == JOIN_OWN && (f->undecided || mappings_outside(j->mappings, &f->t.src.ip));
	return v;
}

/* Into the picture. Whether it may turn out to be another client's later. */
static bool tell(struct join *j, const struct sighting *s, const struct flow_event *e, bool first)
{
	struct merge_flow *f = merge_flows_get(j->flows, &s->flow);
	struct join_verdict v = verdict_of(j, f, e);

	picture_sighting_of(j->picture, &v.client.ip, s,
			    (v.again ? PICTURE_AGAIN : 0) | (v.undecided ? PICTURE_UNDECIDED : 0));
	if (first) {
		j->counts.again += v.again;
		j->counts.undecided += v.undecided;
		if (j->fn)
			j->fn(j->arg, s, &v);
	}
	return v.why == JOIN_OWN && !f->has_outer && j->sensor_count > 1;
}

/* Two clocks are known since just now: what had several candidates may have one. */
static void try_again(struct join *j)
{
	j->try_again = false;
	for (size_t i = 0; i < KEPT; i++) {
		const struct kept *k = &j->kept[i];
		struct merge_flow *f = k->used ? merge_flows_get(j->flows, &k->s.flow) : NULL;

		if (f && !f->inner && f->undecided)
			try_join(j, f, &k->event);
	}
}

static void decide(struct join *j)
{
	struct waiting *w = waiting_take(&j->waiting);

	if (j->sensor_count > 1)
		try_join(j, merge_flows_get(j->flows, &w->s.flow), &w->event);
	if (tell(j, &w->s, &w->event, true))
		keep(j, &w->s, &w->event);
	if (j->try_again)
		try_again(j);
	free(w);
}

void join_sighting(struct join *j, const struct sighting *s, unsigned rank)
{
	unsigned sensor = sensor_of(j, s->sensor);
	struct merge_flow *f = merge_flows_get(j->flows, &s->flow);
	struct waiting *w = xmalloc(sizeof(*w));

	w->s = *s;
	w->event = match_event(s, sensor);
	f->sensors |= 1U << sensor;
	if (rank < f->rank)
		f->rank = rank;
	f->events[f->event_next] = w->event;
	f->event_next = (f->event_next + 1) % FLOW_EVENTS;
	if (f->event_count < FLOW_EVENTS)
		f->event_count++;
	j->counts.sightings++;
	waiting_add(&j->waiting, w);
	if (j->waiting.count > WAITING) {
		j->counts.early++;
		decide(j);
	}
}

void join_time(struct join *j, uint64_t ts_ns)
{
	uint64_t hold = 2 * j->options.skew_ns;

	while (j->waiting.count && !moment_before(ts_ns, j->waiting.heap[0]->s.ts_ns + hold))
		decide(j);
}

void join_flush(struct join *j)
{
	while (j->waiting.count)
		decide(j);
}
