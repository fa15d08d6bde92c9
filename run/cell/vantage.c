// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vantage.c - the sources' truth as each vantage sees it
 *
 * A source knows its flow as its own socket saw it. On the way every gateway may give it another
 * address or port, or drop it. The gateway's connection tracking knows both sides of what it let
 * through: an entry's original tuple is the flow as it came in, the reverse of its reply tuple is
 * the flow as it went out. So a flow's tuples are carried along its path: outwards from the
 * opener's site, then inwards from the outermost gateway of the other site. Where a gateway has no
 * entry, it dropped the flow, and no truth file behind that gateway lists it. A flow has several
 * tuples outside when its mapping expired and was made again with another port.
 *
 * Limits: paths from one site back into itself (hairpin) end at the gateway.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/path.h"
#include "lab/gateway/conntrack.h"
#include "lab/gateway/gateway.h"
#include "results/score/labels.h"
#include "run/cell/network.h"
#include "run/cell/vantage.h"

#define MAX_TUPLES 16 /* of one flow at one place */
#define MAX_DEPTH  3  /* gateways in a row */

static struct tuple reversed(const struct tuple *t)
{
	return (struct tuple){t->proto, t->dst, t->src};
}

/* A tuple on one side of a gateway and what it is on the other; several may share a key. */
struct passage {
	struct flow_key key;
	struct tuple beyond;
	struct passage *next; /* same key */
	UT_hash_handle hh;
};

struct gate {
	struct passage *by_key;
	struct passage *slab; /* (owned) */
	size_t used;
};

struct tuples {
	struct tuple t[MAX_TUPLES];
	size_t n;
};

static void tuples_add(struct tuples *s, const struct tuple *t)
{
	struct flow_key k = flow_key_directed(t), other;

	for (size_t i = 0; i < s->n; i++) {
		other = flow_key_directed(&s->t[i]);
		if (!memcmp(&k, &other, sizeof(k)))
			return;
	}
	if (s->n < MAX_TUPLES)
		s->t[s->n++] = *t;
}

static void gate_add(struct gate *g, const struct tuple *here, const struct tuple *beyond)
{
	struct passage *p = &g->slab[g->used++], *first;

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

static int gate_load(struct gate *g, const struct lab *lab, const char *node, struct err *e)
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
	g->slab = xcalloc(2 * n, sizeof(*g->slab));
	for (size_t i = 0; i < n; i++) {
		const struct conntrack_entry *c = conntrack_at(w, i);
		struct tuple out = reversed(&c->reply), in = reversed(&c->orig);

		gate_add(g, &c->orig, &out);
		gate_add(g, &c->reply, &in); /* the other end spoke first */
	}
	return 0;
}

static void gate_free(struct gate *g)
{
	HASH_CLEAR(hh, g->by_key);
	free(g->slab);
}

static void pass(const struct gate *g, const struct tuples *in, struct tuples *out)
{
	out->n = 0;
	for (size_t i = 0; i < in->n; i++) {
		struct flow_key k = flow_key_directed(&in->t[i]);
		struct passage *p;

		HASH_FIND(hh, g->by_key, &k, sizeof(k), p);
		for (; p; p = p->next)
			tuples_add(out, &p->beyond);
	}
}

/* ------------------------------------------------------------------ sites and files */

struct site {
	struct gate gates[MAX_DEPTH]; /* from the inside out */
	unsigned depth;
	struct labels *at[MAX_DEPTH + 1]; /* lan, wan, cgn; NULL = not a vantage of the cell */
};

struct places {
	const struct lab *lab;
	struct site *sites;
	size_t n;
	struct labels *core;
};

static int load_places(struct places *p, const struct scenario *s, struct err *e)
{
	p->n = s->sites_len;
	p->sites = xcalloc(p->n, sizeof(*p->sites));
	for (size_t i = 0; i < p->n; i++) {
		const struct gateway_ctx *g;

		while (p->sites[i].depth < MAX_DEPTH &&
		       (g = lab_site_gateway(p->lab, s->sites[i].name, p->sites[i].depth)))
			if (gate_load(&p->sites[i].gates[p->sites[i].depth++], p->lab, g->node, e) <
			    0)
				return -1;
	}
	return 0;
}

static void free_places(struct places *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (unsigned k = 0; k < p->sites[i].depth; k++)
			gate_free(&p->sites[i].gates[k]);
	free(p->sites);
}

/* The site a public address belongs to, or -1. */
static int site_of(const struct places *p, const struct scenario *s, const struct ip *ip)
{
	for (size_t i = 0; i < p->n; i++) {
		struct ip public = lab_site_public_ip(p->lab, s->sites[i].name);

		if (ip_eq(&public, ip))
			return (int)i;
	}
	for (size_t i = 0; i < lab_node_count(p->lab); i++) {
		const struct lab_node *n = lab_node_at(p->lab, i);

		if (n->kind == LAB_HOST && ip_eq(&n->ip, ip))
			return n->site;
	}
	return -1;
}

/* ------------------------------------------------------------------ one flow */

static void label_flow(struct labels *l, const struct truth_flow *f, const struct tuples *at,
		       bool client_is_src)
{
	struct label row = {
		.kind = f->label,
		.session = f->session,
		.opened_ns = f->opened_ns,
		.closed_ns = f->closed_ns,
	};

	if (!l)
		return;
	snprintf(row.version, sizeof(row.version), "%s", f->version);
	snprintf(row.node, sizeof(row.node), "%s", f->node);
	snprintf(row.reason, sizeof(row.reason), "%s", f->reason);
	for (size_t i = 0; i < at->n; i++) {
		row.tuple = at->t[i];
		if (f->client_ip.family)
			row.client = client_is_src ? at->t[i].src.ip : at->t[i].dst.ip;
		labels_add(l, &row);
	}
}

/* Replayed frames have no conntrack entry, and no NAT is between their ends, so their tuple is the
 * same everywhere. Scoring skips flows that a vantage did not see. */
static void label_everywhere(const struct places *p, const struct truth_flow *f,
			     const struct tuples *at, bool from_client)
{
	label_flow(p->core, f, at, from_client);
	for (size_t i = 0; i < p->n; i++)
		for (unsigned k = 0; k <= MAX_DEPTH; k++)
			label_flow(p->sites[i].at[k], f, at, from_client);
}

/* Labels a flow at every vantage along its path. */
static void label_along_path(const struct places *p, const struct scenario *s,
			     const struct truth_flow *f)
{
	const struct lab_node *opener = lab_node(p->lab, f->node);
	bool from_client = !f->client_ip.family || ip_eq(&f->client_ip, &f->tuple.src.ip);
	struct tuples at = {.n = 1}, next;
	int from = opener ? opener->site : -1;

	at.t[0] = f->tuple;
	if (f->unasked) {
		label_everywhere(p, f, &at, from_client);
		return;
	}
	if (from >= 0) {
		struct site *o = &p->sites[from];

		label_flow(o->at[0], f, &at, from_client);
		for (unsigned k = 0; k < o->depth; k++) {
			pass(&o->gates[k], &at, &next);
			at = next;
			label_flow(o->at[k + 1], f, &at, from_client);
		}
	}
	label_flow(p->core, f, &at, from_client);
	for (size_t i = 0; i < at.n; i++) {
		struct tuples one = {.t = {at.t[i]}, .n = 1};
		int to = site_of(p, s, &at.t[i].dst.ip);

		if (to < 0 || to == from)
			continue;
		for (unsigned k = p->sites[to].depth;; k--) {
			label_flow(p->sites[to].at[k], f, &one, false);
			if (!k)
				break;
			pass(&p->sites[to].gates[k - 1], &one, &next);
			one = next;
		}
	}
}

/* ------------------------------------------------------------------ files */

const char *vantage_file(const struct lab *lab, const char *vantage, char buf[VANTAGE_FILE_LEN])
{
	const struct lab_vantage *v = lab_vantage(lab, vantage);

	if (v)
		snprintf(buf, VANTAGE_FILE_LEN, "%s.%s.pcap", v->node, v->ifname);
	else
		snprintf(buf, VANTAGE_FILE_LEN, "-");
	return buf;
}

int vantage_write_truth(const struct lab *lab, const struct truth_log *truth,
			const struct scenario *s, const char *dir, struct err *e)
{
	struct places p = {.lab = lab};
	size_t n;
	char **names = network_vantages(s, &n);
	struct labels **files = xcalloc(n, sizeof(*files));
	int rc = load_places(&p, s, e);

	for (size_t i = 0; i < n; i++) {
		const struct lab_vantage *v = lab_vantage(lab, names[i]);

		files[i] = labels_new();
		if (v && v->site < 0)
			p.core = files[i];
		else if (v && v->depth <= MAX_DEPTH)
			p.sites[v->site].at[v->depth] = files[i];
	}
	for (size_t i = 0; rc == 0 && i < truth_flow_count(truth); i++)
		label_along_path(&p, s, truth_flow_at((struct truth_log *)truth, i));
	for (size_t i = 0; i < n; i++) {
		char *path = path_inf(dir, "truth.%s.tsv", names[i]);

		if (rc == 0)
			rc = labels_write(files[i], path, e);
		free(path);
		labels_free(files[i]);
	}
	free(files);
	network_vantages_free(names, n);
	free_places(&p);
	return rc;
}

struct vantage_capture *vantage_captures(const struct lab *lab, const struct scenario *s, size_t *n)
{
	char **names = network_vantages(s, n);
	struct vantage_capture *captures = xcalloc(*n, sizeof(*captures));

	for (size_t i = 0; i < *n; i++) {
		snprintf(captures[i].vantage, sizeof(captures[i].vantage), "%s", names[i]);
		vantage_file(lab, names[i], captures[i].file);
	}
	network_vantages_free(names, *n);
	return captures;
}
