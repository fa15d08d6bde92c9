/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GATEWAYRULES_H
#define LAB_GATEWAYRULES_H

#include "lab/gateway/firewall.h"
#include "lab/gateway/gateway.h"
#include "lab/gateway/nat.h"
#include "lab/nft/batch.h"
#include "lab/nft/expr.h"

/* Private to gateway.c (the table, the firewall) and natrules.c (the NAT's part). */

/* nft(8)'s own type numbers; a concatenation is (a << 6) | b. */
#define NFTYPE_IPV4_ADDR    7u
#define NFTYPE_INET_PROTO   12u
#define NFTYPE_INET_SERVICE 13u

#define NAT_MAPPINGS   "mappings"   /* map: protocol . outside port -> inside address . port */
#define NAT_OWNERS_UDP "owners-udp" /* set: outside port . what the mapping is made of */
#define NAT_OWNERS_TCP "owners-tcp"
#define NAT_CONTACTED  "contacted" /* set: protocol . inside address . port . outside address */

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
struct nftnl_set *rules_set(const char *name, uint32_t flags, uint32_t key_type, uint32_t key_len);

void nat_sets(struct rules *p);
void nat_forward_rules(struct rules *p); /* memory: in the forward chain, on outbound packets */
void nat_filter_rules(struct rules *p);	 /* filter: in the forward chain, on new inbound flows */
void nat_translation_rules(struct rules *p); /* prerouting and postrouting chains */

#endif
