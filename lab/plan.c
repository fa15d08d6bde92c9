// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plan.c - from a specification to every node, address, MAC, route and neighbour of a lab
 *
 * Nothing is created here: the plan is data, so it can be checked, drawn and compared before the
 * kernel is asked for anything, and two runs of a scenario cannot differ in it.
 *
 * Addresses (n = number of the site, from 0):
 *	core 192.0.2.1, internet node 192.0.2.2
 *	site's public prefix: 203.0.113.0/24 for the first, otherwise (and for more than HOSTS_24
 *	    hosts) the n-th /20 of 198.18.0.0/15: documentation and benchmark space, which no
 *	    recording of Skype holds
 *	private LAN: 192.168.(200+n).0/24, or 10.(200+n).0.0/16 for more than HOSTS_24 hosts
 *	between a gateway and a carrier's NAT: 100.64.n.0/24
 *	in each prefix: .1 gateway inside, .2 gateway outside, .3 proxy, .10 and up hosts
 *	A proxy in a network of its own has an address of the LAN's prefix all the same: the routes
 *	say where it is, and one prefix is the site's inside.
 * MACs: 02:00, number of the node, number of the interface: 16 bits each.
 *
 * Limits: IPv4; 32 sites; a site's hosts must fit its prefix.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "lab/gateway/nat.h"
#include "lab/check.h"
#include "lab/plan.h"

#define HOSTS_24   240
#define FIRST_HOST 10
#define PROXY_HOST 3
#define PROXIES	   "proxies" /* the group of all of them */

#define GROW(array, n)                                                                             \
	((array) = xrealloc((array), ((n) + 1) * sizeof(*(array))),                                \
	 memset(&(array)[n], 0, sizeof(*(array))), &(array)[(n)++])

static const struct lab_prefix everywhere = {.ip = {.family = 4}, .len = 0};

static struct lab_prefix prefix4(uint32_t host_order, unsigned len)
{
	return (struct lab_prefix){.ip = ip4(host_order), .len = len};
}

static struct lab_prefix host_prefix(const struct ip *a)
{
	return (struct lab_prefix){.ip = *a, .len = 32};
}

static struct ip nth_ip(const struct lab_prefix *p, uint32_t n)
{
	return ip4(ip4_host(&p->ip) + n);
}

bool plan_forwards(const struct lab_node *n)
{
	return n->kind == LAB_SWITCH || n->kind == LAB_GATEWAY || n->kind == LAB_CGN ||
	       n->kind == LAB_CORE;
}

static int add_node(struct plan *p, enum lab_node_kind kind, int site, const char *name)
{
	struct lab_node *n = GROW(p->nodes, p->n_nodes);

	snprintf(n->name, sizeof(n->name), "%s", name);
	n->kind = kind;
	n->site = site;
	n->netns = -1;
	p->next_ifindex = xrealloc(p->next_ifindex, p->n_nodes * sizeof(int));
	p->next_ifindex[p->n_nodes - 1] = 2; /* lo is 1 */
	return (int)p->n_nodes - 1;
}

static int site_node(struct plan *p, enum lab_node_kind kind, int site, const char *suffix)
{
	char name[LAB_NAME_LEN];

	snprintf(name, sizeof(name), "%s-%s", p->sites[site].name, suffix);
	return add_node(p, kind, site, name);
}

static struct link_end make_end(struct plan *p, int node, const char *ifname, const struct ip *ip)
{
	struct link_end end = {.node = node, .ifindex = p->next_ifindex[node]++};

	snprintf(end.ifname, sizeof(end.ifname), "%s", ifname);
	if (ip)
		end.ip = *ip;
	end.mac[0] = 0x02;
	put_be16(end.mac + 2, node);
	put_be16(end.mac + 4, end.ifindex);
	return end;
}

static void add_route(struct plan *p, const struct link_end *out, struct lab_prefix to,
		      const struct ip *via)
{
	struct plan_route *r = GROW(p->routes, p->n_routes);

	r->kind = ROUTE_VIA;
	r->node = out->node;
	r->ifindex = out->ifindex;
	r->to = to;
	if (via)
		r->via = *via;
}

static void add_special(struct plan *p, enum plan_route_kind kind, int node, struct lab_prefix to)
{
	struct plan_route *r = GROW(p->routes, p->n_routes);

	r->kind = kind;
	r->node = node;
	r->to = to;
}

static void add_neighbour(struct plan *p, const struct link_end *out, const struct ip *ip,
			  const struct link_end *peer)
{
	struct plan_neighbour *n = GROW(p->neighbours, p->n_neighbours);

	n->node = out->node;
	n->ifindex = out->ifindex;
	n->ip = *ip;
	memcpy(n->mac, peer->mac, sizeof(n->mac));
}

static void add_link(struct plan *p, const struct link_end *a, const struct link_end *b)
{
	struct plan_link *l = GROW(p->links, p->n_links);

	l->a = *a;
	l->b = *b;
}

static bool shaped(const struct lab_link *l)
{
	return l->delay_ms > 0 || l->jitter_ms > 0 || l->loss > 0 || l->rate_bps || l->rtt_ms;
}

/* A link that may be impaired: then its two halves end in the wire node. The ends' own addresses
 * and MACs are the same either way: the wire is transparent. */
static void add_shaped_link(struct plan *p, const struct link_end *a, const struct link_end *b,
			    const struct lab_link *shape, const char *name)
{
	struct plan_wire *w;
	char ifname[16];

	if (!shaped(shape)) {
		add_link(p, a, b);
		return;
	}
	if (p->wire < 0)
		p->wire = add_node(p, LAB_WIRE, -1, "wire");
	w = GROW(p->wires, p->n_wires);
	snprintf(w->name, sizeof(w->name), "%s", name);
	w->shape = *shape;
	snprintf(ifname, sizeof(ifname), "%.12s.a", name);
	w->a = make_end(p, p->wire, ifname, NULL);
	snprintf(ifname, sizeof(ifname), "%.12s.b", name);
	w->b = make_end(p, p->wire, ifname, NULL);
	add_link(p, a, &w->a);
	add_link(p, b, &w->b);
}

static uint64_t node_seed(uint64_t seed, const char *node)
{
	struct rng r;

	rng_init(&r, seed, node);
	return rng_u64(&r);
}

static int add_gateway(struct plan *p, const struct lab_spec *spec, enum gateway_kind kind,
		       int node, const struct firewall *firewall, const struct nat_policy *nat)
{
	struct gateway_ctx *g = GROW(p->gateways, p->n_gateways);

	snprintf(g->node, sizeof(g->node), "%s", p->nodes[node].name);
	g->kind = kind;
	g->site = p->nodes[node].site;
	g->netns = -1;
	g->seed = node_seed(spec->seed, g->node);
	snprintf(g->lan_if, sizeof(g->lan_if), "%s", kind == GATEWAY_INTERNET ? "" : "lan");
	snprintf(g->wan_if, sizeof(g->wan_if), "%s", kind == GATEWAY_INTERNET ? "eth0" : "wan");
	g->firewall = firewall ? firewall : policies_firewall(&p->defaults, "open", NULL);
	g->nat = nat ? nat : policies_nat(&p->defaults, "public", NULL);
	return (int)p->n_gateways - 1;
}

static void add_vantage(struct plan *p, int site, const char *suffix, int node, const char *ifname,
			unsigned depth)
{
	struct lab_vantage *v = GROW(p->vantages, p->n_vantages);

	if (site >= 0)
		snprintf(v->name, sizeof(v->name), "%s.%s", p->sites[site].name, suffix);
	else
		snprintf(v->name, sizeof(v->name), "%s", suffix);
	memcpy(v->node, p->nodes[node].name, sizeof(v->node));
	snprintf(v->ifname, sizeof(v->ifname), "%s", ifname);
	v->site = site;
	v->depth = depth;
}

/* From a node of routes to a host's `eth0`. @gw_ip is the gateway that the host knows. */
static void plan_host_link(struct plan *p, struct link_end *port, int node, const struct ip *gw_ip)
{
	struct ip ip = p->nodes[node].ip;
	struct link_end host = make_end(p, node, "eth0", &ip);

	add_link(p, port, &host);
	add_route(p, &host, everywhere, gw_ip);
	add_neighbour(p, &host, gw_ip, port);
	add_route(p, port, host_prefix(&ip), NULL);
	add_neighbour(p, port, &ip, &host);
}

/* The proxy's own network at the gateway. */
static void plan_dmz(struct plan *p, struct plan_site *s, const struct ip *lan_ip)
{
	struct gateway_ctx *g = &p->gateways[s->gateway];
	struct link_end port = make_end(p, s->gw, "dmz", lan_ip);

	snprintf(g->dmz_if, sizeof(g->dmz_if), "%s", port.ifname);
	plan_host_link(p, &port, s->proxy, lan_ip);
}

/* The hosts' side of a gateway: straight to the only host, or over an IP switch. */
static void plan_lan(struct plan *p, struct plan_site *s, struct link_end *lan,
		     enum lab_proxy proxy)
{
	struct link_end up, port;
	struct ip switch_ip = ip4(0xa9fe0101); /* 169.254.1.1, on this link only */
	char ifname[16];

	if (s->sw < 0) {
		plan_host_link(p, lan, s->first_host, &lan->ip);
		add_special(p, ROUTE_UNREACHABLE, s->gw, s->lan);
		return;
	}
	up = make_end(p, s->sw, "up", &switch_ip);
	add_link(p, lan, &up);
	add_route(p, lan, s->lan, &switch_ip);
	add_neighbour(p, lan, &switch_ip, &up);
	add_route(p, &up, everywhere, &lan->ip);
	add_neighbour(p, &up, &lan->ip, lan);
	add_special(p, ROUTE_UNREACHABLE, s->sw, s->lan);
	add_route(p, &up, host_prefix(&lan->ip), NULL);
	for (unsigned k = 0; k < s->hosts; k++) {
		snprintf(ifname, sizeof(ifname), "p%u", k + 1);
		port = make_end(p, s->sw, ifname, NULL);
		plan_host_link(p, &port, s->first_host + (int)k, &lan->ip);
	}
	if (proxy == LAB_PROXY_LAN) {
		port = make_end(p, s->sw, "proxy", NULL);
		plan_host_link(p, &port, s->proxy, &lan->ip);
	} else if (proxy == LAB_PROXY_DMZ) {
		add_route(p, &up, host_prefix(&p->nodes[s->proxy].ip), &lan->ip);
	}
}

static void choose_prefixes(struct plan_site *s, const struct lab_site_spec *spec, uint32_t n)
{
	bool large = spec->hosts > HOSTS_24;

	s->public = !nat_translates(spec->nat);
	s->wan = spec->wan;
	if (!s->wan.ip.family && s->public && spec->lan.ip.family)
		s->wan = spec->lan;
	if (!s->wan.ip.family) {
		if (!n && !(large && s->public))
			s->wan = prefix4(0xcb007100, 24);
		else
			s->wan = prefix4(0xc6120000 + (n << 12), 20);
	}
	s->lan = spec->lan;
	if (s->public)
		s->lan = s->wan;
	else if (!s->lan.ip.family)
		s->lan = large ? prefix4(0x0a000000 + ((200 + n) << 16), 16)
			       : prefix4(0xc0a80000 + ((200 + n) << 8), 24);
}

static void plan_site_nodes(struct plan *p, const struct lab_spec *spec, int n)
{
	const struct lab_site_spec *from = &spec->sites[n];
	struct plan_site *s = &p->sites[n];
	char suffix[16];

	snprintf(s->name, sizeof(s->name), "%s", from->name);
	s->hosts = from->hosts;
	choose_prefixes(s, from, (uint32_t)n);
	for (unsigned k = 0; k < s->hosts; k++) {
		int node;

		snprintf(suffix, sizeof(suffix), "h%u", k + 1);
		node = site_node(p, LAB_HOST, n, suffix);
		if (!k)
			s->first_host = node;
		p->nodes[node].nth = k + 1;
		p->nodes[node].ip = nth_ip(&s->lan, FIRST_HOST + k);
	}
	s->sw = s->hosts + (from->proxy == LAB_PROXY_LAN) > 1 ? site_node(p, LAB_SWITCH, n, "sw")
							      : -1;
	s->gw = site_node(p, LAB_GATEWAY, n, "gw");
	s->cgn = from->cgn ? site_node(p, LAB_CGN, n, "cgn") : -1;
	s->proxy = from->proxy ? site_node(p, LAB_HOST, n, "proxy") : -1;
	if (s->proxy >= 0)
		p->nodes[s->proxy].ip = nth_ip(&s->lan, PROXY_HOST);
}

/* Gateways and links of a site, outwards up to the core. */
static void plan_site_links(struct plan *p, const struct lab_spec *spec, int n,
			    const struct ip *core_ip)
{
	const struct lab_site_spec *from = &spec->sites[n];
	struct plan_site *s = &p->sites[n];
	struct lab_prefix mid = prefix4(0x64400000 + ((uint32_t)n << 8), 24);
	struct ip lan_ip = nth_ip(&s->lan, 1), public_ip = nth_ip(&s->wan, 2);
	struct ip gw_out = s->cgn >= 0 ? nth_ip(&mid, 2) : public_ip;
	struct link_end lan = make_end(p, s->gw, "lan", &lan_ip);
	struct link_end out = make_end(p, s->gw, "wan", &gw_out);
	struct link_end port = make_end(p, p->core, s->name, core_ip);
	struct gateway_ctx *g;

	s->gateway = add_gateway(p, spec, GATEWAY_SITE, s->gw, from->firewall, from->nat);
	g = &p->gateways[s->gateway];
	g->lan = s->lan;
	g->lan_ip = lan_ip;
	g->wan_ip = gw_out;
	p->nodes[s->gw].ip = gw_out;
	plan_lan(p, s, &lan, from->proxy);
	if (from->proxy == LAB_PROXY_DMZ)
		plan_dmz(p, s, &lan_ip);
	add_vantage(p, n, "lan", s->gw, "lan", 0);
	add_vantage(p, n, "wan", s->gw, "wan", 1);
	s->cgn_gateway = -1;
	if (s->cgn >= 0) {
		struct ip mid_ip = nth_ip(&mid, 1);
		struct link_end in = make_end(p, s->cgn, "lan", &mid_ip);

		s->cgn_gateway = add_gateway(p, spec, GATEWAY_CGN, s->cgn, NULL, from->cgn);
		g = &p->gateways[s->cgn_gateway];
		g->lan = mid;
		g->lan_ip = mid_ip;
		g->wan_ip = public_ip;
		p->nodes[s->cgn].ip = public_ip;
		add_link(p, &out, &in);
		add_route(p, &out, everywhere, &mid_ip);
		add_neighbour(p, &out, &mid_ip, &in);
		add_route(p, &in, host_prefix(&gw_out), NULL);
		add_neighbour(p, &in, &gw_out, &out);
		add_special(p, ROUTE_UNREACHABLE, s->cgn, mid);
		add_vantage(p, n, "cgn", s->cgn, "wan", 2);
		out = make_end(p, s->cgn, "wan", &public_ip);
	}
	add_shaped_link(p, &out, &port, &from->link, s->name);
	add_route(p, &out, everywhere, core_ip);
	add_neighbour(p, &out, core_ip, &port);
	add_route(p, &port, host_prefix(&public_ip), NULL);
	if (s->public)
		add_route(p, &port, s->wan, &public_ip);
	add_neighbour(p, &port, &public_ip, &out);
}

static void plan_internet(struct plan *p, const struct lab_spec *spec, const struct ip *core_ip)
{
	struct ip own = ip4(0xc0000202);
	struct link_end port = make_end(p, p->core, "internet", core_ip);
	struct link_end out = make_end(p, p->internet, "eth0", &own);

	p->nodes[p->core].ip = *core_ip;
	p->nodes[p->internet].ip = own;
	add_shaped_link(p, &out, &port, &spec->internet_link, "internet");
	add_route(p, &out, everywhere, core_ip);
	add_neighbour(p, &out, core_ip, &port);
	add_route(p, &port, everywhere, &own);
	add_neighbour(p, &port, &own, &out);
	for (size_t i = 0; i < spec->n_internet; i++)
		add_special(p, ROUTE_LOCAL, p->internet, spec->internet[i]);
	for (size_t s = 0; s < p->n_sites; s++)
		for (size_t i = 0; i < spec->n_unanswered; i++)
			add_special(p, ROUTE_UNREACHABLE, p->sites[s].first_host,
				    host_prefix(&spec->unanswered[i]));
	if (spec->internet_firewall) {
		int g = add_gateway(p, spec, GATEWAY_INTERNET, p->internet, spec->internet_firewall,
				    NULL);

		p->gateways[g].wan_ip = own;
	}
}

static void add_group(struct plan *p, const char *name, const struct ip *ips, size_t n)
{
	size_t bytes = n * sizeof(struct ip);
	struct ip *copy = xmalloc(bytes);
	struct lab_group *g = GROW(p->groups, p->n_groups);

	if (bytes)
		memcpy(copy, ips, bytes);
	*g = (struct lab_group){.name = xstrdup(name), .ips = copy, .n = n};
}

/* The specification's groups, and the proxies, whose addresses are chosen here. */
static void copy_groups(struct plan *p, const struct lab_spec *spec)
{
	struct ip *proxies = xcalloc(p->n_sites, sizeof(*proxies));
	size_t n = 0;

	for (size_t i = 0; i < spec->n_groups; i++)
		add_group(p, spec->groups[i].name, spec->groups[i].ips, spec->groups[i].n);
	for (size_t i = 0; i < p->n_sites; i++)
		if (p->sites[i].proxy >= 0)
			proxies[n++] = p->nodes[p->sites[i].proxy].ip;
	if (n)
		add_group(p, PROXIES, proxies, n);
	free(proxies);
	for (size_t i = 0; i < p->n_gateways; i++) {
		p->gateways[i].groups = p->groups;
		p->gateways[i].n_groups = p->n_groups;
	}
}

int plan_make(struct plan *p, const struct lab_spec *spec, struct err *e)
{
	struct ip core_ip = ip4(0xc0000201);
	unsigned depth = 0;

	memset(p, 0, sizeof(*p));
	if (spec_check(spec, e) < 0)
		return -1;
	if (!policies_firewall(&p->defaults, "open", e) ||
	    !policies_nat(&p->defaults, "public", e)) {
		policies_free(&p->defaults);
		return -1;
	}
	p->wire = -1;
	p->n_sites = spec->n_sites;
	p->sites = xcalloc(spec->n_sites, sizeof(*p->sites));
	for (size_t i = 0; i < spec->n_sites; i++)
		plan_site_nodes(p, spec, (int)i);
	p->core = add_node(p, LAB_CORE, -1, "core");
	p->internet = add_node(p, LAB_INTERNET, -1, "internet");
	for (size_t i = 0; i < spec->n_sites; i++) {
		plan_site_links(p, spec, (int)i, &core_ip);
		if (!p->sites[i].public && depth < 1)
			depth = 1;
		if (p->sites[i].cgn >= 0)
			depth = 2;
	}
	plan_internet(p, spec, &core_ip);
	add_vantage(p, -1, "core", p->core, "any", depth);
	copy_groups(p, spec);
	if (plan_check(p, spec, e) < 0) {
		plan_free(p);
		return -1;
	}
	return 0;
}

void plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->n_groups; i++) {
		free((char *)p->groups[i].name);
		free((struct ip *)p->groups[i].ips);
	}
	free(p->nodes);
	free(p->sites);
	free(p->links);
	free(p->wires);
	free(p->routes);
	free(p->neighbours);
	free(p->gateways);
	free(p->vantages);
	free(p->groups);
	free(p->next_ifindex);
	policies_free(&p->defaults);
	memset(p, 0, sizeof(*p));
}
