// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * chart.c - what goes into a sequence chart
 *
 * A host's chart has a lane for the host, lanes for the peers that matter most, and one lane for all
 * others. A peer matters by its messages that have a short name in a signature ("U1"), then when it
 * both heard and spoke, then by how many messages that were, in the chart's time. Messages that follow each other within a second, alike in everything
 * but their number, are one arrow with a count.
 *
 * A TCP connection is an arrow of its own, before its first message. Only the first TALK_STEPS messages
 * of a flow are known here.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analysis/talk/chart.h"
#include "base/moment.h"

#define ROWS_LOOKED_AT 4096 /* arrows from which the peers are chosen; more are cut off */
#define BEFORE_NAME_NS 1000000000ULL
#define ALIKE_WITHIN_S 1.0

/* An arrow before lanes are given out. */
struct arrow {
	uint64_t ts_ns;
	const struct talk_flow *flow;
	const struct talk_step *step; /* NULL = the flow begins: a TCP connection */
	const char *name;
};

static void row_label(struct chart_row *r, const struct arrow *a, bool port)
{
	const struct message_flow *f = &a->flow->flow;

	if (!a->step)
		snprintf(r->label, sizeof(r->label), f->synack ? "TCP :%u" : "TCP :%u, in vain",
			 f->tuple.dst.port);
	else if (port)
		snprintf(r->label, sizeof(r->label), "%u B :%u", a->step->size, f->tuple.dst.port);
	else
		snprintf(r->label, sizeof(r->label), "%u B", a->step->size);
	if (a->name)
		snprintf(r->name, sizeof(r->name), "%s", a->name);
}

static struct chart_row *add_row(struct chart *c)
{
	c->rows = xrealloc(c->rows, (c->n + 1) * sizeof(*c->rows));
	c->rows[c->n] = (struct chart_row){.times = 1};
	return &c->rows[c->n++];
}

/* Whether @r is one more of the arrow that stands last. */
static bool is_another(const struct chart *c, const struct chart_row *r)
{
	const struct chart_row *last = c->n ? &c->rows[c->n - 1] : NULL;

	return last && last->from == r->from && last->to == r->to &&
	       !strcmp(last->label, r->label) && !strcmp(last->name, r->name) &&
	       r->s - last->s < ALIKE_WITHIN_S;
}

static void put_row(struct chart *c, const struct chart_row *r)
{
	if (is_another(c, r))
		c->rows[c->n - 1].times++;
	else if (c->n == CHART_ROWS)
		c->more = true;
	else
		*add_row(c) = *r;
}

static double since(uint64_t ns, uint64_t start)
{
	return moment_before(ns, start) ? 0 : (double)(ns - start) / 1e9;
}

static void lane(struct chart *c, const char *name, const char *note)
{
	snprintf(c->lanes[c->lanes_n].name, CHART_TEXT, "%s", name);
	snprintf(c->lanes[c->lanes_n].note, CHART_TEXT, "%s", note);
	c->lanes_n++;
}

static void port_note(char out[16], uint16_t port)
{
	snprintf(out, 16, "port %u", port);
}

void chart_of_flow(struct chart *c, const struct talk_flow *f, const struct message_names *names)
{
	const struct tuple *t = &f->flow.tuple;
	char a[IP_TEXT_LEN], b[IP_TEXT_LEN], note[2][16];

	*c = (struct chart){0};
	snprintf(c->title, sizeof(c->title), "One %s flow", talk_proto(t->proto));
	port_note(note[0], t->src.port);
	port_note(note[1], t->dst.port);
	lane(c, ip_text(&t->src.ip, a), note[0]);
	lane(c, ip_text(&t->dst.ip, b), note[1]);
	for (uint8_t i = 0; i < f->steps_n; i++) {
		struct arrow x = {.flow = f,
				  .step = &f->steps[i],
				  .name = step_name(names, f->flow.input, &f->steps[i])};
		struct chart_row *r = add_row(c);

		r->s = since(f->steps[i].ts_ns, f->flow.first_ns);
		r->from = f->steps[i].reply;
		r->to = !f->steps[i].reply;
		r->number = f->steps[i].number;
		row_label(r, &x, false);
	}
	c->more = f->flow.messages[0] + f->flow.messages[1] > f->steps_n;
}

void chart_of_pattern(struct chart *c, const struct pattern *p)
{
	double s = 0;

	*c = (struct chart){0};
	snprintf(c->title, sizeof(c->title), "%llu %s flows that go alike: sizes, median times",
		 (unsigned long long)p->flows, talk_proto(p->proto));
	lane(c, "opens the flow", "");
	lane(c, "other side", "");
	for (size_t i = 0; i < p->n; i++) {
		struct spread delay = p->steps[i].delay;
		struct chart_row *r = add_row(c);
		char sizes[64];

		s += spread_quantile(&delay, 0.5);
		r->s = s;
		r->from = p->steps[i].reply;
		r->to = !p->steps[i].reply;
		snprintf(r->label, sizeof(r->label), "%s", pattern_sizes(p, i, sizes));
		if (p->steps[i].name)
			snprintf(r->name, sizeof(r->name), "%s", p->steps[i].name);
	}
	c->more = p->longer > 0;
}

/* --- a host ------------------------------------------------------------------------------- */

/* What is drawn of a host: arrows in time order, and the peers they go to. */
struct host_view {
	const struct ip *host;
	struct arrow *arrows;
	size_t n, room;
	uint64_t from_ns;
	struct peer {
		struct ip ip;
		uint64_t named, messages, first_ns;
		uint32_t ways; /* bit 0: it heard, bit 1: it spoke */
		uint32_t lane;
		UT_hash_handle hh;
	} * peers;
};

static const struct ip *peer_ip(const struct host_view *v, const struct message_flow *f)
{
	return ip_eq(&f->tuple.src.ip, v->host) ? &f->tuple.dst.ip : &f->tuple.src.ip;
}

static bool is_of(const struct message_flow *f, const struct ip *host)
{
	return ip_eq(&f->tuple.src.ip, host) || ip_eq(&f->tuple.dst.ip, host);
}

static void add_arrow(struct host_view *v, const struct arrow *a)
{
	if (moment_before(a->ts_ns, v->from_ns))
		return;
	if (v->n == v->room) {
		v->room = v->room ? v->room * 2 : 64;
		v->arrows = xrealloc(v->arrows, v->room * sizeof(*v->arrows));
	}
	v->arrows[v->n++] = *a;
}

static void add_flow(struct host_view *v, const struct talk_flow *f,
		     const struct message_names *names)
{
	if (f->flow.syn)
		add_arrow(v, &(struct arrow){.ts_ns = f->flow.first_ns, .flow = f});
	for (uint8_t i = 0; i < f->steps_n; i++)
		add_arrow(v,
			  &(struct arrow){.ts_ns = f->steps[i].ts_ns,
					  .flow = f,
					  .step = &f->steps[i],
					  .name = step_name(names, f->flow.input, &f->steps[i])});
}

static int order_arrows(const void *a, const void *b)
{
	const struct arrow *x = a, *y = b;
	int by_time = moment_order(x->ts_ns, y->ts_ns);
	uint64_t p = x->step ? x->step->number : x->flow->flow.first_number;
	uint64_t q = y->step ? y->step->number : y->flow->flow.first_number;

	if (by_time)
		return by_time;
	return (p > q) - (p < q);
}

/* Whether the host speaks, not the peer. */
static bool is_to_peer(const struct host_view *v, const struct arrow *a)
{
	bool opener = ip_eq(&a->flow->flow.tuple.src.ip, v->host);

	return opener != (a->step && a->step->reply);
}

static struct peer *peer_of(struct host_view *v, const struct arrow *a)
{
	const struct ip *ip = peer_ip(v, &a->flow->flow);
	struct peer *peer;

	HASH_FIND(hh, v->peers, ip, sizeof(*ip), peer);
	if (peer)
		return peer;
	peer = xcalloc(1, sizeof(*peer));
	peer->ip = *ip;
	peer->first_ns = a->ts_ns;
	HASH_ADD(hh, v->peers, ip, sizeof(peer->ip), peer);
	return peer;
}

static int order_weight(const struct peer *a, const struct peer *b)
{
	if (a->named != b->named)
		return a->named > b->named ? -1 : 1;
	if ((a->ways == 3) != (b->ways == 3))
		return a->ways == 3 ? -1 : 1;
	if (a->messages != b->messages)
		return a->messages > b->messages ? -1 : 1;
	return moment_order(a->first_ns, b->first_ns);
}

static int order_first(const struct peer *a, const struct peer *b)
{
	return moment_order(a->first_ns, b->first_ns);
}

/* Gives lanes: the peers that matter most, in the order in which they appear; 0 = none of its own. */
static void give_lanes(struct chart *c, struct host_view *v)
{
	size_t own = CHART_LANES - 1, rank = 0;
	uint64_t others = 0;
	char text[IP_TEXT_LEN];

	if (HASH_COUNT(v->peers) > own)
		own--;
	HASH_SORT(v->peers, order_weight);
	for (struct peer *p = v->peers; p; p = p->hh.next)
		p->lane = rank++ < own;
	HASH_SORT(v->peers, order_first);
	for (struct peer *p = v->peers; p; p = p->hh.next) {
		if (!p->lane) {
			others++;
			continue;
		}
		p->lane = (uint32_t)c->lanes_n;
		lane(c, ip_text(&p->ip, text), "");
	}
	if (others) {
		snprintf(text, sizeof(text), "%llu others", (unsigned long long)others);
		lane(c, text, "");
	}
}

/* Arrows that the chart can hold are what its lanes are chosen by: an arrow that stands for many
 * counts as one here, so the chart may go on a little further. */
static void weigh(struct host_view *v)
{
	size_t most = v->n < 2UL * CHART_ROWS ? v->n : 2UL * CHART_ROWS;

	for (size_t i = 0; i < most; i++) {
		const struct arrow *a = &v->arrows[i];
		struct peer *peer = peer_of(v, a);

		peer->messages++;
		peer->named += a->name && message_name_short(a->name);
		if (a->step)
			peer->ways |= is_to_peer(v, a) ? 1 : 2;
	}
}

static void draw(struct chart *c, struct host_view *v)
{
	for (size_t i = 0; i < v->n && !c->more; i++) {
		const struct arrow *a = &v->arrows[i];
		const struct ip *ip = peer_ip(v, &a->flow->flow);
		bool out = is_to_peer(v, a);
		struct chart_row r = {.times = 1, .s = since(a->ts_ns, v->arrows[0].ts_ns)};
		struct peer *peer;
		uint32_t other;

		HASH_FIND(hh, v->peers, ip, sizeof(*ip), peer);
		other = peer && peer->lane ? peer->lane : (uint32_t)c->lanes_n - 1;
		r.from = out ? 0 : other;
		r.to = out ? other : 0;
		r.number = a->step ? a->step->number : a->flow->flow.first_number;
		row_label(&r, a,
			  a->step && peer && peer->lane && a->step == a->flow->steps &&
				  a->flow->flow.tuple.proto == IPPROTO_UDP);
		put_row(c, &r);
	}
}

void chart_of_host(struct chart *c, const struct talk_flows *flows, const struct ip *host,
		   uint16_t input, uint64_t from_ns, const struct message_names *names)
{
	struct host_view v = {.host = host, .from_ns = from_ns};
	struct peer *peer, *next;
	char text[IP_TEXT_LEN];

	*c = (struct chart){0};
	snprintf(c->title, sizeof(c->title), "What %s said and heard", ip_text(host, text));
	for (size_t i = 0; i < flows->n && v.n < ROWS_LOOKED_AT; i++)
		if (flows->list[i].flow.input == input && is_of(&flows->list[i].flow, host))
			add_flow(&v, &flows->list[i], names);
	if (v.n) {
		qsort(v.arrows, v.n, sizeof(*v.arrows), order_arrows);
		lane(c, text, "");
		weigh(&v);
		give_lanes(c, &v);
		draw(c, &v);
	}
	HASH_ITER (hh, v.peers, peer, next) {
		HASH_DEL(v.peers, peer);
		free(peer);
	}
	free(v.arrows);
}

/* --- which host --------------------------------------------------------------------------- */

/* A candidate: an address of one capture. */
struct candidate {
	struct candidate_key {
		struct ip ip;
		uint8_t zero;
		uint16_t input;
	} key;
	uint64_t named, opened, first_ns, named_ns;
	UT_hash_handle hh;
};

static struct candidate *candidate_of(struct candidate **map, const struct talk_flow *f,
				      const struct ip *ip)
{
	struct candidate_key key = {.ip = *ip, .input = f->flow.input};
	struct candidate *one;

	HASH_FIND(hh, *map, &key, sizeof(key), one);
	if (one)
		return one;
	one = xcalloc(1, sizeof(*one));
	one->key = key;
	one->first_ns = f->flow.first_ns;
	HASH_ADD(hh, *map, key, sizeof(one->key), one);
	return one;
}

static void consider(struct candidate *one, const struct talk_flow *f, bool opened,
		     const struct message_names *names)
{
	one->opened += opened;
	for (uint8_t i = 0; i < f->steps_n; i++) {
		if (!step_name(names, f->flow.input, &f->steps[i]))
			continue;
		if (!one->named || moment_before(f->steps[i].ts_ns, one->named_ns))
			one->named_ns = f->steps[i].ts_ns;
		one->named++;
	}
}

static bool better(const struct candidate *a, const struct candidate *b)
{
	if (!b || a->named != b->named)
		return !b || a->named > b->named;
	return a->opened > b->opened;
}

bool chart_choose(const struct talk_flows *flows, const struct ip *host,
		  const struct message_names *names, struct ip *out, uint16_t *input,
		  uint64_t *from_ns)
{
	struct candidate *map = NULL, *one, *next, *best = NULL;
	bool found;

	for (size_t i = 0; i < flows->n; i++) {
		const struct talk_flow *f = &flows->list[i];

		if (!host || ip_eq(host, &f->flow.tuple.src.ip))
			consider(candidate_of(&map, f, &f->flow.tuple.src.ip), f, true, names);
		if (!host || ip_eq(host, &f->flow.tuple.dst.ip))
			consider(candidate_of(&map, f, &f->flow.tuple.dst.ip), f, false, names);
	}
	for (one = map; one; one = one->hh.next)
		if (better(one, best))
			best = one;
	found = best != NULL;
	if (found) {
		*out = best->key.ip;
		*input = best->key.input;
		*from_ns = best->named ? best->named_ns - BEFORE_NAME_NS : best->first_ns;
	}
	HASH_ITER (hh, map, one, next) {
		HASH_DEL(map, one);
		free(one);
	}
	return found;
}

void chart_clear(struct chart *c)
{
	free(c->rows);
	*c = (struct chart){0};
}
