/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GATEWAY_RULES_H
#define LAB_GATEWAY_RULES_H

#include "lab/gateway/firewall.h"
#include "lab/gateway/gateway.h"
#include "lab/gateway/nat.h"
#include "lab/nft/batch.h"
#include "lab/nft/expr.h"

/* A table of rules while it is composed: gateway.c lays out the chains, firewall_rules.c and
 * nat_rules.c fill in their parts. */

struct rules {
	const struct gateway_ctx *g;
	const struct firewall *firewall;
	const struct nat_policy *nat;
	struct nft_batch *batch;
	const char *source; /* file that labels name */
	const char *sets[16];
	size_t n_sets;
};

void rules_add(struct rules *p, struct nftnl_rule *r, const char *what); /* takes @r */
void rules_counter(struct rules *p, const char *name);
void rules_subchain(struct rules *p, const char *name);
void rules_chain(struct rules *p, const char *name, const char *type, uint32_t hook, int prio);

#endif
