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
