// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rules.c - adding to a gateway's table, with labels that name node, file and part
 */
#include <linux/netfilter.h>
#include <stdio.h>

#include "lab/gateway/rules.h"

void rules_add(struct rules *p, struct nftnl_rule *r, const char *what)
{
	char label[600];

	snprintf(label, sizeof(label), "%s: %s: %s", p->g->node, p->source, what);
	nft_batch_rule(p->batch, r, label);
}

void rules_counter(struct rules *p, const char *name)
{
	char label[600];

	snprintf(label, sizeof(label), "%s: %s: counter %s", p->g->node, p->source, name);
	nft_batch_counter(p->batch, name, label);
}

void rules_subchain(struct rules *p, const char *name)
{
	char label[600];

	snprintf(label, sizeof(label), "%s: %s: chain %s", p->g->node, p->source, name);
	nft_batch_subchain(p->batch, name, label);
}

void rules_chain(struct rules *p, const char *name, const char *type, uint32_t hook, int prio)
{
	char label[600];

	snprintf(label, sizeof(label), "%s: %s: chain %s", p->g->node, p->source, name);
	nft_batch_chain(p->batch, name, type, hook, prio, NF_ACCEPT, label);
}

/* A set or map with the type numbers nft(8) uses, so that it can list it. */
struct nftnl_set *rules_set(const char *name, uint32_t flags, uint32_t key_type, uint32_t key_len)
{
	static uint32_t id; /* only has to differ within a batch */
	struct nftnl_set *s = nft_set_handle(&nft_gateway_table, name);

	nftnl_set_set_u32(s, NFTNL_SET_ID, ++id);
	nftnl_set_set_u32(s, NFTNL_SET_FLAGS, flags);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, key_type);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, key_len);
	return s;
}
