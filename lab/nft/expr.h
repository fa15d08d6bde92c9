/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_NFT_EXPR_H
#define LAB_NFT_EXPR_H

#include <stdint.h>

#include <libnftnl/rule.h>

/*
 * Builders of nftables expressions, in the order and with the registers that nft(8) itself uses, so
 * that `nft list ruleset` prints our rules in words. Each appends to @r.
 *
 * Registers are 4-byte words, W(0) to W(15); a concatenation puts each field in a word of its own.
 */

#define W(n) (NFT_REG32_00 + (n))

/* A new rule in @chain, with a comment (or NULL) that listings show. */
struct nftnl_rule *nx_rule(const char *chain, const char *comment);

/* Loads. */
void nx_saddr(struct nftnl_rule *r, uint32_t dreg);
void nx_daddr(struct nftnl_rule *r, uint32_t dreg);
void nx_saddr6(struct nftnl_rule *r, uint32_t dreg);
void nx_daddr6(struct nftnl_rule *r, uint32_t dreg);
void nx_sport(struct nftnl_rule *r, uint32_t dreg);
void nx_dport(struct nftnl_rule *r, uint32_t dreg);
void nx_l4proto(struct nftnl_rule *r, uint32_t dreg);
void nx_imm(struct nftnl_rule *r, uint32_t dreg, const void *data, uint32_t len);

/* Tests. */
void nx_if_iif(struct nftnl_rule *r, const char *name);
void nx_if_oif(struct nftnl_rule *r, const char *name);
/* NFPROTO_...: in a table of both families, before an address is loaded. */
void nx_if_family(struct nftnl_rule *r, uint8_t family);
void nx_if_l4proto(struct nftnl_rule *r, uint8_t proto);
void nx_if_daddr(struct nftnl_rule *r, const void *be_addr);
void nx_if_dport(struct nftnl_rule *r, uint16_t lo, uint16_t hi);
/* Any of the bits set: ct state (NF_CT_STATE_BIT...), ct status (IPS_...). */
void nx_if_ct_bits(struct nftnl_rule *r, uint32_t key, uint32_t bits);
void nx_if_in_set(struct nftnl_rule *r, const char *set, uint32_t sreg, int invert);

/* From a map, into @dreg; and into a set or map (added or refreshed), with a counter per element
 * and its lifetime. @data_sreg 0 = a set. */
void nx_map(struct nftnl_rule *r, const char *map, uint32_t sreg, uint32_t dreg);
void nx_remember(struct nftnl_rule *r, const char *set, uint32_t key_sreg, uint32_t data_sreg,
		 uint64_t timeout_ms);

/* A 16-bit number lo .. lo+count-1 in network order, from @len bytes of registers and a seed. */
void nx_hash_port(struct nftnl_rule *r, uint32_t sreg, uint32_t len, uint32_t lo, uint32_t count,
		  uint32_t seed, uint32_t dreg);

/* Ends. @name: of a named counter. */
void nx_count(struct nftnl_rule *r, const char *name);
void nx_verdict(struct nftnl_rule *r, int verdict);
void nx_jump(struct nftnl_rule *r, const char *chain);
void nx_reject(struct nftnl_rule *r, uint32_t type, uint8_t code);
void nx_snat(struct nftnl_rule *r, uint32_t addr_reg, uint32_t port_reg);
void nx_dnat(struct nftnl_rule *r, uint32_t addr_reg, uint32_t port_reg);
void nx_masquerade(struct nftnl_rule *r);

#endif
