// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * own_rules.c - what the filter's table consists of
 *
 *	chain forward (input, output)	before others' chains: jump check
 *	chain check	1. who is allowed		accept: out of this table, others still decide
 *			2. flows by conntrack's mark	ct mark & BIT: both directions, whatever the
 *							NAT; dies with the flow
 *			3. clients			to and from
 *			4. super nodes			address, protocol and port, to and from
 *	chain refuse	what a match jumps to: drop, or TCP reset and ICMP "port unreachable"
 *
 * A drop in a chain of ours is final whatever others accept; an accept ends our chain only.
 * Conntrack's mark and not its label: an entry that was there before the table has no room for a
 * label.
 *
 * The chains' priority is behind conntrack (-200), whose mark they need, and before others'.
 */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>

#include "lab/nft/expr.h"
#include "lab/nft/types.h"
#include "operator/filter/own_rules.h"
#include "operator/filter/own_table.h"

#define PRIORITY (NF_IP_PRI_CONNTRACK + 10)

const struct nft_table own_table_name = {NFPROTO_INET, OWN_TABLE};

static const struct {
	const char *set4, *set6, *counter;
} names[FILTER_WHATS] = {
	[FILTER_FLOW] = {NULL, NULL, "flows"},
	[FILTER_SUPER_NODE] = {"super-nodes4", "super-nodes6", "super-nodes"},
	[FILTER_CLIENT] = {"clients4", "clients6", "clients"},
};

static const uint8_t families[] = {4, 6};

const char *own_set(enum filter_what what, uint8_t family)
{
	return family == 4 ? names[what].set4 : names[what].set6;
}

const char *own_counter(enum filter_what what)
{
	return names[what].counter;
}

/* ---- sets ---- */

/* For super nodes: address . protocol . port, each in words of its own. */
static uint32_t endpoint_type(uint32_t address)
{
	return address << 12 | NFTYPE_INET_PROTO << 6 | NFTYPE_INET_SERVICE;
}

static void blocked_set(struct nft_batch *b, const struct filter_policy *p, enum filter_what what,
			uint8_t family)
{
	uint32_t type = family == 4 ? NFTYPE_IPV4_ADDR : NFTYPE_IPV6_ADDR;
	uint32_t len = family == 4 ? 4 : 16;
	struct nftnl_set *s;

	if (what == FILTER_SUPER_NODE) {
		type = endpoint_type(type);
		len += 8;
	}
	s = nft_set_new(&own_table_name, own_set(what, family), NFT_SET_TIMEOUT, type, len);
	nftnl_set_set_u32(s, NFTNL_SET_DESC_SIZE, p->size[what]);
	nft_batch_set(b, s, own_set(what, family));
	nftnl_set_free(s);
}

static void edge(struct nftnl_set *s, const struct ip *ip, bool end)
{
	struct nftnl_set_elem *el = nftnl_set_elem_alloc();

	nftnl_set_elem_set(el, NFTNL_SET_ELEM_KEY, ip->b, ip->family == 4 ? 4 : 16);
	if (end)
		nftnl_set_elem_set_u32(el, NFTNL_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
	nftnl_set_elem_add(s, el);
}

/* An interval is its first address and the one behind its last. */
static void allow_set(struct nft_batch *b, const struct ranges *allow, uint8_t family)
{
	const char *name = family == 4 ? "allow4" : "allow6";
	struct nftnl_set *s = nft_set_new(&own_table_name, name, NFT_SET_INTERVAL,
					  family == 4 ? NFTYPE_IPV4_ADDR : NFTYPE_IPV6_ADDR,
					  family == 4 ? 4 : 16);
	struct ip next;

	nft_batch_set(b, s, name);
	for (size_t i = 0; i < allow->n; i++) {
		if (allow->r[i].low.family != family)
			continue;
		edge(s, &allow->r[i].low, false);
		if (ip_next(&allow->r[i].high, &next))
			edge(s, &next, true);
	}
	nft_batch_elements(b, s, "the allow list");
	nftnl_set_free(s);
}

/* ---- rules ---- */

static struct nftnl_rule *family_rule(uint8_t family)
{
	struct nftnl_rule *r = nx_rule("check", NULL);

	nx_if_family(r, family == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	return r;
}

/* Loads an address of the packet. The number of words that it takes. */
static unsigned load_address(struct nftnl_rule *r, uint8_t family, bool source)
{
	if (family == 4)
		(source ? nx_saddr : nx_daddr)(r, W(0));
	else
		(source ? nx_saddr6 : nx_daddr6)(r, W(0));
	return family == 4 ? 1 : 4;
}

static void allow_rule(struct nft_batch *b, uint8_t family, bool source)
{
	struct nftnl_rule *r = family_rule(family);

	load_address(r, family, source);
	nx_if_in_set(r, family == 4 ? "allow4" : "allow6", W(0), 0);
	nx_count(r, "allowed");
	nx_verdict(r, NF_ACCEPT);
	nft_batch_rule(b, r, "the allow list's rule");
}

static void set_rule(struct nft_batch *b, enum filter_what what, uint8_t family, bool source)
{
	struct nftnl_rule *r = family_rule(family);
	unsigned words = load_address(r, family, source);

	if (what == FILTER_SUPER_NODE) {
		nx_l4proto(r, W(words));
		(source ? nx_sport : nx_dport)(r, W(words + 1));
	}
	nx_if_in_set(r, own_set(what, family), W(0), 0);
	nx_count(r, own_counter(what));
	nx_jump(r, "refuse");
	nft_batch_rule(b, r, own_set(what, family));
}

static void flow_rule(struct nft_batch *b, const struct filter_policy *p)
{
	struct nftnl_rule *r = nx_rule("check", NULL);

	nx_if_ct_bits(r, NFT_CT_MARK, p->mark);
	nx_count(r, own_counter(FILTER_FLOW));
	nx_jump(r, "refuse");
	nft_batch_rule(b, r, "the rule of blocked flows");
}

static void refuse_rules(struct nft_batch *b, enum filter_action action)
{
	struct nftnl_rule *r;

	if (action == FILTER_REJECT) {
		r = nx_rule("refuse", NULL);
		nx_if_l4proto(r, IPPROTO_TCP);
		nx_reject(r, NFT_REJECT_TCP_RST, 0);
		nft_batch_rule(b, r, "reject with a reset");
		r = nx_rule("refuse", NULL);
		nx_reject(r, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_PORT_UNREACH);
		nft_batch_rule(b, r, "reject with an ICMP error");
	}
	r = nx_rule("refuse", NULL);
	nx_verdict(r, NF_DROP);
	nft_batch_rule(b, r, "drop");
}

static void base_chains(struct nft_batch *b, unsigned chains)
{
	static const struct {
		const char *name;
		uint32_t hook;
	} hooks[FILTER_CHAINS] = {
		[FILTER_FORWARD] = {"forward", NF_INET_FORWARD},
		[FILTER_INPUT] = {"input", NF_INET_LOCAL_IN},
		[FILTER_OUTPUT] = {"output", NF_INET_LOCAL_OUT},
	};

	for (unsigned i = 0; i < FILTER_CHAINS; i++) {
		struct nftnl_rule *r;

		if (!(chains & 1u << i))
			continue;
		nft_batch_chain(b, hooks[i].name, "filter", hooks[i].hook, PRIORITY, NF_ACCEPT,
				hooks[i].name);
		r = nx_rule(hooks[i].name, NULL);
		nx_jump(r, "check");
		nft_batch_rule(b, r, hooks[i].name);
	}
}

void own_rules(struct nft_batch *b, const struct filter_policy *p)
{
	nft_batch_counter(b, "allowed", "counter allowed");
	for (unsigned what = 0; what < FILTER_WHATS; what++)
		nft_batch_counter(b, own_counter(what), own_counter(what));
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		allow_set(b, &p->allow, families[i]);
		blocked_set(b, p, FILTER_SUPER_NODE, families[i]);
		blocked_set(b, p, FILTER_CLIENT, families[i]);
	}
	nft_batch_subchain(b, "refuse", "chain refuse");
	nft_batch_subchain(b, "check", "chain check");
	refuse_rules(b, p->action);
	for (size_t i = 0; i < 2 * ARRAY_LEN(families); i++)
		allow_rule(b, families[i / 2], i % 2);
	flow_rule(b, p);
	for (size_t i = 0; i < 2 * ARRAY_LEN(families); i++)
		set_rule(b, FILTER_CLIENT, families[i / 2], i % 2);
	for (size_t i = 0; i < 2 * ARRAY_LEN(families); i++)
		set_rule(b, FILTER_SUPER_NODE, families[i / 2], i % 2);
	base_chains(b, p->chains);
}
