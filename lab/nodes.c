// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nodes.c - finding nodes, gateways and vantages of a lab
 *
 * Look-ups walk the plan's arrays: a lab has at most a few hundred nodes, and none of this is done
 * per packet.
 */
#include <stdio.h>
#include <string.h>

#include "lab/lab_private.h"
#include "lab/nodes.h"

const char *lab_node_kind_text(enum lab_node_kind k)
{
	static const char *const text[] = {"host", "switch",   "gateway", "carrier NAT",
					   "core", "internet", "wire"};

	_Static_assert(ARRAY_LEN(text) == LAB_WIRE + 1, "a text for every kind");
	return text[k];
}

size_t lab_node_count(const struct lab *lab)
{
	return lab->plan.n_nodes;
}

const struct lab_node *lab_node_at(const struct lab *lab, size_t i)
{
	return i < lab->plan.n_nodes ? &lab->plan.nodes[i] : NULL;
}

const struct lab_node *lab_node(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->plan.n_nodes; i++)
		if (!strcmp(lab->plan.nodes[i].name, name))
			return &lab->plan.nodes[i];
	return NULL;
}

int lab_node_netns(const struct lab *lab, const char *name)
{
	const struct lab_node *n = lab_node(lab, name);

	return n ? n->netns : -1;
}

struct ip lab_node_ip(const struct lab *lab, const char *name)
{
	const struct lab_node *n = lab_node(lab, name);

	return n ? n->ip : (struct ip){0};
}

bool lab_node_macs(const struct lab *lab, const char *node, uint8_t own[6], uint8_t peer[6])
{
	const struct lab_node *n = lab_node(lab, node);
	int index = n ? (int)(n - lab->plan.nodes) : -1;
	bool found = false;

	if (!n || (n->kind != LAB_HOST && n->kind != LAB_INTERNET))
		return false;
	for (size_t i = 0; i < lab->plan.n_links; i++) {
		const struct plan_link *l = &lab->plan.links[i];

		if (l->a.node == index || l->b.node == index)
			memcpy(own, l->a.node == index ? l->a.mac : l->b.mac, 6);
	}
	for (size_t i = 0; i < lab->plan.n_neighbours && !found; i++) {
		found = lab->plan.neighbours[i].node == index;
		if (found)
			memcpy(peer, lab->plan.neighbours[i].mac, 6);
	}
	return found;
}

static const struct plan_site *find_site(const struct lab *lab, const char *site)
{
	for (size_t i = 0; i < lab->plan.n_sites; i++)
		if (!strcmp(lab->plan.sites[i].name, site))
			return &lab->plan.sites[i];
	return NULL;
}

struct ip lab_site_public_ip(const struct lab *lab, const char *site)
{
	const struct plan_site *s = find_site(lab, site);

	if (!s)
		return (struct ip){0};
	if (s->public)
		return lab->plan.nodes[s->first_host].ip;
	return lab->plan.nodes[s->cgn >= 0 ? s->cgn : s->gw].ip;
}

const struct gateway_ctx *lab_site_gateway(const struct lab *lab, const char *site, unsigned depth)
{
	const struct plan_site *s = find_site(lab, site);
	int g = !s ? -1 : depth == 0 ? s->gateway : depth == 1 ? s->cgn_gateway : -1;

	return g >= 0 ? &lab->plan.gateways[g] : NULL;
}

static const struct gateway_ctx *find_gateway(const struct lab *lab, const char *node)
{
	for (size_t i = 0; i < lab->plan.n_gateways; i++)
		if (!strcmp(lab->plan.gateways[i].node, node))
			return &lab->plan.gateways[i];
	return NULL;
}

struct conntrack_watch *lab_gateway_watch(const struct lab *lab, const char *node)
{
	const struct gateway_ctx *g = find_gateway(lab, node);

	return g ? g->watch : NULL;
}

int lab_rules(const struct lab *lab, const char *node, FILE *out, struct err *e)
{
	const struct gateway_ctx *g = find_gateway(lab, node);

	if (!lab_node(lab, node))
		return err_set(e, "no node '%s' in this lab", node);
	if (!g)
		return err_set(e, "node %s has no rules: it is not a gateway", node);
	return gateway_rules_text(g, out, e);
}

size_t lab_vantage_count(const struct lab *lab)
{
	return lab->plan.n_vantages;
}

const struct lab_vantage *lab_vantage_at(const struct lab *lab, size_t i)
{
	return i < lab->plan.n_vantages ? &lab->plan.vantages[i] : NULL;
}

const struct lab_vantage *lab_vantage(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->plan.n_vantages; i++)
		if (!strcmp(lab->plan.vantages[i].name, name))
			return &lab->plan.vantages[i];
	return NULL;
}
