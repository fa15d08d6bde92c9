// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nat_rules.c - the NAT's part of a gateway's rules
 *
 * Model. A mapping is made of a flow's inside endpoint, its destination address when mapping is
 * address-dependent, and the destination port when it is address-and-port-dependent. Each mapping
 * has candidates for its outside port: its inside port, with port preservation; then several hashes
 * with the gateway's seed. It takes the first that is free and keeps it: the same on every run,
 * and no two mappings share a port. Two sets hold this:
 *
 *   mappings   protocol . outside port -> inside endpoint; read in prerouting to let others in
 *   owners-udp, owners-tcp  outside port . what the mapping is made of: whose port it is
 *
 * Both are filled and refreshed by every outbound packet, in forward, because NAT chains see a
 * flow's first packet only; postrouting then finds the port by asking which candidate is owned.
 *
 *   contacted  protocol . inside endpoint . outside address, with address-dependent filtering: who
 *              may come in
 *
 * Address-and-port-dependent filtering is conntrack's own: only the exact reply is translated back.
 * Hairpinned packets get the sender's outside address and port, and are not filtered.
 *
 * Elements carry a counter, from which conntrack_aging.c learns which were refreshed.
 *
 * Limits. When all candidates of a mapping are taken (with a quarter of all ports in use, for one
 * in 250), it takes the last one all the same, and may then lose flows to its owner's destinations.
 * The register layout of the hash assumes a little-endian machine.
 */
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

#include "lab/gateway/nat_rules.h"
#include "lab/nft/types.h"

#define PORT_FIRST 1024u
#define PORT_COUNT (65536u - PORT_FIRST)
#define HASHES	   4u /* candidates for an outside port, beside the inside port */

static const struct protocol {
	uint8_t number;
	const char *owners; /* set */
} protocols[] = {{IPPROTO_UDP, NAT_OWNERS_UDP}, {IPPROTO_TCP, NAT_OWNERS_TCP}};

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
	struct nftnl_set *s = nft_set_new(&nft_gateway_table, name,
					  NFT_SET_EVAL | NFT_SET_TIMEOUT | (map ? NFT_SET_MAP : 0),
					  concat(types, n), (uint32_t)(4 * n));
	uint64_t ms = 1000ULL * p->nat->lifetime.udp;
	char label[600];

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
					NFTYPE_IPV4_ADDR};
	static const uint32_t owner[] = {NFTYPE_INET_SERVICE, NFTYPE_IPV4_ADDR, NFTYPE_INET_SERVICE,
					 NFTYPE_IPV4_ADDR, NFTYPE_INET_SERVICE};

	if (nat_has_mappings(p->nat))
		dynamic_set(p, NAT_MAPPINGS, mapping, 2, true);
	if (nat_has_contacted(p->nat))
		dynamic_set(p, NAT_CONTACTED, flow, 4, false);
	for (size_t i = 0; nat_has_mappings(p->nat) && i < ARRAY_LEN(protocols); i++)
		dynamic_set(p, protocols[i].owners, owner, 3 + (size_t)p->nat->mapping, false);
}

/* ---- registers ---- */

/* Words 2..5: saddr, sport, daddr, dport, as far as a mapping is made of them. */
static void load_flow(const struct rules *p, struct nftnl_rule *r)
{
	nx_saddr(r, W(2));
	nx_sport(r, W(3));
	if (p->nat->mapping >= NAT_ADDRESS_DEPENDENT)
		nx_daddr(r, W(4));
	if (p->nat->mapping >= NAT_ADDRESS_AND_PORT_DEPENDENT)
		nx_dport(r, W(5));
}

static unsigned candidates(const struct rules *p)
{
	return HASHES + p->nat->port_preservation;
}

/* Words 0..: protocol, the i-th candidate for the outside port, the flow. Words 0 and 1 are a key
 * of `mappings`, words 1.. a key of `owners`. */
static void load_candidate(const struct rules *p, struct nftnl_rule *r, unsigned i)
{
	unsigned hash = p->nat->port_preservation ? i - 1 : i;

	nx_l4proto(r, W(0));
	load_flow(p, r);
	if (p->nat->port_preservation && i == 0)
		nx_sport(r, W(1));
	else
		nx_hash_port(r, W(2), 8 + 4 * (uint32_t)p->nat->mapping, PORT_FIRST, PORT_COUNT,
			     seed32(p->g->seed + 0x9e3779b97f4a7c15ULL * hash), W(1));
}

static uint64_t lifetime_ms(const struct rules *p, uint8_t proto)
{
	const struct nat_lifetime *l = &p->nat->lifetime;

	return 1000ULL * (proto == IPPROTO_TCP ? l->tcp : l->udp);
}

/* ---- memory ---- */

/* An outbound packet refreshes the mapping it has, or takes the first candidate that is free. */
static void remember_mapping(struct rules *p, const struct protocol *proto, bool owned,
			     unsigned candidate)
{
	struct nftnl_rule *r = nx_rule("remember", owned ? "has this port" : "port is free");

	nx_if_l4proto(r, proto->number);
	load_candidate(p, r, candidate);
	if (owned)
		nx_if_in_set(r, proto->owners, W(1), 0);
	else
		nx_if_in_set(r, NAT_MAPPINGS, W(0), 1);
	nx_remember(r, proto->owners, W(1), 0, lifetime_ms(p, proto->number));
	nx_remember(r, NAT_MAPPINGS, W(0), W(2), lifetime_ms(p, proto->number));
	nx_verdict(r, NFT_RETURN);
	rules_add(p, r, owned ? "a mapping that has its port" : "a mapping that takes a port");
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

static void remember_from(struct rules *p, const char *inner)
{
	struct nftnl_rule *r = nx_rule("forward", NULL);

	nx_if_iif(r, inner);
	nx_jump(r, "remember");
	rules_add(p, r, "outbound packets refresh their mapping");
}

void nat_forward_rules(struct rules *p)
{
	if (!nat_has_mappings(p->nat))
		return;
	rules_subchain(p, "remember");
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		if (nat_has_contacted(p->nat))
			remember_contacted(p, protocols[i].number);
		for (unsigned k = 0; k < candidates(p); k++)
			remember_mapping(p, &protocols[i], true, k);
		for (unsigned k = 0; k < candidates(p); k++)
			remember_mapping(p, &protocols[i], false, k);
	}
	remember_from(p, p->g->lan_if);
	if (p->g->dmz_if[0])
		remember_from(p, p->g->dmz_if);
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

static void translate(struct rules *p, const struct protocol *proto, unsigned candidate, bool owned)
{
	struct nftnl_rule *r = nx_rule("translate", owned ? NULL : "no candidate was free");

	nx_if_l4proto(r, proto->number);
	load_candidate(p, r, candidate);
	if (owned)
		nx_if_in_set(r, proto->owners, W(1), 0);
	nx_imm(r, W(0), p->g->wan_ip.b, 4);
	nx_snat(r, W(0), W(1));
	rules_add(p, r, "source NAT with the mapping's port");
}

static void translate_chain(struct rules *p)
{
	struct nftnl_rule *r;

	rules_subchain(p, "translate");
	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		for (unsigned k = 0; k < candidates(p); k++)
			translate(p, &protocols[i], k, true);
		translate(p, &protocols[i], candidates(p) - 1, false);
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
