/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_NODES_H
#define LAB_NODES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"
#include "lab/spec.h"

struct lab;
struct gateway_ctx;
struct conntrack_watch;

/* ---- nodes ---- */

enum lab_node_kind { LAB_HOST, LAB_SWITCH, LAB_GATEWAY, LAB_CGN, LAB_CORE, LAB_INTERNET, LAB_WIRE };
const char *lab_node_kind_text(enum lab_node_kind k);

/* One node, valid until lab_down(). */
struct lab_node {
	char name[LAB_NAME_LEN];
	enum lab_node_kind kind;
	int site;     /* index in the specification, or -1 */
	unsigned nth; /* hosts: 1..; a site's proxy is a host with 0 */
	int netns;    /* descriptor (owned by the lab) */
	struct ip ip; /* host: its address; gateway: its WAN address; internet: 192.0.2.2 */
};

size_t lab_node_count(const struct lab *lab);
const struct lab_node *lab_node_at(const struct lab *lab, size_t i);
/* NULL when there is no such node. */
const struct lab_node *lab_node(const struct lab *lab, const char *name);
/* Short cuts; -1 and family 0 when there is no such node. */
int lab_node_netns(const struct lab *lab, const char *name);
struct ip lab_node_ip(const struct lab *lab, const char *name);
/* MACs of a host's or the internet's only interface, `eth0`, and of the interface at its other end,
 * to build frames with. False when the node is none of these. */
bool lab_node_macs(const struct lab *lab, const char *node, uint8_t own[6], uint8_t peer[6]);
/* Address by which the core knows a site: its outermost NAT's, or its first host's when public. */
struct ip lab_site_public_ip(const struct lab *lab, const char *site);

/* Gateways from the inside out ("caller-gw", "caller-cgn"); NULL past the last. */
const struct gateway_ctx *lab_site_gateway(const struct lab *lab, const char *site, unsigned depth);
/* That gateway's connection tracking, for truth; NULL when not watched. */
struct conntrack_watch *lab_gateway_watch(const struct lab *lab, const char *node);
/* Rules loaded in a gateway, with counters, as text. 0, or -1 with @e set. */
int lab_rules(const struct lab *lab, const char *node, FILE *out, struct err *e);

/* ---- vantages ---- */

/* A place where packets are captured. For every site "<site>.lan" (gateway's `lan`), "<site>.wan"
 * (gateway's `wan`), with a carrier's NAT also "<site>.cgn" (its `wan`); and "core": every packet
 * that enters the core, once. File name: <node>.<ifname>.pcap. */
struct lab_vantage {
	char name[LAB_NAME_LEN];
	char node[LAB_NAME_LEN];
	char ifname[16];
	int site;	/* index, or -1 (core) */
	unsigned depth; /* NATs between the site's hosts and here: 0 lan, 1 wan, 2 cgn; core: the
			   most any site has */
};
size_t lab_vantage_count(const struct lab *lab);
const struct lab_vantage *lab_vantage_at(const struct lab *lab, size_t i);
const struct lab_vantage *lab_vantage(const struct lab *lab, const char *name);

#endif
