/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/loop.h"

/*
 * The lab: sites behind gateways, a core router, and an internet of public addresses, each node a
 * network namespace held by a file descriptor of this process and by nothing else.
 *
 *   <site>-h1 ... -hN -- [<site>-sw] -- lan <site>-gw wan -- [<site>-cgn] -- core -- internet
 *
 * Node names: "<site>-h1".., "<site>-gw", "<site>-cgn" (carrier-grade NAT), "<site>-sw" (only when
 * a site has more than one host: an IP switch), "core", "internet". A host has one interface
 * `eth0`; gateways have `lan` and `wan`; the core has one interface per neighbour, named after the
 * site or `internet`; the internet has `eth0` and every public server address as a local route, so
 * that sockets bind to any of them. Links are routed and point to point; there is no ARP.
 *
 * One thread: everything is driven by the caller's loop. Open sockets with netns_socket().
 */

#define LAB_NAME_LEN 32 /* a node's or vantage's name and its NUL */

struct firewall;
struct nat_policy;

struct lab_prefix {
	struct ip ip;
	unsigned len; /* bits; 0 with family 0 = not given */
};

/* What a link does to packets, each way. All zero: a plain link with nothing in the path. */
struct lab_link {
	double delay_ms;   /* one way */
	double jitter_ms;  /* added uniformly, 0..jitter; packets keep their order */
	double loss;	   /* probability, 0..1 */
	uint64_t rate_bps; /* 0 = unlimited; a packet waits until those before it have left */
};

/**
 * struct lab_site_spec - a site: hosts behind one gateway
 * @name:	1 to 12 characters a-z 0-9 and '-'; "core", "internet", "wire" are taken
 * @hosts:	1 or more
 * @firewall:	Policy (lab/gateway/firewall.h); NULL = "open"
 * @nat:	Behaviour (lab/gateway/nat.h); NULL or one that does not translate = hosts have
 *		public addresses
 * @cgn:	Behaviour of a second NAT behind the first; NULL = none
 * @link:	The access link, between the outermost gateway and the core
 * @lan:	Hosts' prefix; not given: chosen (see plan.c; the public prefix when @nat is public)
 * @wan:	Site's public prefix, routed to it by the core; not given: chosen
 */
struct lab_site_spec {
	const char *name;
	unsigned hosts;
	const struct firewall *firewall;
	const struct nat_policy *nat, *cgn;
	struct lab_link link;
	struct lab_prefix lan, wan;
};

/* Server addresses under a name that firewall policies use: "login-servers", "dns", ... */
struct lab_group {
	const char *name;
	const struct ip *ips;
	size_t n;
};

/**
 * struct lab_spec - what to build; only read during lab_up(), but the policies must outlive the lab
 * @name:	For messages
 * @seed:	Of NAT ports, loss and jitter
 * @sites:	In order; the order and the seed decide all chosen addresses and MACs
 * @internet:	Public addresses and prefixes of servers; they must not overlap a site
 * @unanswered:	Addresses that get no answer from the first host of any site: what arrives from
 *		them finds no way back (for packets that no socket waits for, recorded ones)
 * @internet_link: The link between core and internet
 * @internet_firewall: Policy for what reaches the servers, or NULL (kind GATEWAY_INTERNET)
 * @groups:	For policies
 * @taps:	Vantage names to capture at (see lab_vantage); lab_taps_start() does it
 */
struct lab_spec {
	const char *name;
	uint64_t seed;
	const struct lab_site_spec *sites;
	size_t n_sites;
	const struct lab_prefix *internet;
	size_t n_internet;
	const struct ip *unanswered;
	size_t n_unanswered;
	struct lab_link internet_link;
	const struct firewall *internet_firewall;
	const struct lab_group *groups;
	size_t n_groups;
	const char *const *taps;
	size_t n_taps;
};

struct lab;
struct gateway_ctx;
struct conntrack_watch;

/* ---- the process ---- */

/* Takes this process out of the host: user (unless root), mount, PID and network namespaces, so
 * that nothing outlives it, kill -9 included. It forks: the caller goes on as the grandchild; the
 * original process waits, passes signals on and ends with the same status. Call it once, before any
 * thread exists and before lab_up() and loop_new(). The loopback of the private network namespace
 * is up afterwards. 0, or -1 with @e set (EXIT_ENV: names the sysctl or the sudo to try). */
int lab_sandbox_enter(struct err *e);
bool lab_sandbox_entered(void);

/* ---- the network ---- */

/* Checks the specification without creating anything: names, prefixes, overlaps, policies,
 * vantages. 0, or -1 with @e set (EXIT_USAGE). lab_up() does it first. */
int lab_check(const struct lab_spec *spec, struct err *e);
/* Builds it; needs lab_sandbox_enter(). @loop drives conntrack watches, impaired links and taps,
 * and must outlive the lab. NULL with @e set, and then nothing is left. */
struct lab *lab_up(const struct lab_spec *spec, struct loop *loop, struct err *e);
/* Takes all down; NULL is allowed. Taps that were not finished are dropped. */
void lab_down(struct lab *lab);

enum lab_node_kind { LAB_HOST, LAB_SWITCH, LAB_GATEWAY, LAB_CGN, LAB_CORE, LAB_INTERNET, LAB_WIRE };
const char *lab_node_kind_text(enum lab_node_kind k);

/* One node, valid until lab_down(). */
struct lab_node {
	char name[LAB_NAME_LEN];
	enum lab_node_kind kind;
	int site;     /* index in the specification, or -1 */
	unsigned nth; /* hosts: 1.. */
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
 * for who builds frames. false when the node is none of these. */
bool lab_node_macs(const struct lab *lab, const char *node, uint8_t own[6], uint8_t peer[6]);
/* Address by which the core knows a site: its (outermost) NAT's, or the first host's when public.
 */
struct ip lab_site_public_ip(const struct lab *lab, const char *site);
struct loop *lab_loop(const struct lab *lab);

/* Gateways from the inside out ("caller-gw", "caller-cgn"); NULL past the last. */
const struct gateway_ctx *lab_site_gateway(const struct lab *lab, const char *site, unsigned depth);
const struct gateway_ctx *lab_gateway(const struct lab *lab, const char *node);
/* That gateway's connection tracking, for truth; NULL when not watched. */
struct conntrack_watch *lab_gateway_watch(const struct lab *lab, const char *node);
/* Rules loaded in a gateway, with counters, as text. 0, or -1 with @e set. */
int lab_rules(const struct lab *lab, const char *node, FILE *out, struct err *e);

/* The topology for a person, and for Graphviz. */
void lab_graph_text(const struct lab *lab, FILE *out);
void lab_graph_dot(const struct lab *lab, FILE *out);
/* The same without building it. 0, or -1 with @e set as by lab_check(). */
int lab_spec_graph(const struct lab_spec *spec, bool dot, FILE *out, struct err *e);

/* ---- vantages and taps ---- */

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

/* Starts a capture at every vantage of spec.taps, before the first packet. Files go to @dir (which
 * exists) under their names only in lab_taps_finish(). 0, or -1 with @e set. */
int lab_taps_start(struct lab *lab, const char *dir, struct err *e);
/* Drains, writes and closes. 0, or -1 with @e set: a tap lost packets (the message says which and
 * how many; the files are written all the same) or a file could not be written. */
int lab_taps_finish(struct lab *lab, struct err *e);
struct lab_tap_stats {
	uint64_t packets, dropped, bytes;
};
/* Counts at a vantage: so far, and after lab_taps_finish() the final ones, until lab_down(). false
 * when there is no tap there. */
bool lab_tap_stats(const struct lab *lab, const char *vantage, struct lab_tap_stats *out);

/* What an impaired link did so far; [0] towards the core, [1] towards the site (or the internet).
 * @overrun: frames the forwarder was too slow for; not 0 makes a run invalid. false when the link
 * (a site's name, or "internet") is a plain one. */
struct lab_wire_stats {
	uint64_t carried, lost, queue_drops, overrun;
};
bool lab_wire_stats(const struct lab *lab, const char *link, struct lab_wire_stats out[2]);

/* ---- foreign programs ---- */

/* Forks and runs a program inside a node with the given argv and environment (NULL = ours), its
 * standard streams replaced where fds[i] is not -1 (then it is 3 or more). It dies with this
 * process. /etc/resolv.conf and /etc/hosts name the lab's resolver (group "dns") and nodes. Returns
 * the pid, or -1 with @e set.
 */
int lab_spawn(struct lab *lab, const char *node, char *const argv[], char *const envp[],
	      const int fds[3], struct err *e);

#endif
