// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * expr.c - small builders of nftables expressions
 *
 * One function per kind of expression. They neither know policies nor send anything: batch.c sends,
 * lab/gateway composes. Allocation failure ends the program, as everywhere.
 *
 * A hash gives its result in the machine's byte order and a port must be in network order, so
 * nx_hash_port() adds the byte order expression that nft(8) leaves out.
 */
#include <stdio.h>
#include <string.h>

#include <libnftnl/expr.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>

#include "base/bytes.h"
#include "base/err.h"
#include "lab/nft/expr.h"

static struct nftnl_expr *expr(const char *name)
{
	struct nftnl_expr *x = nftnl_expr_alloc(name);

	return x ? x : xmalloc(~0UL / 2); /* ends the program with its one line */
}

struct nftnl_rule *nx_rule(const char *chain, const char *comment)
{
	struct nftnl_rule *r = nftnl_rule_alloc();
	struct nftnl_udata_buf *u;

	if (!r)
		xmalloc(~0UL / 2);
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, chain);
	if (!comment)
		return r;
	u = nftnl_udata_buf_alloc(NFTNL_UDATA_COMMENT_MAXLEN + 8);
	nftnl_udata_put_strz(u, NFTNL_UDATA_RULE_COMMENT, comment);
	nftnl_rule_set_data(r, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(u),
			    nftnl_udata_buf_len(u));
	nftnl_udata_buf_free(u);
	return r;
}

/* ---- loads ---- */

static void meta_add(struct nftnl_rule *r, uint32_t key, uint32_t dreg)
{
	struct nftnl_expr *x = expr("meta");

	nftnl_expr_set_u32(x, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(x, NFTNL_EXPR_META_DREG, dreg);
	nftnl_rule_add_expr(r, x);
}

static void ct_add(struct nftnl_rule *r, uint32_t key, uint32_t dreg)
{
	struct nftnl_expr *x = expr("ct");

	nftnl_expr_set_u32(x, NFTNL_EXPR_CT_KEY, key);
	nftnl_expr_set_u32(x, NFTNL_EXPR_CT_DREG, dreg);
	nftnl_rule_add_expr(r, x);
}

static void payload_add(struct nftnl_rule *r, uint32_t base, uint32_t off, uint32_t len,
			uint32_t dreg)
{
	struct nftnl_expr *x = expr("payload");

	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_OFFSET, off);
	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(x, NFTNL_EXPR_PAYLOAD_DREG, dreg);
	nftnl_rule_add_expr(r, x);
}

void nx_saddr(struct nftnl_rule *r, uint32_t dreg)
{
	payload_add(r, NFT_PAYLOAD_NETWORK_HEADER, 12, 4, dreg);
}

void nx_daddr(struct nftnl_rule *r, uint32_t dreg)
{
	payload_add(r, NFT_PAYLOAD_NETWORK_HEADER, 16, 4, dreg);
}

void nx_saddr6(struct nftnl_rule *r, uint32_t dreg)
{
	payload_add(r, NFT_PAYLOAD_NETWORK_HEADER, 8, 16, dreg);
}

void nx_daddr6(struct nftnl_rule *r, uint32_t dreg)
{
	payload_add(r, NFT_PAYLOAD_NETWORK_HEADER, 24, 16, dreg);
}

void nx_sport(struct nftnl_rule *r, uint32_t dreg)
{
	payload_add(r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, dreg);
}

void nx_dport(struct nftnl_rule *r, uint32_t dreg)
{
	payload_add(r, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, dreg);
}

void nx_l4proto(struct nftnl_rule *r, uint32_t dreg)
{
	meta_add(r, NFT_META_L4PROTO, dreg);
}

void nx_imm(struct nftnl_rule *r, uint32_t dreg, const void *data, uint32_t len)
{
	struct nftnl_expr *x = expr("immediate");

	nftnl_expr_set_u32(x, NFTNL_EXPR_IMM_DREG, dreg);
	nftnl_expr_set_data(x, NFTNL_EXPR_IMM_DATA, data, len);
	nftnl_rule_add_expr(r, x);
}

/* ---- tests ---- */

static void cmp_add(struct nftnl_rule *r, uint32_t op, uint32_t sreg, const void *data,
		    uint32_t len)
{
	struct nftnl_expr *x = expr("cmp");

	nftnl_expr_set_u32(x, NFTNL_EXPR_CMP_SREG, sreg);
	nftnl_expr_set_u32(x, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set_data(x, NFTNL_EXPR_CMP_DATA, data, len);
	nftnl_rule_add_expr(r, x);
}

static void if_ifname(struct nftnl_rule *r, uint32_t key, const char *name)
{
	char padded[16] = {0};

	strncpy(padded, name, sizeof(padded) - 1);
	meta_add(r, key, NFT_REG_1);
	cmp_add(r, NFT_CMP_EQ, NFT_REG_1, padded, sizeof(padded));
}

void nx_if_iif(struct nftnl_rule *r, const char *name)
{
	if_ifname(r, NFT_META_IIFNAME, name);
}

void nx_if_oif(struct nftnl_rule *r, const char *name)
{
	if_ifname(r, NFT_META_OIFNAME, name);
}

void nx_if_family(struct nftnl_rule *r, uint8_t family)
{
	meta_add(r, NFT_META_NFPROTO, NFT_REG_1);
	cmp_add(r, NFT_CMP_EQ, NFT_REG_1, &family, 1);
}

void nx_if_l4proto(struct nftnl_rule *r, uint8_t proto)
{
	nx_l4proto(r, NFT_REG_1);
	cmp_add(r, NFT_CMP_EQ, NFT_REG_1, &proto, 1);
}

void nx_if_daddr(struct nftnl_rule *r, const void *be_addr)
{
	nx_daddr(r, NFT_REG_1);
	cmp_add(r, NFT_CMP_EQ, NFT_REG_1, be_addr, 4);
}

void nx_if_dport(struct nftnl_rule *r, uint16_t lo, uint16_t hi)
{
	uint8_t from[2], to[2];

	put_be16(from, lo);
	put_be16(to, hi);
	nx_dport(r, NFT_REG_1);
	if (lo == hi) {
		cmp_add(r, NFT_CMP_EQ, NFT_REG_1, from, 2);
		return;
	}
	cmp_add(r, NFT_CMP_GTE, NFT_REG_1, from, 2);
	cmp_add(r, NFT_CMP_LTE, NFT_REG_1, to, 2);
}

void nx_if_ct_bits(struct nftnl_rule *r, uint32_t key, uint32_t bits)
{
	struct nftnl_expr *x = expr("bitwise");
	uint32_t zero = 0;

	ct_add(r, key, NFT_REG_1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(x, NFTNL_EXPR_BITWISE_LEN, sizeof(bits));
	nftnl_expr_set_data(x, NFTNL_EXPR_BITWISE_MASK, &bits, sizeof(bits));
	nftnl_expr_set_data(x, NFTNL_EXPR_BITWISE_XOR, &zero, sizeof(zero));
	nftnl_rule_add_expr(r, x);
	cmp_add(r, NFT_CMP_NEQ, NFT_REG_1, &zero, sizeof(zero));
}

static void lookup(struct nftnl_rule *r, const char *set, uint32_t sreg, uint32_t dreg, int invert)
{
	struct nftnl_expr *x = expr("lookup");

	nftnl_expr_set_u32(x, NFTNL_EXPR_LOOKUP_SREG, sreg);
	nftnl_expr_set_str(x, NFTNL_EXPR_LOOKUP_SET, set);
	if (dreg)
		nftnl_expr_set_u32(x, NFTNL_EXPR_LOOKUP_DREG, dreg);
	if (invert)
		nftnl_expr_set_u32(x, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	nftnl_rule_add_expr(r, x);
}

void nx_if_in_set(struct nftnl_rule *r, const char *set, uint32_t sreg, int invert)
{
	lookup(r, set, sreg, 0, invert);
}

void nx_map(struct nftnl_rule *r, const char *map, uint32_t sreg, uint32_t dreg)
{
	lookup(r, map, sreg, dreg, 0);
}

void nx_remember(struct nftnl_rule *r, const char *set, uint32_t key_sreg, uint32_t data_sreg,
		 uint64_t timeout_ms)
{
	struct nftnl_expr *x = expr("dynset"), *counter = expr("counter");

	nftnl_expr_set_u32(x, NFTNL_EXPR_DYNSET_SREG_KEY, key_sreg);
	if (data_sreg)
		nftnl_expr_set_u32(x, NFTNL_EXPR_DYNSET_SREG_DATA, data_sreg);
	nftnl_expr_set_u32(x, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
	nftnl_expr_set_str(x, NFTNL_EXPR_DYNSET_SET_NAME, set);
	nftnl_expr_set_u64(x, NFTNL_EXPR_DYNSET_TIMEOUT, timeout_ms);
	nftnl_expr_set(x, NFTNL_EXPR_DYNSET_EXPR, counter, 0);
	nftnl_rule_add_expr(r, x);
}

void nx_hash_port(struct nftnl_rule *r, uint32_t sreg, uint32_t len, uint32_t lo, uint32_t count,
		  uint32_t seed, uint32_t dreg)
{
	struct nftnl_expr *x = expr("hash");

	nftnl_expr_set_u32(x, NFTNL_EXPR_HASH_TYPE, NFT_HASH_JENKINS);
	nftnl_expr_set_u32(x, NFTNL_EXPR_HASH_SREG, sreg);
	nftnl_expr_set_u32(x, NFTNL_EXPR_HASH_LEN, len);
	nftnl_expr_set_u32(x, NFTNL_EXPR_HASH_MODULUS, count);
	nftnl_expr_set_u32(x, NFTNL_EXPR_HASH_OFFSET, lo);
	nftnl_expr_set_u32(x, NFTNL_EXPR_HASH_SEED, seed);
	nftnl_expr_set_u32(x, NFTNL_EXPR_HASH_DREG, dreg);
	nftnl_rule_add_expr(r, x);

	x = expr("byteorder");
	nftnl_expr_set_u32(x, NFTNL_EXPR_BYTEORDER_SREG, dreg);
	nftnl_expr_set_u32(x, NFTNL_EXPR_BYTEORDER_DREG, dreg);
	nftnl_expr_set_u32(x, NFTNL_EXPR_BYTEORDER_OP, NFT_BYTEORDER_HTON);
	nftnl_expr_set_u32(x, NFTNL_EXPR_BYTEORDER_LEN, 2);
	nftnl_expr_set_u32(x, NFTNL_EXPR_BYTEORDER_SIZE, 2);
	nftnl_rule_add_expr(r, x);
}

/* ---- ends ---- */

void nx_count(struct nftnl_rule *r, const char *name)
{
	struct nftnl_expr *x = expr("objref");

	nftnl_expr_set_u32(x, NFTNL_EXPR_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER);
	nftnl_expr_set_str(x, NFTNL_EXPR_OBJREF_IMM_NAME, name);
	nftnl_rule_add_expr(r, x);
}

static void verdict(struct nftnl_rule *r, int v, const char *chain)
{
	struct nftnl_expr *x = expr("immediate");

	nftnl_expr_set_u32(x, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(x, NFTNL_EXPR_IMM_VERDICT, (uint32_t)v);
	if (chain)
		nftnl_expr_set_str(x, NFTNL_EXPR_IMM_CHAIN, chain);
	nftnl_rule_add_expr(r, x);
}

void nx_verdict(struct nftnl_rule *r, int v)
{
	verdict(r, v, NULL);
}

void nx_jump(struct nftnl_rule *r, const char *chain)
{
	verdict(r, NFT_JUMP, chain);
}

void nx_reject(struct nftnl_rule *r, uint32_t type, uint8_t code)
{
	struct nftnl_expr *x = expr("reject");

	nftnl_expr_set_u32(x, NFTNL_EXPR_REJECT_TYPE, type);
	nftnl_expr_set_u8(x, NFTNL_EXPR_REJECT_CODE, code);
	nftnl_rule_add_expr(r, x);
}

static void nat(struct nftnl_rule *r, uint32_t type, uint32_t addr_reg, uint32_t port_reg)
{
	struct nftnl_expr *x = expr("nat");

	nftnl_expr_set_u32(x, NFTNL_EXPR_NAT_TYPE, type);
	nftnl_expr_set_u32(x, NFTNL_EXPR_NAT_FAMILY, NFPROTO_IPV4);
	nftnl_expr_set_u32(x, NFTNL_EXPR_NAT_REG_ADDR_MIN, addr_reg);
	if (port_reg) {
		nftnl_expr_set_u32(x, NFTNL_EXPR_NAT_REG_PROTO_MIN, port_reg);
		nftnl_expr_set_u32(x, NFTNL_EXPR_NAT_FLAGS, NF_NAT_RANGE_PROTO_SPECIFIED);
	}
	nftnl_rule_add_expr(r, x);
}

void nx_snat(struct nftnl_rule *r, uint32_t addr_reg, uint32_t port_reg)
{
	nat(r, NFT_NAT_SNAT, addr_reg, port_reg);
}

void nx_dnat(struct nftnl_rule *r, uint32_t addr_reg, uint32_t port_reg)
{
	nat(r, NFT_NAT_DNAT, addr_reg, port_reg);
}

void nx_masquerade(struct nftnl_rule *r)
{
	nftnl_rule_add_expr(r, expr("masq"));
}
