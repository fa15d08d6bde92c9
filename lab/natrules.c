// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * natrules.c - the NAT's part of a gateway's rules
 *
 * Model. The outside port of a flow is a hash of its inside endpoint, of the destination address
 * when the mapping is address-dependent, and of the destination port when it is address-and-port-
 * dependent, with the gateway's seed: the same on every run, no state, no clash between inside
 * hosts but by chance. With port preservation, the first owner of an outside port keeps its inside
 * port (sets below), and the hash is for the others.
 *
 *   mappings   protocol . outside port -> inside endpoint. Filled and refreshed by every outbound
 *              packet (in forward: NAT chains see a flow's first packet only), read in prerouting
 * to let others in. Only kept when something needs it: filtering freer than
 *              address-and-port-dependent, hairpinning, or port preservation.
 *   contacted  who may come in with address-dependent filtering.
 *   kept       owners of preserved ports.
 *
 * Address-and-port-dependent filtering is conntrack's own: only the exact reply is translated back.
 * Hairpinned packets get the sender's outside address and port, and are not filtered.
 *
 * Elements carry a counter, from which conntrack.c learns which were refreshed (see there: in an
 * emulated clock it ages them).
 *
 * Limits. Two inside endpoints may hash to one outside port (64,512 of them): the later cannot open
 * a flow to a destination that the earlier has one to, and is not reachable from others. The
 * register layout of the hash assumes a little-endian machine.
 */
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

#include "lab/gatewayrules.h"

#define PORT_FIRST 1024u
#define PORT_COUNT (65536u - PORT_FIRST)

static const struct {
	uint8_t number;
	const char *name;
} protocols[] = {{IPPROTO_UDP, "udp"}, {IPPROTO_TCP, "tcp"}};

static bool seeded(const struct rules *p)
{
	return p->nat->translation == NAT_SEEDED;
}

/* Lets others in by mapping: from outside unless only conntrack may. */
static bool opens(const struct rules *p)
{
	return seeded(p) && p->nat->filtering != NAT_ADDRESS_AND_PORT_DEPENDENT;
}

static uint32_t seed32(uint64_t seed)
{
	uint32_t s = (uint32_t)(seed ^ (seed >> 32));

	return s ? s : 1; /* 0 would mean: the kernel's own random seed */
}

/* ---- sets ---- */

static uint32_t concat(const uint32_t *types, size_t n)
{
	uint32_t t = 0;

	for (size_t i = 0; i < n; i++)
		t = t << 6 | types[i];
	return t;
}

static void dynamic_set(struct rules *p, const char *name, const uint32_t *types, size_t n,
			bool map)
{
	static const uint32_t endpoint[] = {NFTYPE_IPV4_ADDR, NFTYPE_INET_SERVICE};
	struct nftnl_set *s =
		rules_set(name, NFT_SET_EVAL | NFT_SET_TIMEOUT | (map ? NFT_SET_MAP : 0),
			  concat(types, n), (uint32_t)(4 * n));
	uint64_t ms = 1000ULL * p->nat->lifetime.udp;
	char label[600];

	nftnl_set_set_u32(s, NFTNL_SET_DESC_SIZE, 65535);
	nftnl_set_set_u64(s, NFTNL_SET_TIMEOUT, ms);
	if (map) {
		nftnl_set_set_u32(s, NFTNL_SET_DATA_TYPE, concat(endpoint, 2));
		nftnl_set_set_u32(s, NFTNL_SET_DATA_LEN, 8);
	}
	snprintf(label, sizeof(label), "%s: %s: set %s", p->g->node, p->source, name);
	nft_batch_set(p->batch, s, label);
	nftnl_set_free(s);
}

void nat_sets(struct rules *p)
{
	static const uint32_t mapping[] = {NFTYPE_INET_PROTO, NFTYPE_INET_SERVICE};
	static const uint32_t flow[] = {NFTYPE_INET_PROTO, NFTYPE_IPV4_ADDR, NFTYPE_INET_SERVICE,
					NFTYPE_IPV4_ADDR, NFTYPE_INET_SERVICE};

	if (nat_has_mappings(p->nat))
		dynamic_set(p, NAT_MAPPINGS, mapping, 2, true);
	if (nat_has_contacted(p->nat))
		dynamic_set(p, NAT_CONTACTED, flow, 4, false);
	if (nat_has_kept(p->nat))
		dynamic_set(p, NAT_KEPT, flow, 3 + (size_t)p->nat->mapping, false);
}

/* ---- registers ---- */

/* Words 4..7: saddr, sport, daddr, dport; the first 2, 3 or 4 decide a mapping. */
static void load_flow(const struct rules *p, struct nftnl_rule *r, unsigned at)
{
	nx_saddr(r, W(at));
	nx_sport(r, W(at + 1));
	if (p->nat->mapping >= NAT_ADDRESS_DEPENDENT)
		nx_daddr(r, W(at + 2));
	if (p->nat->mapping >= NAT_ADDRESS_AND_PORT_DEPENDENT)
		nx_dport(r, W(at + 3));
}

static uint32_t flow_len(const struct rules *p)
{
	return 8 + 4 * (uint32_t)p->nat->mapping;
}

/* Word 1 = the seeded outside port of the flow in words 4.. */
static void load_hashed_port(const struct rules *p, struct nftnl_rule *r)
{
	load_flow(p, r, 4);
	nx_hash_port(r, W(4), flow_len(p), PORT_FIRST, PORT_COUNT, seed32(p->g->seed), W(1));
}

/* Words 0..: protocol and flow, a key of `kept`. */
static void load_kept_key(const struct rules *p, struct nftnl_rule *r)
{
	nx_l4proto(r, W(0));
	load_flow(p, r, 1);
}

static uint64_t lifetime_ms(const struct rules *p, uint8_t proto)
{
	const struct nat_lifetime *l = &p->nat->lifetime;

	return 1000ULL * (proto == IPPROTO_TCP ? l->tcp : l->udp);
}

/* ---- memory ---- */

/* The three ways an outbound packet refreshes its mapping: it keeps its port already; its port is
 * nobody's; its port is another's, so it goes by the hash. */
static void remember_mapping(struct rules *p, uint8_t proto)
{
	struct nftnl_rule *r;

	if (nat_has_kept(p->nat)) {
		r = nx_rule("remember", "keeps its port");
		nx_if_l4proto(r, proto);
		load_kept_key(p, r);
		nx_if_in_set(r, NAT_KEPT, W(0), 0);
		nx_jump(r, "keep");
		rules_add(p, r, "a mapping that keeps its port");

		r = nx_rule("remember", "port is free");
		nx_if_l4proto(r, proto);
		nx_l4proto(r, W(0));
		nx_sport(r, W(1));
		nx_if_in_set(r, NAT_MAPPINGS, W(0), 1);
		nx_jump(r, "keep");
		rules_add(p, r, "a mapping whose port is free");

		r = nx_rule("remember", NULL);
		nx_if_l4proto(r, proto);
		load_kept_key(p, r);
		nx_if_in_set(r, NAT_KEPT, W(0), 0);
		nx_verdict(r, NFT_RETURN);
		rules_add(p, r, "kept mappings are done");
	}
	r = nx_rule("remember", NULL);
	nx_if_l4proto(r, proto);
	load_hashed_port(p, r);
	nx_l4proto(r, W(0));
	nx_remember(r, NAT_MAPPINGS, W(0), W(4), lifetime_ms(p, proto));
	rules_add(p, r, "mapping");
}

static void remember_contacted(struct rules *p, uint8_t proto)
{
	struct nftnl_rule *r = nx_rule("remember", NULL);

	nx_if_l4proto(r, proto);
	nx_l4proto(r, W(0));
	nx_saddr(r, W(1));
	nx_sport(r, W(2));
	nx_daddr(r, W(3));
	nx_remember(r, NAT_CONTACTED, W(0), 0, lifetime_ms(p, proto));
	rules_add(p, r, "contacted address");
}

static void keep_chain(struct rules *p)
{
	rules_subchain(p, "keep");
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		struct nftnl_rule *r = nx_rule("keep", NULL);

		nx_if_l4proto(r, protocols[i].number);
		load_kept_key(p, r);
		nx_remember(r, NAT_KEPT, W(0), 0, lifetime_ms(p, protocols[i].number));
		rules_add(p, r, "kept port");

		r = nx_rule("keep", NULL);
		nx_if_l4proto(r, protocols[i].number);
		nx_l4proto(r, W(0));
		nx_sport(r, W(1));
		nx_saddr(r, W(4));
		nx_sport(r, W(5));
		nx_remember(r, NAT_MAPPINGS, W(0), W(4), lifetime_ms(p, protocols[i].number));
		rules_add(p, r, "mapping to the kept port");
	}
}

void nat_forward_rules(struct rules *p)
{
	struct nftnl_rule *r;

	if (!nat_has_mappings(p->nat) && !nat_has_contacted(p->nat))
		return;
	if (nat_has_kept(p->nat))
		keep_chain(p);
	rules_subchain(p, "remember");
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		if (nat_has_contacted(p->nat))
			remember_contacted(p, protocols[i].number);
		remember_mapping(p, protocols[i].number);
	}
	r = nx_rule("forward", NULL);
	nx_if_iif(r, p->g->lan_if);
	nx_jump(r, "remember");
	rules_add(p, r, "outbound packets refresh their mapping");
}

/* ---- filter ---- */

void nat_filter_rules(struct rules *p)
{
	struct nftnl_rule *r;

	if (p->nat->translation == NAT_NONE)
		return;
	rules_subchain(p, "nat-filter");
	if (opens(p)) {
		r = nx_rule("nat-filter", NULL);
		if (nat_has_contacted(p->nat)) {
			nx_l4proto(r, W(0));
			nx_daddr(r, W(1));
			nx_dport(r, W(2));
			nx_saddr(r, W(3));
			nx_if_in_set(r, NAT_CONTACTED, W(0), 0);
		} else {
			nx_if_ct_bits(r, NFT_CT_STATUS, IPS_DST_NAT);
		}
		nx_verdict(r, NFT_RETURN);
		rules_add(p, r, "whom the filter lets in");
	}
	rules_counter(p, "nat-filter");
	r = nx_rule("nat-filter", nat_dependence_text(p->nat->filtering));
	nx_count(r, "nat-filter");
	nx_verdict(r, NF_DROP);
	rules_add(p, r, "whom the filter keeps out");
	r = nx_rule("forward", NULL);
	nx_if_iif(r, p->g->wan_if);
	nx_jump(r, "nat-filter");
	rules_add(p, r, "new flows from outside");
}

/* ---- translation ---- */

static void prerouting(struct rules *p)
{
	struct nftnl_rule *r;

	rules_chain(p, "prerouting", "nat", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST);
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		r = nx_rule("prerouting", NULL);
		if (!opens(p))
			nx_if_iif(r, p->g->lan_if);
		else if (!p->nat->hairpinning)
			nx_if_iif(r, p->g->wan_if);
		nx_if_daddr(r, p->g->wan_ip.b);
		nx_if_l4proto(r, protocols[i].number);
		nx_l4proto(r, W(0));
		nx_dport(r, W(1));
		nx_map(r, NAT_MAPPINGS, W(0), W(8));
		nx_dnat(r, W(8), W(9));
		rules_add(p, r, "to the owner of the outside port");
	}
}

static void translate_chain(struct rules *p)
{
	struct nftnl_rule *r;

	rules_subchain(p, "translate");
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		if (nat_has_kept(p->nat)) {
			r = nx_rule("translate", "keeps its port");
			nx_if_l4proto(r, protocols[i].number);
			load_kept_key(p, r);
			nx_if_in_set(r, NAT_KEPT, W(0), 0);
			nx_imm(r, W(0), p->g->wan_ip.b, 4);
			nx_sport(r, W(1));
			nx_snat(r, W(0), W(1));
			rules_add(p, r, "source NAT with the inside port");
		}
		r = nx_rule("translate", NULL);
		nx_if_l4proto(r, protocols[i].number);
		nx_imm(r, W(0), p->g->wan_ip.b, 4);
		load_hashed_port(p, r);
		nx_snat(r, W(0), W(1));
		rules_add(p, r, "source NAT with the seeded port");
	}
	r = nx_rule("translate", NULL);
	nx_imm(r, W(0), p->g->wan_ip.b, 4);
	nx_snat(r, W(0), 0);
	rules_add(p, r, "source NAT of other protocols");
}

void nat_translation_rules(struct rules *p)
{
	struct nftnl_rule *r;

	if (p->nat->translation == NAT_NONE)
		return;
	if (opens(p) || (seeded(p) && p->nat->hairpinning))
		prerouting(p);
	rules_chain(p, "postrouting", "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC);
	if (seeded(p))
		translate_chain(p);
	r = nx_rule("postrouting", NULL);
	nx_if_oif(r, p->g->wan_if);
	if (seeded(p))
		nx_jump(r, "translate");
	else
		nx_masquerade(r);
	rules_add(p, r, "flows to outside");
	if (!seeded(p) || !p->nat->hairpinning)
		return;
	r = nx_rule("postrouting", "hairpin: the sender appears with its outside endpoint");
	nx_if_oif(r, p->g->lan_if);
	nx_if_ct_bits(r, NFT_CT_STATUS, IPS_DST_NAT);
	nx_if_iif(r, p->g->lan_if);
	nx_jump(r, "translate");
	rules_add(p, r, "hairpinned flows");
}
