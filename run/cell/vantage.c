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
 * A host runs a Skype client if it opened a Skype flow of its own. Where such a host is the other
 * side of a client's flow, as in a call, the row says so, and both ends count as clients.
 *
 * A proxy's flow is the client's whose bytes it carries on, and of that client's host, as a NAT's
 * is: only its address is the proxy's. A flow between two hosts of one site, as from a client to the
 * proxy, does not leave it.
 *
 * Limits: paths from one site back into itself (hairpin) end at the gateway. Inside of a gateway
 * the flows of all its hosts are listed, also those that pass it by, or begin in a DMZ.
 */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "lab/gateway/gateway.h"
#include "results/score/labels.h"
#include "results/score/labels_file.h"
#include "results/score/table.h"
#include "results/score/sent_events.h"
#include "run/cell/gate.h"
#include "run/cell/network.h"
#include "run/cell/vantage.h"

/* ------------------------------------------------------------------ sites and files */

/* What is true at one vantage. */
struct seen_at {
	const struct lab_vantage *vantage; /* NULL = the lab has none of this name */
	struct labels *labels;
	struct sent_events *events;
};

struct site {
	struct gate gates[VANTAGE_DEPTH_MAX]; /* from the inside out */
	unsigned depth;
	struct seen_at
		*at[VANTAGE_DEPTH_MAX + 1]; /* lan, wan, cgn; NULL = no vantage of the cell */
};

struct vantage_truth {
	const struct lab *lab;
	const struct scenario *s;
	struct site *sites; /* (owned) by site of the scenario */
	bool *runs_client;  /* (owned) by node of the lab */
	const struct truth_log *log;
	struct seen_at *core;
	char **names;	       /* (owned) the cell's vantages, n of them */
	struct seen_at *files; /* (owned) by vantage */
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

static bool is_host(const struct lab_node *n, int site, const struct ip *ip)
{
	return n->kind == LAB_HOST && n->site == site && ip_eq(&n->ip, ip);
}

/* Which hosts run a Skype client. */
static void note_clients(struct vantage_truth *v, const struct truth_log *log)
{
	v->runs_client = xcalloc(lab_node_count(v->lab) + 1, sizeof(bool));
	for (size_t i = 0; i < truth_flow_count(log); i++) {
		const struct truth_flow *f = truth_flow_at(log, i);
		const struct lab_node *opener = lab_node(v->lab, f->node);

		if (!label_is(f->label, LABEL_SKYPE) || !opener || f->carries ||
		    !is_host(opener, opener->site, &f->client_ip))
			continue;
		for (size_t k = 0; k < lab_node_count(v->lab); k++)
			v->runs_client[k] |= lab_node_at(v->lab, k) == opener;
	}
}

struct vantage_truth *vantage_truth_new(const struct lab *lab, const struct scenario *s,
					const struct truth_log *log, struct err *e)
{
	struct vantage_truth *v = xcalloc(1, sizeof(*v));

	*v = (struct vantage_truth){.lab = lab, .s = s, .log = log};
	v->sites = xcalloc(s->sites_len, sizeof(*v->sites));
	note_clients(v, log);
	v->names = network_vantages(s, &v->n);
	v->files = xcalloc(v->n, sizeof(*v->files));
	for (size_t i = 0; i < v->n; i++) {
		const struct lab_vantage *at = lab_vantage(lab, v->names[i]);

		v->files[i] = (struct seen_at){at, labels_new(NULL), sent_events_new()};
		if (at && at->site < 0)
			v->core = &v->files[i];
		else if (at && at->depth <= VANTAGE_DEPTH_MAX)
			v->sites[at->site].at[at->depth] = &v->files[i];
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
	for (size_t i = 0; i < v->n; i++) {
		labels_free(v->files[i].labels);
		sent_events_free(v->files[i].events);
	}
	network_vantages_free(v->names, v->n);
	free(v->files);
	free(v->sites);
	free(v->runs_client);
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

/* The host of a site that has an address inside of all gateways, or NULL. */
static const struct lab_node *host_at(const struct vantage_truth *v, int site, const struct ip *ip)
{
	for (size_t i = 0; i < lab_node_count(v->lab); i++) {
		const struct lab_node *n = lab_node_at(v->lab, i);

		if (is_host(n, site, ip))
			return n;
	}
	return NULL;
}

/* The host behind an endpoint outside of @depth gateways of its site, or NULL. */
static const struct lab_node *host_behind(const struct vantage_truth *v, int site, unsigned depth,
					  uint8_t proto, const struct endpoint *outside)
{
	struct endpoint inside = *outside;

	for (unsigned k = depth; k > 0; k--) {
		struct endpoint outer = inside;

		if (!gate_inside(&v->sites[site].gates[k - 1], proto, &outer, &inside))
			inside = outer; /* without NAT the address is the host's own */
	}
	return host_at(v, site, &inside.ip);
}

/* The name of the monitored host that an endpoint belongs to, as a vantage sees it; "" = none. */
static const char *host_name(const struct vantage_truth *v, const struct seen_at *here,
			     uint8_t proto, const struct endpoint *e)
{
	const struct lab_node *n = NULL;
	int site = here->vantage ? here->vantage->site : -1;

	unsigned outermost = site >= 0 ? v->sites[site].depth : 0;

	/* outside of all gateways, only the site's own address leads to its hosts */
	if (site >= 0 &&
	    (!outermost || here->vantage->depth < outermost || site_of(v, &e->ip) == site))
		n = host_behind(v, site, here->vantage->depth, proto, e);
	if (!n && (site = site_of(v, &e->ip)) >= 0)
		n = host_behind(v, site, v->sites[site].depth, proto, e);
	return n ? n->name : "";
}

/* The host of a client that its source names, where no gateway's entry leads to it: what is sent to
 * a site's outer address for a client behind it belongs to that client, also if it is dropped. */
static const char *client_name(const struct vantage_truth *v, const struct truth_flow *f,
			       const struct endpoint *e)
{
	int site = f->client_ip.family ? site_of(v, &e->ip) : -1;
	const struct lab_node *n = site < 0 ? NULL : host_at(v, site, &f->client_ip);

	return n ? n->name : "";
}

/* The only host of a site that runs a client; "" = none, or several. */
static const char *only_client(const struct vantage_truth *v, int site)
{
	const struct lab_node *found = NULL;

	for (size_t i = 0; site >= 0 && i < lab_node_count(v->lab); i++) {
		const struct lab_node *n = lab_node_at(v->lab, i);

		if (!v->runs_client[i] || n->site != site)
			continue;
		if (found)
			return "";
		found = n;
	}
	return found ? found->name : "";
}

static bool runs_client(const struct vantage_truth *v, const char *name)
{
	for (size_t i = 0; i < lab_node_count(v->lab); i++)
		if (v->runs_client[i] && !strcmp(lab_node_at(v->lab, i)->name, name))
			return true;
	return false;
}

/* ------------------------------------------------------------------ one flow */

/* What is carried along a flow's path: the flow itself, or something that happened on it. */
struct item {
	const struct truth_flow *f;
	uint32_t flow;			 /* its number in the truth log */
	const struct truth_event *event; /* NULL = the flow */
	unsigned number;		 /* of the event */
	const char *opener;		 /* host that opened it; NULL = not known */
};

/* The last start or end of a call on the flow that has the tuple here; 0 = none. */
static enum detection_kind last_of_call(const struct sent_events *l, const struct tuple *t)
{
	for (size_t i = sent_events_count(l); i-- > 0;) {
		const struct sent_event *v = sent_events_at(l, i);

		if ((v->kind == DETECTION_CALL_START || v->kind == DETECTION_CALL_END) &&
		    tuple_same(&v->tuple, t))
			return v->kind;
	}
	return DETECTION_CLAIM;
}

/* Where both ends of a call opened a flow to the other, and NAT made one tuple of the two, each
 * reports the call: that is one call here, from the first that begins to the first that ends. */
static bool told_already(const struct sent_events *l, enum detection_kind kind,
			 const struct tuples *at)
{
	enum detection_kind last;

	if ((kind != DETECTION_CALL_START && kind != DETECTION_CALL_END) || !at->n)
		return false;
	last = last_of_call(l, &at->t[0]);
	return last == kind || (kind == DETECTION_CALL_END && last == DETECTION_CLAIM);
}

static void put_event(const struct seen_at *here, const struct item *it, const struct tuples *at,
		      bool client_is_src)
{
	struct sent_event one = {.number = it->number,
				 .kind = detection_kind_of(it->event->kind),
				 .ts_ns = it->event->ts_ns};

	if (told_already(here->events, one.kind, at))
		return;
	for (size_t i = 0; i < at->n; i++) {
		const struct tuple *t = &at->t[i];

		one.tuple = *t;
		one.client = client_is_src ? t->src.ip : t->dst.ip;
		if (!strncmp(it->event->kind, "session-", 8))
			one.super_node = client_is_src ? t->dst : t->src;
		sent_events_add(here->events, &one);
	}
}

/* Names the hosts on both sides of a row, and says whether both run a client. */
static void put_hosts(const struct vantage_truth *v, const struct seen_at *here,
		      const struct item *it, bool client_is_src, struct label *row)
{
	const struct truth_flow *f = it->f;
	const struct tuple *t = &row->tuple;
	const char *src = it->opener ? it->opener : host_name(v, here, t->proto, &t->src);
	const char *dst = host_name(v, here, t->proto, &t->dst);

	if (client_is_src && !*src)
		src = client_name(v, f, &t->src);
	else if (!client_is_src && !*dst)
		dst = client_name(v, f, &t->dst);
	if (client_is_src && !*dst && label_is(f->label, LABEL_SKYPE))
		dst = only_client(v, site_of(v, &t->dst.ip));
	row->peer_client = label_is(f->label, LABEL_SKYPE) && f->client_ip.family &&
			   strcmp(src, dst) && runs_client(v, client_is_src ? dst : src);
	snprintf(row->client_host, sizeof(row->client_host), "%s", src);
	snprintf(row->server_host, sizeof(row->server_host), "%s", dst);
}

static void put_flow(const struct vantage_truth *v, const struct seen_at *here,
		     const struct item *it, const struct tuples *at, bool client_is_src)
{
	const struct truth_flow *f = it->f;
	struct label row = {
		.session = f->session,
		.opened_ns = f->opened_ns,
		.closed_ns = f->closed_ns,
		.flows = {it->flow + 1},
	};

	label_copy(row.application, f->label);
	snprintf(row.version, sizeof(row.version), "%s", f->version);
	snprintf(row.node, sizeof(row.node), "%s", f->node);
	snprintf(row.source, sizeof(row.source), "%s",
		 source_text(f->recorded ? SOURCE_RECORDED : SOURCE_EMULATED));
	snprintf(row.reason, sizeof(row.reason), "%s", f->reason);
	for (size_t i = 0; i < at->n; i++) {
		row.tuple = at->t[i];
		if (f->client_ip.family)
			row.client = client_is_src ? row.tuple.src.ip : row.tuple.dst.ip;
		put_hosts(v, here, it, client_is_src, &row);
		labels_add(here->labels, &row);
	}
}

static void put(const struct vantage_truth *v, const struct seen_at *here, const struct item *it,
		const struct tuples *at, bool client_is_src)
{
	if (here && it->event)
		put_event(here, it, at, client_is_src);
	else if (here)
		put_flow(v, here, it, at, client_is_src);
}

/* Replayed frames have no conntrack entry, and no NAT is between their ends, so their tuple is the
 * same everywhere. Scoring skips flows that a vantage did not see. */
static void carry_everywhere(const struct vantage_truth *v, const struct item *it,
			     const struct tuples *at, bool from_client)
{
	put(v, v->core, it, at, from_client);
	for (size_t i = 0; i < v->s->sites_len; i++)
		for (unsigned k = 0; k <= VANTAGE_DEPTH_MAX; k++)
			put(v, v->sites[i].at[k], it, at, from_client);
}

/* Carries @at from outside of @depth gateways of a site to its hosts. */
static void carry_inwards(const struct vantage_truth *v, const struct site *site, unsigned depth,
			  const struct item *it, struct tuples at, bool from_client)
{
	struct tuples next;

	for (unsigned k = depth;; k--) {
		put(v, site->at[k], it, &at, from_client);
		if (!k)
			return;
		gate_pass(&site->gates[k - 1], &at, &next);
		at = next;
	}
}

/* Carries @at out of a site, from outside of @depth of its gateways; *at is then what the core
 * sees. */
static void carry_outwards(const struct vantage_truth *v, const struct site *site, unsigned depth,
			   const struct item *it, struct tuples *at, bool from_client)
{
	struct tuples next;

	for (unsigned k = depth; k < site->depth; k++) {
		gate_pass(&site->gates[k], at, &next);
		*at = next;
		put(v, site->at[k + 1], it, at, from_client);
	}
}

/* At the core, and from there into the sites of both ends, without the site @from. */
static void carry_from_core(const struct vantage_truth *v, const struct item *it,
			    const struct tuples *at, bool from_client, int from)
{
	put(v, v->core, it, at, from_client);
	for (size_t i = 0; i < at->n; i++) {
		struct tuples one = {.t = {at->t[i]}, .n = 1};
		int src = site_of(v, &at->t[i].src.ip), dst = site_of(v, &at->t[i].dst.ip);

		if (dst >= 0 && dst != from)
			carry_inwards(v, &v->sites[dst], v->sites[dst].depth, it, one,
				      it->f->served && from_client);
		if (src >= 0 && src != from && src != dst)
			carry_inwards(v, &v->sites[src], v->sites[src].depth, it, one,
				      !it->f->served || from_client);
	}
}

/* The node of the host whose flow it is: its opener's, or that of the flow which it carries on. */
static const struct lab_node *node_of(const struct vantage_truth *v, const struct truth_flow *f)
{
	if (f->carries)
		f = truth_flow_at(v->log, f->carries - 1);
	return lab_node(v->lab, f->node);
}

static void carry(const struct vantage_truth *v, struct item *it, const struct lab_vantage *seen)
{
	const struct truth_flow *f = it->f;
	const struct lab_node *opener = node_of(v, f);
	bool from_client = !f->client_ip.family || ip_eq(&f->client_ip, &f->tuple.src.ip);
	int from = seen ? seen->site : opener ? opener->site : -1;
	unsigned depth = seen ? seen->depth : 0;
	struct tuples at = {.t = {f->tuple}, .n = 1};

	if (!seen && opener)
		it->opener = opener->kind == LAB_HOST && opener->site >= 0 ? opener->name : "";
	if (f->unasked) {
		carry_everywhere(v, it, &at, from_client);
		return;
	}
	if (from >= 0) {
		carry_inwards(v, &v->sites[from], depth, it, at, from_client);
		if (host_at(v, from, &f->tuple.src.ip) && host_at(v, from, &f->tuple.dst.ip))
			return;
		carry_outwards(v, &v->sites[from], depth, it, &at, from_client);
	}
	carry_from_core(v, it, &at, from_client, from);
}

void vantage_truth_flow(struct vantage_truth *v, uint32_t number, const struct truth_flow *f,
			const struct lab_vantage *seen)
{
	struct item it = {.f = f, .flow = number};

	carry(v, &it, seen);
}

void vantage_truth_event(struct vantage_truth *v, const struct truth_flow *f,
			 const struct truth_event *event, unsigned number)
{
	struct item it = {.f = f, .event = event, .number = number};

	carry(v, &it, NULL);
}

/* ------------------------------------------------------------------ what is known */

static const struct labels *labels_at_vantage(const struct vantage_truth *v,
					      const struct lab_vantage *at)
{
	return (at->site < 0 ? v->core : v->sites[at->site].at[at->depth])->labels;
}

bool vantage_truth_has(const struct vantage_truth *v, const struct lab_vantage *at,
		       const struct tuple *t)
{
	return labels_find(labels_at_vantage(v, at), t) != NULL;
}

bool vantage_truth_host(const struct vantage_truth *v, const struct lab_vantage *at, uint8_t proto,
			const struct endpoint *outside, struct ip *host)
{
	int site = at->site < 0 ? site_of(v, &outside->ip) : at->site;
	const struct lab_node *n =
		site < 0 ? NULL
			 : host_behind(v, site, at->site < 0 ? v->sites[site].depth : at->depth,
				       proto, outside);

	if (n)
		*host = n->ip;
	return n != NULL;
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

int vantage_truth_write(const struct vantage_truth *v, const char *dir, bool events, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < v->n; i++) {
		char *path = path_inf(dir, "truth.%s.tsv", v->names[i]);

		rc = labels_write(v->files[i].labels, path, e);
		free(path);
		path = path_inf(dir, "events.%s.tsv", v->names[i]);
		if (rc == 0 && events)
			rc = sent_events_write(v->files[i].events, path, e);
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
