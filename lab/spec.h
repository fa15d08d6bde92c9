/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_SPEC_H
#define LAB_SPEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* What a lab is to be. */

#define LAB_NAME_LEN 32 /* a node's or vantage's name and its NUL */

struct dist;
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
	/* Round-trip times of the addresses behind the link: each draws its own, ms, once; half of
	 * it each way, above the rest. NULL = none. Must outlive the lab. */
	const struct dist *rtt_ms;
};

/* The most hosts that a site may have. */
#define LAB_HOSTS_MAX 4000

/* Where a site's proxy stands: a host of its own, through which others reach the internet. In the
 * LAN, beside the hosts; or in a network of its own at the gateway, which then sees what hosts and
 * proxy say to each other. */
enum lab_proxy { LAB_PROXY_NONE, LAB_PROXY_LAN, LAB_PROXY_DMZ };

/**
 * struct lab_site_spec - a site: hosts behind one gateway
 * @name:	1 to 12 characters a-z 0-9 and '-'; "core", "internet", "wire" are taken
 * @hosts:	1 or more
 * @firewall:	Policy (lab/gateway/firewall.h); NULL = "open"
 * @nat:	Behaviour (lab/gateway/nat.h); NULL or one that does not translate = hosts have
 *		public addresses
 * @cgn:	Behaviour of a second NAT behind the first; NULL = none
 * @link:	The access link, between the outermost gateway and the core
 * @proxy:	Whether it has a proxy; policies name all proxies as the group "proxies"
 * @lan:	Hosts' prefix; not given: chosen (see plan.c; the public prefix when @nat is public)
 * @wan:	Site's public prefix, routed to it by the core; not given: chosen
 */
struct lab_site_spec {
	const char *name;
	unsigned hosts;
	const struct firewall *firewall;
	const struct nat_policy *nat, *cgn;
	struct lab_link link;
	enum lab_proxy proxy;
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

#endif
