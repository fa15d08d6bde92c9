// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gate.c - what a tuple on one side of a gateway is on the other
 *
 * Connection tracking knows both sides of every flow that a gateway let through: an entry's
 * original tuple is the flow as it came in, the reverse of its reply tuple is the flow as it went
 * out. The two are equal but for NAT. Each entry is kept under both, and under both reversed, since
 * the packet that a vantage saw first may be of either direction: after a mapping expired, or where
 * the side that the gateway let in first was not the one that a capture saw first. A packet that
 * was dropped leaves no entry. A flow has several tuples outside when its mapping expired and was
 * made again with another port.
 *
 * Limits: a hairpinned flow has its other leg on the same side; it ends at the gateway.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "lab/gateway/conntrack.h"
#include "run/cell/gate.h"

#define KEYS 4 /* of one entry */

/* A tuple on one side of a gateway and what it is on the other; several may share a key. */
struct gate_passage {
	struct flow_key key; /* of @here */
	struct tuple here, beyond;
	struct gate_passage *next; /* same key */
	UT_hash_handle hh;
};

static struct tuple reversed(const struct tuple *t)
{
	return (struct tuple){t->proto, t->dst, t->src};
}

static void tuples_add(struct tuples *s, const struct tuple *t)
{
	struct flow_key k = flow_key_directed(t), other;

	for (size_t i = 0; i < s->n; i++) {
		other = flow_key_directed(&s->t[i]);
		if (!memcmp(&k, &other, sizeof(k)))
			return;
	}
	if (s->n < TUPLES_MAX)
		s->t[s->n++] = *t;
}

static void add(struct gate *g, const struct tuple *here, const struct tuple *beyond)
{
	struct gate_passage *p = &g->slab[g->used++], *first;

	p->here = *here;
	p->key = flow_key_directed(here);
	p->beyond = *beyond;
	p->next = NULL;
	HASH_FIND(hh, g->by_key, &p->key, sizeof(p->key), first);
	if (first) {
		p->next = first->next;
		first->next = p;
	} else {
		HASH_ADD(hh, g->by_key, key, sizeof(p->key), p);
	}
}

int gate_load(struct gate *g, const struct lab *lab, const char *node, struct err *e)
{
	struct conntrack_watch *w = lab_gateway_watch(lab, node);
	size_t n;

	memset(g, 0, sizeof(*g));
	if (!w)
		return 0;
	if (conntrack_settle(w, e) < 0) {
		e->code = EXIT_NO; /* events were lost: the cell's truth has holes */
		return err_push(e, "%s", node);
	}
	n = conntrack_count(w);
	g->slab = xcalloc(KEYS * n, sizeof(*g->slab));
	for (size_t i = 0; i < n; i++) {
		const struct conntrack_entry *c = conntrack_at(w, i);
		struct tuple out = reversed(&c->reply), in = reversed(&c->orig);

		add(g, &c->orig, &out);
		add(g, &c->reply, &in);
		add(g, &out, &c->orig);
		add(g, &in, &c->reply);
	}
	return 0;
}

void gate_free(struct gate *g)
{
	HASH_CLEAR(hh, g->by_key);
	free(g->slab);
}

void gate_pass(const struct gate *g, const struct tuples *in, struct tuples *out)
{
	out->n = 0;
	for (size_t i = 0; i < in->n; i++) {
		struct flow_key k = flow_key_directed(&in->t[i]);
		struct gate_passage *p;

		HASH_FIND(hh, g->by_key, &k, sizeof(k), p);
		for (; p; p = p->next)
			tuples_add(out, &p->beyond);
	}
}

bool gate_inside(const struct gate *g, uint8_t proto, const struct endpoint *outside,
		 struct endpoint *inside)
{
	for (size_t i = 0; i < g->used; i++) {
		const struct gate_passage *p = &g->slab[i];

		if (p->here.proto != proto || !endpoint_eq(&p->here.dst, outside) ||
		    ip_eq(&p->beyond.dst.ip, &outside->ip))
			continue;
		*inside = p->beyond.dst;
		return true;
	}
	return false;
}
