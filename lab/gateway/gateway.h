/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GATEWAY_GATEWAY_H
#define LAB_GATEWAY_GATEWAY_H

#include <stdio.h>

#include "base/err.h"
#include "lab/spec.h"

struct conntrack_watch;

/*
 * The seam between the topology (which builds the gateway's namespace and links) and the policies
 * (which fill it with rules). The topology makes the context and owns it until lab_down().
 */

enum gateway_kind {
	GATEWAY_SITE,	 /* firewall and NAT of a site */
	GATEWAY_CGN,	 /* a carrier's NAT behind it; firewall is "open" */
	GATEWAY_INTERNET /* the internet node: only a firewall, on INPUT; lan_if is "" */
};

/**
 * struct gateway_ctx - a gateway whose links are up and which has no rules yet
 * @node:	Node name
 * @netns:	Its namespace (descriptor of the lab)
 * @seed:	Of NAT ports: differs per gateway, the same on every run of a scenario
 * @lan_if, @wan_if: Interface names
 * @dmz_if:	Of the network in which the site's proxy is; "" = there is none
 * @lan:	Prefix of the inside (hosts; of a CGN: the link to the gateway)
 * @lan_ip:	The gateway's own address inside
 * @wan_ip:	Its address outside; what NAT maps to
 * @firewall, @nat: Policies (the specification's, or the plan's defaults), never NULL
 * @groups:	Server addresses by name
 * @watch:	Set by the topology from conntrack_watch_start()
 */
struct gateway_ctx {
	char node[LAB_NAME_LEN];
	enum gateway_kind kind;
	int site; /* index in the specification, or -1 */
	int netns;
	uint64_t seed;
	char lan_if[16], wan_if[16], dmz_if[16];
	struct lab_prefix lan;
	struct ip lan_ip, wan_ip;
	const struct firewall *firewall;
	const struct nat_policy *nat;
	const struct lab_group *groups; /* (owned by the lab: a copy) */
	size_t n_groups;
	struct conntrack_watch *watch;
};

/* Loads all rules of the policies in one acknowledged batch. 0, or -1 with @e set. */
int gateway_program(struct gateway_ctx *g, struct err *e);
/* Rules as loaded now, with counters, as text like nft's. 0, or -1 with @e set. */
int gateway_rules_text(const struct gateway_ctx *g, FILE *out, struct err *e);

#endif
