// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vantage.c - the sources' truth as each vantage sees it
 *
 * A source knows its flow as its own socket saw it. On the way every gateway may give it another
 * address or port, or drop it; gate.c knows both sides of what each gateway let through. So a flow's
 * tuples are carried along its path: outwards from the opener's site, then inwards from the
 * outermost gateway of the other site. Where a gateway has no entry, it dropped the flow, and no
 * truth file behind that gateway lists it.
 *
 * A flow that no source reported is known from where it was first seen (declare.c). It is carried
 * from there in both directions: inwards to the hosts of that site, and outwards.
 *
 * Limits: paths from one site back into itself (hairpin) end at the gateway.
 */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "lab/gateway/gateway.h"
#include "results/score/labels.h"
#include "run/cell/gate.h"
#include "run/cell/network.h"
#include "run/cell/vantage.h"

/* ------------------------------------------------------------------ sites and files */

struct site {
	struct gate gates[VANTAGE_DEPTH_MAX]; /* from the inside out */
	unsigned depth;
	struct labels
		*at[VANTAGE_DEPTH_MAX + 1]; /* lan, wan, cgn; NULL = not a vantage of the cell */
};

struct vantage_truth {
	const struct lab *lab;
	const struct scenario *s;
	struct site *sites; /* (owned) by site of the scenario */
	struct labels *core;
	char **names; /* (owned) the cell's vantages, n of them */
	struct labels **files;
	size_t n;
};

static int load_gates(struct vantage_truth *v, struct err *e)
{
	for (size_t i = 0; i < v->s->sites_len; i++) {
		struct site *site = &v->sites[i];
		const struct gateway_ctx *g;

		while (site->depth < VANTAGE_DEPTH_MAX &&
		       (g = lab_site_gateway(v->lab, v->s->sites[i].name, site->depth)))
			if (gate_load(&site->gates[site->depth++], v->lab, g->node, e) < 0)
				return -1;
	}
	return 0;
}

struct vantage_truth *vantage_truth_new(const struct lab *lab, const struct scenario *s,
					struct err *e)
{
	struct vantage_truth *v = xcalloc(1, sizeof(*v));

	*v = (struct vantage_truth){.lab = lab, .s = s};
	v->sites = xcalloc(s->sites_len, sizeof(*v->sites));
	v->names = network_vantages(s, &v->n);
	v->files = xcalloc(v->n, sizeof(*v->files));
	for (size_t i = 0; i < v->n; i++) {
		const struct lab_vantage *at = lab_vantage(lab, v->names[i]);

		v->files[i] = labels_new();
		if (at && at->site < 0)
			v->core = v->files[i];
		else if (at && at->depth <= VANTAGE_DEPTH_MAX)
			v->sites[at->site].at[at->depth] = v->files[i];
	}
	if (load_gates(v, e) == 0)
		return v;
	vantage_truth_free(v);
	return NULL;
}

void vantage_truth_free(struct vantage_truth *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->s->sites_len; i++)
		for (unsigned k = 0; k < v->sites[i].depth; k++)
			gate_free(&v->sites[i].gates[k]);
	for (size_t i = 0; i < v->n; i++)
		labels_free(v->files[i]);
	network_vantages_free(v->names, v->n);
	free(v->files);
	free(v->sites);
	free(v);
}

/* The site an address outside of all gateways belongs to, or -1. */
static int site_of(const struct vantage_truth *v, const struct ip *ip)
{
	for (size_t i = 0; i < v->s->sites_len; i++) {
		struct ip public = lab_site_public_ip(v->lab, v->s->sites[i].name);

		if (ip_eq(&public, ip))
			return (int)i;
	}
	for (size_t i = 0; i < lab_node_count(v->lab); i++) {
		const struct lab_node *n = lab_node_at(v->lab, i);

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
static void label_everywhere(const struct vantage_truth *v, const struct truth_flow *f,
			     const struct tuples *at, bool from_client)
{
	label_flow(v->core, f, at, from_client);
	for (size_t i = 0; i < v->s->sites_len; i++)
		for (unsigned k = 0; k <= VANTAGE_DEPTH_MAX; k++)
			label_flow(v->sites[i].at[k], f, at, from_client);
}

/* Carries @at from outside of @depth gateways of a site to its hosts. */
static void label_inwards(const struct site *site, unsigned depth, const struct truth_flow *f,
			  struct tuples at, bool from_client)
{
	struct tuples next;

	for (unsigned k = depth;; k--) {
		label_flow(site->at[k], f, &at, from_client);
		if (!k)
			return;
		gate_pass(&site->gates[k - 1], &at, &next);
		at = next;
	}
}

/* Carries @at out of a site, from outside of @depth of its gateways; *at is then what the core
 * sees. */
static void label_outwards(const struct site *site, unsigned depth, const struct truth_flow *f,
			   struct tuples *at, bool from_client)
{
	struct tuples next;

	for (unsigned k = depth; k < site->depth; k++) {
		gate_pass(&site->gates[k], at, &next);
		*at = next;
		label_flow(site->at[k + 1], f, at, from_client);
	}
}

/* At the core, and from there into the sites of both ends, without the site @from. */
static void label_from_core(const struct vantage_truth *v, const struct truth_flow *f,
			    const struct tuples *at, bool from_client, int from)
{
	label_flow(v->core, f, at, from_client);
	for (size_t i = 0; i < at->n; i++) {
		struct tuples one = {.t = {at->t[i]}, .n = 1};
		int src = site_of(v, &at->t[i].src.ip), dst = site_of(v, &at->t[i].dst.ip);

		if (dst >= 0 && dst != from)
			label_inwards(&v->sites[dst], v->sites[dst].depth, f, one, false);
		if (src >= 0 && src != from && src != dst)
			label_inwards(&v->sites[src], v->sites[src].depth, f, one, true);
	}
}

void vantage_truth_flow(struct vantage_truth *v, const struct truth_flow *f,
			const struct lab_vantage *seen)
{
	const struct lab_node *opener = lab_node(v->lab, f->node);
	bool from_client = !f->client_ip.family || ip_eq(&f->client_ip, &f->tuple.src.ip);
	int from = seen ? seen->site : opener ? opener->site : -1;
	unsigned depth = seen ? seen->depth : 0;
	struct tuples at = {.t = {f->tuple}, .n = 1};

	if (f->unasked) {
		label_everywhere(v, f, &at, from_client);
		return;
	}
	if (from >= 0) {
		label_inwards(&v->sites[from], depth, f, at, from_client);
		label_outwards(&v->sites[from], depth, f, &at, from_client);
	}
	label_from_core(v, f, &at, from_client, from);
}

/* ------------------------------------------------------------------ what is known */

static struct labels *file_of(const struct vantage_truth *v, const struct lab_vantage *at)
{
	return at->site < 0 ? v->core : v->sites[at->site].at[at->depth];
}

bool vantage_truth_has(const struct vantage_truth *v, const struct lab_vantage *at,
		       const struct tuple *t)
{
	return labels_find(file_of(v, at), t) != NULL;
}

bool vantage_truth_host(const struct vantage_truth *v, const struct lab_vantage *at, uint8_t proto,
			const struct endpoint *outside, struct ip *host)
{
	int site = at->site < 0 ? site_of(v, &outside->ip) : at->site;
	struct endpoint inside = *outside;
	unsigned k;

	if (site < 0)
		return false;
	for (k = at->site < 0 ? v->sites[site].depth : at->depth; k > 0; k--) {
		struct endpoint outer = inside;

		if (!gate_inside(&v->sites[site].gates[k - 1], proto, &outer, &inside))
			inside = outer; /* without NAT the address is the host's own */
	}
	*host = inside.ip;
	for (size_t i = 0; i < lab_node_count(v->lab); i++) {
		const struct lab_node *n = lab_node_at(v->lab, i);

		if (n->kind == LAB_HOST && n->site == site && ip_eq(&n->ip, host))
			return true;
	}
	return false;
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

int vantage_truth_write(const struct vantage_truth *v, const char *dir, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < v->n; i++) {
		char *path = path_inf(dir, "truth.%s.tsv", v->names[i]);

		rc = labels_write(v->files[i], path, e);
		free(path);
	}
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
