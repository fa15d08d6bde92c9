// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * classes.c - finds the classes of a sample
 *
 *   class                                   | is made
 *   protocol, direction                     | always
 *   ... place                               | always
 *   ... port                                | where many flows were opened to it
 *   UDP of a socket with many peers         | always, with the next ones
 *   ... type byte (selector.c), also place  | for each of its values, and for frequent sizes of each
 *   ... place, first bytes (4, also 16)     | where they are frequent
 *   ... place, size                         | where enough messages have it
 *   ... size                                | likewise
 *
 * Messages of sockets with many peers and others are not of one class because of their size alone, nor are
 * those of several types: what happens to be of one length has no fields in common.
 *
 * A class needs LEAST messages of LEAST_FLOWS flows, or twice LEAST of fewer. Of classes with the same
 * messages the first stays.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/field/chance.h"
#include "analysis/field/classes.h"
#include "analysis/field/selector.h"
#include "analysis/field/sums.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/rng.h"

#define LEAST	      4
#define LEAST_FLOWS   3
#define PORT_FLOWS    12 /* and PORT_PART of the protocol's */
#define PORT_PART     0.03
#define PORTS	      6		   /* a protocol */
#define PREFIXES      CLASS_OTHERS /* of a direction and place */
#define PREFIX_LEAST  6
#define PREFIX_P      1e-6 /* that so many begin alike by chance */
#define PREFIX_PART   0.05
#define PREFIX_PLACES 3 /* first, second, third */
#define PORT_PLACES   2 /* of them, of one port */
#define SIZES	      140
#define TYPE_SIZES    32
#define P2P_SIZES     128
#define TYPED	      0.8  /* of a class of one size that is split by type */
#define ONE_TYPE      0.95 /* of these in a class of one size that is not */
#define ANY_SIZES     48

/* Messages of the sample, in its order. */
struct part {
	uint32_t *i, n;
};

/* @part: by protocol, direction and place + 1; at 0 those of all places. */
struct finder {
	const struct sampler *sampler;
	const struct sample *x;
	struct brief *brief;	   /* (owned) */
	const struct brief **some; /* (owned) room for all */
	uint32_t n, room;
	uint32_t *in_parts; /* (owned) all that @part points into */
	struct part part[2][2][CLASS_PLACES + 1];
	uint32_t *flow;		   /* (owned) by message: number of its flow, below @n */
	uint32_t *seen, turn;	   /* (owned) for distinct_of(), by number */
	uint64_t set[CLASSES_MAX]; /* hash of the members */
	uint16_t ports[2][PORTS];
	uint32_t ports_n[2];
	struct selector type; /* of p2p messages, where @typed */
	bool typed;
	struct class_set *out;
};

static bool matches(const struct message_class *c, const struct brief *b)
{
	struct class_marks m = {.proto = b->proto,
				.reply = b->reply,
				.p2p = b->p2p,
				.place = b->place,
				.size = b->size,
				.port = b->port,
				.bytes = b->b,
				.kept = b->kept};

	return class_has(c, &m);
}

static struct message_class any_of(uint8_t proto, bool reply)
{
	return (struct message_class){
		.proto = proto, .reply = reply, .place = -1, .size_max = UINT32_MAX, .parent = -1};
}

static bool new_set(struct finder *f, uint64_t set)
{
	for (uint32_t i = 0; i < f->out->n; i++)
		if (f->set[i] == set)
			return false;
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Those of which messages of @c can be. */
static const struct part *part_of(const struct finder *f, const struct message_class *c)
{
	return &f->part[c->proto == IPPROTO_TCP][c->reply][c->place + 1];
}

/* A number of a message, below twice the size of the sample or 65,536. */
typedef uint32_t what_fn(const struct finder *f, uint32_t i);

static uint32_t flow_of(const struct finder *f, uint32_t i)
{
	return f->flow[i];
}

static uint32_t sender_of(const struct finder *f, uint32_t i)
{
	return f->x[i].from_host;
}

static uint32_t receiver_of(const struct finder *f, uint32_t i)
{
	return f->x[i].to_host;
}

static uint32_t input_of(const struct finder *f, uint32_t i)
{
	return f->x[i].input;
}

static uint32_t distinct_of(struct finder *f, const uint32_t *member, uint32_t n, what_fn *what)
{
	uint32_t d = 0;

	f->turn++;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t *seen = &f->seen[what(f, member[i])];

		d += *seen != f->turn;
		*seen = f->turn;
	}
	return d;
}

static void describe(struct finder *f, struct message_class *c, const uint32_t *member, uint32_t n)
{
	double weight = 0;

	c->sampled = n;
	c->shortest = UINT32_MAX;
	for (uint32_t i = 0; i < n; i++) {
		const struct sample *x = &f->x[member[i]];

		weight += sampler_weight(f->sampler, x);
		c->shortest = x->size < c->shortest ? x->size : c->shortest;
		c->longest = x->size > c->longest ? x->size : c->longest;
	}
	c->messages = (uint64_t)(weight + 0.5);
	c->flows = distinct_of(f, member, n, flow_of);
	c->senders = distinct_of(f, member, n, sender_of);
	c->receivers = distinct_of(f, member, n, receiver_of);
	c->inputs = (uint16_t)distinct_of(f, member, n, input_of);
	c->share = weight / (double)sampler_seen(f->sampler);
	c->example = (struct field_example){f->x[member[0]].number, f->x[member[0]].input};
}

/* Makes room for @n members more. */
static uint32_t *members_at(struct finder *f, uint32_t n)
{
	uint32_t used = f->out->begin[f->out->n];

	if (!f->out->member || used + n > f->room) {
		f->room = 2 * f->room + n + 1;
		f->out->member = xrealloc(f->out->member, f->room * sizeof(*f->out->member));
	}
	return f->out->member + used;
}

static bool add(struct finder *f, struct message_class c)
{
	const struct part *p = part_of(f, &c);
	uint32_t n = 0, *member = members_at(f, p->n);
	uint64_t set = 0;

	for (uint32_t k = 0; k < p->n; k++)
		if (matches(&c, &f->brief[p->i[k]])) {
			member[n++] = p->i[k];
			set += rng_mix(p->i[k]);
		}
	if (n < LEAST || !new_set(f, set))
		return false;
	describe(f, &c, member, n);
	if (c.flows < LEAST_FLOWS && n < 2 * LEAST)
		return false;
	if (f->out->n == CLASSES_MAX) {
		f->out->left_out++;
		return false;
	}
	f->set[f->out->n] = set;
	c.id = f->out->n;
	f->out->c[f->out->n++] = c;
	f->out->begin[f->out->n] = f->out->begin[f->out->n - 1] + n;
	return true;
}

static void add_places(struct finder *f, struct message_class c)
{
	add(f, c);
	for (c.place = 0; c.place < CLASS_PLACES; c.place++)
		add(f, c);
}

static bool has_port(const struct finder *f, bool tcp, uint16_t port)
{
	for (uint32_t i = 0; i < f->ports_n[tcp]; i++)
		if (f->ports[tcp][i] == port)
			return true;
	return false;
}

/* A key and how many have it. */
struct frequent {
	uint64_t key;
	uint32_t n;
};

static int by_frequency(const void *a, const void *b)
{
	const struct frequent *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

/* Turns @n keys into those that are different, most frequent first; how many these are. */
static uint32_t by_count(uint64_t *key, uint32_t n, struct frequent *out)
{
	uint32_t d = 0;

	qsort(key, n, sizeof(*key), by_number);
	for (uint32_t i = 0; i < n; i++) {
		if (!i || key[i] != key[i - 1])
			out[d++] = (struct frequent){key[i], 0};
		out[d - 1].n++;
	}
	if (d)
		qsort(out, d, sizeof(*out), by_frequency);
	return d;
}

/* Classes of one type and size, among the first @n of @f->some. */
static void add_type_sizes(struct finder *f, struct message_class whole, const struct selector *t,
			   uint32_t n)
{
	uint64_t *key = xcalloc(n + 1, sizeof(*key));
	struct frequent *by = xcalloc(n + 1, sizeof(*by));
	uint32_t d;

	for (uint32_t i = 0; i < n; i++)
		key[i] = (uint64_t)f->some[i]->size << 16 |
			 (uint64_t)(f->some[i]->b[t->offset] & t->mask) << 8 | f->some[i]->reply;
	d = by_count(key, n, by);
	whole.selects = true;
	whole.sel_offset = t->offset;
	whole.sel_mask = t->mask;
	for (uint32_t i = 0; i < d && i < (whole.p2p ? P2P_SIZES : TYPE_SIZES) &&
			     by[i].n >= (whole.p2p ? LEAST : 2 * LEAST);
	     i++) {
		whole.sel_value = (uint8_t)(by[i].key >> 8);
		whole.reply = by[i].key & 1;
		whole.size_min = whole.size_max = (uint32_t)(by[i].key >> 16);
		if (memchr(t->values, whole.sel_value, t->n))
			add(f, whole);
	}
	free(key);
	free(by);
}

/* The types of the messages of @whole, which are in @type then; @rest: without those to the ports that have
 * their own classes. */
static bool add_types(struct finder *f, struct message_class whole, bool rest,
		      struct selector *type)
{
	bool tcp = whole.proto == IPPROTO_TCP;
	struct selector s;
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct brief *b = &f->brief[i];
		struct message_class c = whole;

		c.reply = b->reply;
		if (matches(&c, b) && !(rest && has_port(f, tcp, b->port)))
			f->some[n++] = b;
	}
	if (!selector_find(f->some, n, &s))
		return false;
	add_type_sizes(f, whole, &s, n);
	whole.size_min = 0;
	whole.size_max = UINT32_MAX;
	whole.selects = true;
	whole.sel_offset = s.offset;
	whole.sel_mask = s.mask;
	for (uint32_t v = 0; v < s.n; v++)
		for (int reply = 0; reply < 2; reply++) {
			whole.sel_value = s.values[v];
			whole.reply = reply;
			add_places(f, whole);
		}
	*type = s;
	return true;
}

/* Ports with many flows; @later: with many messages. */
static void find_ports(struct finder *f, bool tcp, bool later, uint64_t *key, struct frequent *by)
{
	uint32_t n = 0, d;

	for (uint32_t i = 0; i < f->n; i++)
		if ((f->brief[i].proto == IPPROTO_TCP) == tcp && (!f->brief[i].place || later) &&
		    (!f->brief[i].reply || later))
			key[n++] = f->brief[i].port;
	d = by_count(key, n, by);
	for (uint32_t i = 0; i < d && f->ports_n[tcp] < PORTS; i++)
		if (by[i].n >= PORT_FLOWS && by[i].n >= (later ? 0.15 : PORT_PART) * n &&
		    by[i].key && !has_port(f, tcp, (uint16_t)by[i].key))
			f->ports[tcp][f->ports_n[tcp]++] = (uint16_t)by[i].key;
}

/* How many messages of @c, @n that have CLASS_DEEP bytes, would begin as @c does by chance. */
static double by_chance(const struct finder *f, const struct message_class *c, uint32_t n)
{
	uint32_t same[CLASS_DEEP] = {0};
	double expected = n;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < c->prefix_n; k++)
			same[k] += f->some[i]->b[k] == c->prefix[k];
	for (uint32_t k = 0; k < c->prefix_n; k++)
		expected *= same[k] / (double)n;
	return expected;
}

/* The first @n bytes of a message, as one number. */
static uint64_t beginning(const struct brief *b, uint32_t n)
{
	return n == CLASS_PREFIX ? number_at(b->b, CLASS_PREFIX, false) : fnv1a(b->b, n);
}

/* The first @w bytes of the message of @n that begins as @key says. */
static void set_prefix(const struct finder *f, uint32_t n, uint32_t w, uint64_t key,
		       struct message_class *c)
{
	for (uint32_t i = 0; i < n; i++)
		if (beginning(f->some[i], w) == key) {
			memcpy(c->prefix, f->some[i]->b, w);
			c->prefix_n = (uint8_t)w;
			return;
		}
}

/* Classes of messages of @c whose first @w bytes are alike: *@found of them in @as. */
static void prefixes_of(struct finder *f, struct message_class c, uint32_t w, uint64_t *key,
			struct frequent *by, struct message_class *as, uint32_t *found)
{
	const struct part *p = part_of(f, &c);
	uint32_t n = 0, d;

	*found = 0;
	for (uint32_t k = 0; k < p->n; k++) {
		const struct brief *b = &f->brief[p->i[k]];

		if (b->kept >= w && matches(&c, b)) {
			f->some[n] = b;
			key[n++] = beginning(b, w);
		}
	}
	d = by_count(key, n, by);
	for (uint32_t i = 0; i < d && i < PREFIXES; i++) {
		struct message_class *a = &as[*found];

		if (by[i].n < (w == CLASS_DEEP ? LEAST : PREFIX_LEAST) || by[i].n < PREFIX_PART * n)
			break;
		*a = c;
		set_prefix(f, n, w, by[i].key, a);
		*found += n * chance_at_least(by[i].n, n, by_chance(f, a, n) / n) <= PREFIX_P;
	}
}

/* Classes of messages of @c that begin alike for longer than others do: two kinds that have the
 * same first bytes. */
static void add_deep(struct finder *f, struct message_class c, uint64_t *key, struct frequent *by)
{
	struct message_class as[PREFIXES];
	uint32_t n;

	prefixes_of(f, c, CLASS_DEEP, key, by, as, &n);
	for (uint32_t i = 0; i < n; i++)
		add(f, as[i]);
}

/* Classes of messages that begin alike, in the class of @proto, direction and place. */
static void add_prefixes(struct finder *f, struct message_class c, uint64_t *key,
			 struct frequent *by)
{
	struct message_class rest = c, as[PREFIXES];
	uint32_t n;

	prefixes_of(f, c, CLASS_PREFIX, key, by, as, &n);
	for (uint32_t i = 0; i < n; i++) {
		add(f, as[i]);
		memcpy(rest.others[rest.others_n++], as[i].prefix, CLASS_PREFIX);
	}
	if (rest.others_n)
		add(f, rest);
	for (uint32_t i = 0; i < n; i++)
		add_deep(f, as[i], key, by);
	add_deep(f, c, key, by);
}

static uint64_t size_key(const struct brief *b, bool place, bool p2p)
{
	return (uint64_t)(p2p && b->p2p) << 50 | (uint64_t)b->size << 16 |
	       (uint64_t)(place ? b->place + 1 : 0) << 8 |
	       (uint64_t)(b->proto == IPPROTO_TCP) << 1 | b->reply;
}

/* Whether messages of @c are of several types, which have classes of this size of their own. */
static bool several_types(const struct finder *f, const struct message_class *c)
{
	uint32_t of[256] = {0}, n = 0, typed = 0, top = 0;
	const struct part *p = part_of(f, c);

	for (uint32_t k = 0; k < p->n; k++) {
		const struct brief *b = &f->brief[p->i[k]];
		int v;

		if (!matches(c, b))
			continue;
		n++;
		v = f->type.offset < b->kept ? b->b[f->type.offset] & f->type.mask : -1;
		if (v < 0 || !memchr(f->type.values, v, f->type.n))
			continue;
		typed++;
		of[v]++;
		top = of[v] > top ? of[v] : top;
	}
	return typed >= TYPED * n && top < ONE_TYPE * typed;
}

/* Whether @c has messages of sockets with many peers beside others. */
static bool has_p2p(const struct finder *f, const struct message_class *c)
{
	const struct part *p = part_of(f, c);

	for (uint32_t k = 0; k < p->n; k++)
		if (f->brief[p->i[k]].p2p && matches(c, &f->brief[p->i[k]]))
			return true;
	return false;
}

static void add_sizes(struct finder *f, bool place, bool p2p, uint32_t most, uint64_t *key,
		      struct frequent *by)
{
	uint32_t n = 0, d, done = 0;

	for (uint32_t i = 0; i < f->n; i++)
		if (p2p == f->brief[i].p2p)
			key[n++] = size_key(&f->brief[i], place, p2p);
	d = by_count(key, n, by);
	for (uint32_t i = 0; i < d && by[i].n >= LEAST; i++) {
		struct message_class c =
			any_of(by[i].key & 2 ? IPPROTO_TCP : IPPROTO_UDP, by[i].key & 1);

		c.place = (int32_t)(by[i].key >> 8 & 0xff) - 1;
		c.size_min = c.size_max = (uint32_t)(by[i].key >> 16);
		c.p2p = p2p;
		if (p2p && f->typed && several_types(f, &c))
			continue;
		if (done++ >= most) {
			f->out->left_out++;
			continue;
		}
		c.no_p2p = !p2p && has_p2p(f, &c);
		add(f, c);
	}
}

static void add_p2p(struct finder *f)
{
	struct message_class c = any_of(IPPROTO_UDP, false);

	c.p2p = true;
	add_places(f, c);
	c.reply = true;
	add_places(f, c);
	f->typed = add_types(f, c, false, &f->type);
}

static void add_some_types(struct finder *f, uint8_t proto)
{
	struct message_class c = any_of(proto, false);
	struct selector type;

	c.no_p2p = proto == IPPROTO_UDP && f->typed; /* p2p messages have their types */
	add_types(f, c, true, &type);
	c.no_p2p = false;
	for (uint32_t p = 0; p < f->ports_n[proto == IPPROTO_TCP]; p++) {
		c.port = f->ports[proto == IPPROTO_TCP][p];
		add_types(f, c, false, &type);
	}
}

static void add_all(struct finder *f)
{
	static const uint8_t proto[2] = {IPPROTO_UDP, IPPROTO_TCP};
	uint64_t *key = xcalloc(f->n + 1, sizeof(*key));
	struct frequent *by = xcalloc(f->n + 1, sizeof(*by));

	for (int i = 0; i < 4 * PREFIX_PLACES; i++) {
		struct message_class c = any_of(proto[i / 2 % 2], i % 2);

		c.place = i / 4;
		add_prefixes(f, c, key, by);
	}
	for (int t = 0; t < 2; t++) {
		find_ports(f, t, false, key, by);
		find_ports(f, t, true, key, by);
		for (int reply = 0; reply < 2; reply++)
			add_places(f, any_of(proto[t], reply));
		for (uint32_t p = 0; p < f->ports_n[t]; p++)
			for (int reply = 0; reply < 2; reply++) {
				struct message_class c = any_of(proto[t], reply);

				c.port = f->ports[t][p];
				add_places(f, c);
				for (c.place = 0; c.place < PORT_PLACES; c.place++)
					add_prefixes(f, c, key, by);
			}
	}
	add_p2p(f);
	add_some_types(f, IPPROTO_TCP);
	add_some_types(f, IPPROTO_UDP);
	add_sizes(f, true, true, SIZES, key, by);
	add_sizes(f, true, false, SIZES, key, by);
	add_sizes(f, false, true, ANY_SIZES, key, by);
	add_sizes(f, false, false, ANY_SIZES, key, by);
	free(key);
	free(by);
}

static void set_parents(struct class_set *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		for (uint32_t j = 0; j < s->n; j++) {
			struct message_class *c = &s->c[i];

			if (class_holds(&s->c[j], c) &&
			    (c->parent < 0 || s->c[j].sampled < s->c[c->parent].sampled))
				c->parent = (int32_t)j;
		}
}

static void make_briefs(struct finder *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		const struct sample *x = &f->x[i];
		struct brief *b = &f->brief[i];

		*b = (struct brief){.size = x->size,
				    .index = i,
				    .port = x->port,
				    .proto = x->proto,
				    .place = x->place,
				    .reply = x->reply,
				    .p2p = x->p2p};
		b->kept = (uint8_t)(x->kept < SELECTOR_BYTES ? x->kept : SELECTOR_BYTES);
		memcpy(b->b, x->bytes, b->kept);
	}
}

static void make_parts(struct finder *f)
{
	uint32_t *at = f->in_parts = xcalloc(2UL * f->n + 1, sizeof(*at));

	for (int k = 0; k < 4 * (CLASS_PLACES + 1); k++) {
		struct part *p = &f->part[k & 1][k >> 1 & 1][k / 4];
		int32_t place = k / 4 - 1;

		p->i = at;
		for (uint32_t i = 0; i < f->n; i++) {
			const struct brief *b = &f->brief[i];

			if ((b->proto == IPPROTO_TCP) == (k & 1) && b->reply == (k >> 1 & 1) &&
			    (place < 0 || b->place == place))
				p->i[p->n++] = i;
		}
		at += p->n;
	}
}

/* A flow and a message of it. */
struct in_flow {
	uint64_t flow;
	uint32_t i;
};

static int by_flow(const void *a, const void *b)
{
	const struct in_flow *x = a, *y = b;

	return (x->flow > y->flow) - (x->flow < y->flow);
}

static void number_flows(struct finder *f)
{
	struct in_flow *k = xcalloc(f->n + 1UL, sizeof(*k));
	uint32_t number = 0;

	for (uint32_t i = 0; i < f->n; i++)
		k[i] = (struct in_flow){f->x[i].flow, i};
	qsort(k, f->n, sizeof(*k), by_flow);
	f->flow = xcalloc(f->n + 1UL, sizeof(*f->flow));
	for (uint32_t i = 0; i < f->n; i++) {
		number += i && k[i].flow != k[i - 1].flow;
		f->flow[k[i].i] = number;
	}
	free(k);
	f->seen = xcalloc(2UL * f->n + UINT16_MAX + 1, sizeof(*f->seen));
}

struct class_set *classes_find(const struct sampler *s, const struct sample *x, uint32_t n)
{
	struct finder f = {.sampler = s, .x = x, .n = n};

	f.out = xcalloc(1, sizeof(*f.out));
	f.brief = xcalloc(n + 1, sizeof(*f.brief));
	f.some = xcalloc(n + 1, sizeof(void *));
	make_briefs(&f);
	make_parts(&f);
	number_flows(&f);
	if (n)
		add_all(&f);
	set_parents(f.out);
	free(f.in_parts);
	free(f.flow);
	free(f.seen);
	free(f.brief);
	free(f.some);
	return f.out;
}

void classes_free(struct class_set *c)
{
	if (!c)
		return;
	free(c->member);
	free(c);
}
