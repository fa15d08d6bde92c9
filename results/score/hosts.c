// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hosts.c - who is who at a vantage: clients, their peers, hosts without Skype
 *
 * Behind a NAT several hosts share one address. There the labels name the host on each side of a
 * flow (client_host, server_host), and an event is about the host whose flow, or whose mapped
 * endpoint, it names. Where the labels name nobody, a host is its address.
 *
 * Both ends of a call between two clients are clients. Truth knows it of emulated clients, a label
 * file where its column peer says so.
 *
 * Limits: an event with a flow and an endpoint that no row has can be placed only where its address
 * belongs to one host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/score/held.h"
#include "results/score/hosts.h"

/* An endpoint or an address, and the host that has it. */
struct place {
	struct {
		uint8_t proto; /* 0 = an address */
		struct endpoint_key end;
	} key;
	struct host *host; /* the first one */
	bool several;
	UT_hash_handle hh;
};

struct hosts {
	const struct labels *labels;
	struct host *all;
	struct place *places;
};

/* ---- building ---- */

static struct host *host_at(struct hosts *h, const char *name, const struct ip *ip)
{
	char text[IP_TEXT_LEN];
	struct host *x;

	if (!*name)
		name = ip_text(ip, text);
	HASH_FIND_STR(h->all, name, x);
	if (x)
		return x;
	x = xcalloc(1, sizeof(*x));
	snprintf(x->name, sizeof(x->name), "%s", name);
	HASH_ADD_STR(h->all, name, x);
	return x;
}

static struct place *place_find(const struct hosts *h, uint8_t proto, const struct endpoint *e)
{
	struct place key, *p;

	memset(&key, 0, sizeof(key));
	key.key.proto = proto;
	key.key.end = endpoint_key(e);
	HASH_FIND(hh, h->places, &key.key, sizeof(key.key), p);
	return p;
}

static void place_add(struct hosts *h, uint8_t proto, const struct endpoint *e, struct host *host)
{
	struct place *p = place_find(h, proto, e);

	if (p) {
		p->several |= p->host != host;
		return;
	}
	p = xcalloc(1, sizeof(*p));
	p->key.proto = proto;
	p->key.end = endpoint_key(e);
	p->host = host;
	HASH_ADD(hh, h->places, key, sizeof(p->key), p);
}

/* The host on one side of a flow, which gets this role. */
static struct host *side_add(struct hosts *h, uint8_t proto, const struct endpoint *e,
			     const char *name, unsigned role, bool held)
{
	struct endpoint address = {.ip = e->ip};
	struct host *host = host_at(h, name, &e->ip);

	host->roles |= role;
	host->held |= held;
	place_add(h, proto, e, host);
	place_add(h, 0, &address, host);
	return host;
}

static void client_flow(struct host *h, const struct flow_seen *seen)
{
	if (!seen)
		return;
	if (h->n == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 8;
		h->seen = xrealloc(h->seen, h->cap * sizeof(*h->seen));
	}
	h->seen[h->n++] = seen;
}

static void add_row(struct hosts *h, const struct label *r, const struct flow_index *x)
{
	const struct tuple *t = &r->tuple;
	const struct flow_seen *seen = x ? flow_index_find(x, t) : NULL;
	bool held = label_held(h->labels, r, x), src;
	unsigned here = 0, there = 0;
	struct host *a, *b;

	if (r->kind == KIND_POSITIVE) {
		struct ip client = labels_client(h->labels, r);

		src = ip_eq(&client, &t->src.ip);
		here = held ? HOST_CLIENT : 0;
		there = held && r->peer_client ? HOST_CLIENT : HOST_PEER;
	} else if (r->kind == KIND_UNKNOWN) {
		src = true;
		here = there = HOST_UNKNOWN;
	} else {
		src = labels_monitored(r);
		here = held ? HOST_NEGATIVE : 0;
	}
	a = side_add(h, t->proto, &t->src, r->client_host, src ? here : there, held);
	b = side_add(h, t->proto, &t->dst, r->server_host, src ? there : here, held);
	if (here == HOST_CLIENT)
		client_flow(src ? a : b, seen);
	if (there == HOST_CLIENT)
		client_flow(src ? b : a, seen);
}

static void add_seen(struct hosts *h, const struct tuple *t)
{
	const struct label row = {.tuple = *t};
	bool src = labels_monitored(&row);

	side_add(h, t->proto, &t->src, "", src ? HOST_NEGATIVE : 0, true);
	side_add(h, t->proto, &t->dst, "", src ? 0 : HOST_NEGATIVE, true);
}

struct hosts *hosts_new(const struct labels *l, const struct flow_index *x)
{
	struct hosts *h = xcalloc(1, sizeof(*h));

	h->labels = l;
	for (size_t i = 0; l && i < labels_count(l); i++)
		add_row(h, labels_at(l, i), x);
	for (size_t i = 0; !l && x && i < flow_index_count(x); i++)
		add_seen(h, &flow_index_at(x, i)->tuple);
	return h;
}

void hosts_free(struct hosts *h)
{
	struct host *x, *xn;
	struct place *p, *pn;

	HASH_ITER (hh, h->all, x, xn) {
		HASH_DEL(h->all, x);
		free(x->seen);
		free(x);
	}
	HASH_ITER (hh, h->places, p, pn) {
		HASH_DEL(h->places, p);
		free(p);
	}
	free(h);
}

/* ---- asking ---- */

const struct host *hosts_all(const struct hosts *h)
{
	return h->all;
}

enum host_role host_role(const struct host *h)
{
	for (unsigned r = HOST_CLIENT; r <= HOST_NEGATIVE; r <<= 1)
		if (h->roles & r)
			return (enum host_role)r;
	return (enum host_role)0;
}

/* The end of the event's flow that has the address; NULL = neither. */
static const struct endpoint *end_with(const struct tuple *t, const struct ip *client)
{
	if (ip_eq(client, &t->src.ip))
		return &t->src;
	return ip_eq(client, &t->dst.ip) ? &t->dst : NULL;
}

struct ip hosts_client(const struct hosts *h, const struct detection *v)
{
	const struct label *r = v->client.family ? NULL : label_of_event(h->labels, v, NULL);
	const struct label no_row = {.tuple = v->tuple};

	if (v->client.family)
		return v->client;
	if (r && r->kind == KIND_POSITIVE)
		return labels_client(h->labels, r);
	if (!r)
		r = &no_row;
	return labels_monitored(r) ? r->tuple.src.ip : r->tuple.dst.ip;
}

const struct host *hosts_named(const struct hosts *h, const struct detection *v, bool *several)
{
	struct ip client = hosts_client(h, v);
	const struct endpoint *end = end_with(&v->tuple, &client);
	const struct label *r = h->labels && end ? label_of_event(h->labels, v, NULL) : NULL;
	struct endpoint address = {.ip = client};
	struct place *p = NULL;

	*several = false;
	if (r) {
		bool src = endpoint_eq(end, &r->tuple.src);
		const char *name = src ? r->client_host : r->server_host;
		struct host *x;
		char text[IP_TEXT_LEN];

		if (!*name)
			name = ip_text(&client, text);
		HASH_FIND_STR(h->all, name, x);
		return x;
	}
	if (end)
		p = place_find(h, v->tuple.proto, end);
	if (!p || p->several)
		p = place_find(h, 0, &address);
	*several = p && p->several;
	return p && !p->several ? p->host : NULL;
}
