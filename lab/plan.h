/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_PLAN_H
#define LAB_PLAN_H

#include "lab/gateway/gateway.h"
#include "lab/gateway/policies.h"
#include "lab/netlink/link.h"
#include "lab/nodes.h"
#include "lab/spec.h"

/* The whole network as data, computed from the specification alone: names, addresses, MACs,
 * indices, routes. The same specification gives the same plan, byte for byte. */

struct plan_link {
	struct link_end a, b;
};

/* Both directions of an impaired link: two links end in the wire node, and a forwarder (impair.c)
 * carries frames between them. */
struct plan_wire {
	char name[16];	      /* what it stands for: the site's name, or "internet" */
	struct link_end a, b; /* ends in the wire node: towards the site, towards the core */
	struct lab_link shape;
};

enum plan_route_kind { ROUTE_VIA, ROUTE_LOCAL, ROUTE_UNREACHABLE };

struct plan_route {
	enum plan_route_kind kind;
	int node;
	int ifindex;
	struct lab_prefix to;
	struct ip via; /* family 0 = on the link */
};

struct plan_neighbour {
	int node;
	int ifindex;
	struct ip ip;
	uint8_t mac[6];
};

struct plan_site {
	char name[16];
	int first_host; /* node index; the others follow */
	unsigned hosts;
	int sw, gw, cgn, proxy;	  /* node indices or -1 */
	int gateway, cgn_gateway; /* indices in gateways, or -1 */
	struct lab_prefix lan, wan;
	bool public;
};

struct plan {
	struct lab_node *nodes; /* (owned), netns -1 */
	size_t n_nodes;
	struct plan_site *sites; /* (owned) */
	size_t n_sites;
	int core, internet, wire; /* node indices; wire may be -1 */
	struct plan_link *links;  /* (owned) */
	size_t n_links;
	struct plan_wire *wires; /* (owned) */
	size_t n_wires;
	struct plan_route *routes; /* (owned) */
	size_t n_routes;
	struct plan_neighbour *neighbours; /* (owned) */
	size_t n_neighbours;
	struct gateway_ctx *gateways; /* (owned) */
	size_t n_gateways;
	struct lab_vantage *vantages; /* (owned) */
	size_t n_vantages;
	struct lab_group *groups; /* (owned, with names and addresses) */
	size_t n_groups;
	struct policies defaults; /* for sites that name none */
	int *next_ifindex;	  /* (owned) per node, while planning */
};

/* Checks and plans. 0, or -1 with @e set (EXIT_USAGE) and @p empty. */
int plan_make(struct plan *p, const struct lab_spec *spec, struct err *e);
void plan_free(struct plan *p);
bool plan_forwards(const struct lab_node *n);

#endif
