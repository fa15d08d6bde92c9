// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * text.c - rules as the kernel has them, in nft's language
 *
 * Model. A rule is a list of expressions over registers. We walk it once and keep, for each 4-byte
 * register word, the words of nft's language for what it holds; a comparison, lookup or statement
 * then prints them. It reads what the kernel returns, not what was sent, so that the saved
 * rules are evidence.
 *
 * Limits. Only the expressions of expr.c. Like nft(8), it does not show the byte order step
 * between a hash and a port.
 */
#include <netinet/in.h>
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/expr.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>

#include "base/bytes.h"
#include "base/err.h"
#include "lab/nft/text.h"
#include "lab/nft/types.h"

#define WORDS	  16
#define WORD_TEXT 400

enum kind { K_NONE, K_IFNAME, K_PROTO, K_ADDR, K_PORT, K_STATE, K_STATUS, K_DATA };

struct word {
	enum kind kind;
	char text[WORD_TEXT];
	uint32_t mask; /* after a bitwise */
};

struct reader {
	FILE *f;
	struct word w[WORDS];
	const char *l4;	 /* "udp", "tcp" once tested, else "th" */
	int range;	 /* a lower bound was printed, the upper is due */
	const char *gap; /* before the next statement */
};

static unsigned word_of(uint32_t reg)
{
	unsigned w = reg >= NFT_REG32_00 ? reg - NFT_REG32_00 : reg ? (reg - 1) * 4 : 0;

	return w < WORDS ? w : WORDS - 1;
}

static void hold(struct reader *rd, uint32_t reg, enum kind kind, const char *text)
{
	struct word *w = &rd->w[word_of(reg)];

	*w = (struct word){.kind = kind};
	snprintf(w->text, sizeof(w->text), "%s", text);
}

/* @len bytes of registers as a concatenation. */
static void concat_text(const struct reader *rd, uint32_t sreg, unsigned words, char *out, size_t n)
{
	unsigned first = word_of(sreg);
	size_t used = 0;

	*out = '\0';
	for (unsigned i = first; i < first + words && i < WORDS && used < n; i++)
		used += (size_t)snprintf(out + used, n - used, "%s%s", i > first ? " . " : "",
					 rd->w[i].text);
}

/* How many words from @sreg on hold something: a key's length is not in the expression. The key of
 * the NAT's mappings is two words, and others may follow at once. */
static unsigned words_held(const struct reader *rd, uint32_t sreg, const char *set)
{
	unsigned first = word_of(sreg), n = 0;

	if (!strcmp(set, NAT_MAPPINGS))
		return 2;

	while (first + n < WORDS && rd->w[first + n].kind != K_NONE)
		n++;
	return n;
}

static void gap(struct reader *rd)
{
	fputs(rd->gap, rd->f);
	rd->gap = " ";
}

static const char *proto_text(uint8_t proto, char buf[8])
{
	if (proto == IPPROTO_UDP)
		return "udp";
	if (proto == IPPROTO_TCP)
		return "tcp";
	if (proto == IPPROTO_ICMP)
		return "icmp";
	snprintf(buf, 8, "%u", proto);
	return buf;
}

/* ---- loads ---- */

static void read_meta(struct reader *rd, const struct nftnl_expr *x)
{
	uint32_t reg = nftnl_expr_get_u32(x, NFTNL_EXPR_META_DREG);

	switch (nftnl_expr_get_u32(x, NFTNL_EXPR_META_KEY)) {
	case NFT_META_IIFNAME:
		hold(rd, reg, K_IFNAME, "iifname");
		break;
	case NFT_META_OIFNAME:
		hold(rd, reg, K_IFNAME, "oifname");
		break;
	case NFT_META_L4PROTO:
		hold(rd, reg, K_PROTO, "meta l4proto");
		break;
	default:
		hold(rd, reg, K_DATA, "[meta]");
	}
}

static void read_payload(struct reader *rd, const struct nftnl_expr *x)
{
	uint32_t reg = nftnl_expr_get_u32(x, NFTNL_EXPR_PAYLOAD_DREG);
	uint32_t off = nftnl_expr_get_u32(x, NFTNL_EXPR_PAYLOAD_OFFSET);
	char text[32];

	if (nftnl_expr_get_u32(x, NFTNL_EXPR_PAYLOAD_BASE) == NFT_PAYLOAD_NETWORK_HEADER) {
		hold(rd, reg, K_ADDR, off == 12 ? "ip saddr" : "ip daddr");
		return;
	}
	snprintf(text, sizeof(text), "%s %s", rd->l4, off ? "dport" : "sport");
	hold(rd, reg, K_PORT, text);
}

static void read_ct(struct reader *rd, const struct nftnl_expr *x)
{
	uint32_t reg = nftnl_expr_get_u32(x, NFTNL_EXPR_CT_DREG);

	if (nftnl_expr_get_u32(x, NFTNL_EXPR_CT_KEY) == NFT_CT_STATE)
		hold(rd, reg, K_STATE, "ct state");
	else
		hold(rd, reg, K_STATUS, "ct status");
}

static void read_immediate(struct reader *rd, const struct nftnl_expr *x)
{
	uint32_t reg = nftnl_expr_get_u32(x, NFTNL_EXPR_IMM_DREG), len;
	const uint8_t *d;
	char text[INET_ADDRSTRLEN] = "";

	if (reg != NFT_REG_VERDICT) {
		d = nftnl_expr_get(x, NFTNL_EXPR_IMM_DATA, &len);
		if (d && len == 4)
			inet_ntop(AF_INET, d, text, sizeof(text));
		hold(rd, reg, K_DATA, text);
		return;
	}
	gap(rd);
	switch ((int)nftnl_expr_get_u32(x, NFTNL_EXPR_IMM_VERDICT)) {
	case 0:
		fputs("drop", rd->f);
		break;
	case 1:
		fputs("accept", rd->f);
		break;
	case NFT_RETURN:
		fputs("return", rd->f);
		break;
	case NFT_JUMP:
		fprintf(rd->f, "jump %s", nftnl_expr_get_str(x, NFTNL_EXPR_IMM_CHAIN));
		break;
	default:
		fputs("[verdict]", rd->f);
	}
}

static void read_hash(struct reader *rd, const struct nftnl_expr *x)
{
	char key[WORD_TEXT - 60], text[WORD_TEXT];

	concat_text(rd, nftnl_expr_get_u32(x, NFTNL_EXPR_HASH_SREG),
		    nftnl_expr_get_u32(x, NFTNL_EXPR_HASH_LEN) / 4, key, sizeof(key));
	snprintf(text, sizeof(text), "jhash %s mod %u seed 0x%x offset %u", key,
		 nftnl_expr_get_u32(x, NFTNL_EXPR_HASH_MODULUS),
		 nftnl_expr_get_u32(x, NFTNL_EXPR_HASH_SEED),
		 nftnl_expr_get_u32(x, NFTNL_EXPR_HASH_OFFSET));
	hold(rd, nftnl_expr_get_u32(x, NFTNL_EXPR_HASH_DREG), K_PORT, text);
}

static void read_bitwise(struct reader *rd, const struct nftnl_expr *x)
{
	uint32_t len;
	const uint32_t *mask = nftnl_expr_get(x, NFTNL_EXPR_BITWISE_MASK, &len);

	if (mask && len == 4)
		rd->w[word_of(nftnl_expr_get_u32(x, NFTNL_EXPR_BITWISE_DREG))].mask = *mask;
}

/* ---- tests ---- */

static void bits_text(FILE *f, enum kind kind, uint32_t mask)
{
	/* in the order in which nft(8) prints them */
	static const struct {
		enum kind kind;
		uint32_t bit;
		const char *name;
	} bits[] = {
		{K_STATE, NF_CT_STATE_INVALID_BIT, "invalid"},
		{K_STATE, NF_CT_STATE_BIT(IP_CT_ESTABLISHED), "established"},
		{K_STATE, NF_CT_STATE_BIT(IP_CT_RELATED), "related"},
		{K_STATE, NF_CT_STATE_BIT(IP_CT_NEW), "new"},
		{K_STATUS, IPS_SRC_NAT, "snat"},
		{K_STATUS, IPS_DST_NAT, "dnat"},
	};
	const char *comma = "";

	for (size_t i = 0; i < ARRAY_LEN(bits); i++)
		if (bits[i].kind == kind && mask & bits[i].bit) {
			fprintf(f, "%s%s", comma, bits[i].name);
			comma = ",";
		}
}

static void read_cmp(struct reader *rd, const struct nftnl_expr *x)
{
	const struct word *w = &rd->w[word_of(nftnl_expr_get_u32(x, NFTNL_EXPR_CMP_SREG))];
	uint32_t op = nftnl_expr_get_u32(x, NFTNL_EXPR_CMP_OP), len;
	const uint8_t *d = nftnl_expr_get(x, NFTNL_EXPR_CMP_DATA, &len);
	char buf[INET_ADDRSTRLEN];

	if (rd->range) {
		fprintf(rd->f, "-%u", get_be16(d));
		rd->range = 0;
		return;
	}
	gap(rd);
	fprintf(rd->f, "%s ", w->text);
	if (w->kind == K_IFNAME) {
		fprintf(rd->f, "\"%.*s\"", (int)len, (const char *)d);
	} else if (w->kind == K_PROTO) {
		fputs(proto_text(d[0], buf), rd->f);
		if (d[0] == IPPROTO_UDP || d[0] == IPPROTO_TCP)
			rd->l4 = d[0] == IPPROTO_UDP ? "udp" : "tcp";
	} else if (w->kind == K_ADDR) {
		fputs(inet_ntop(AF_INET, d, buf, sizeof(buf)), rd->f);
	} else if (w->kind == K_PORT) {
		fprintf(rd->f, "%u", get_be16(d));
		rd->range = op == NFT_CMP_GTE;
	} else {
		bits_text(rd->f, w->kind, w->mask);
	}
}

static void read_lookup(struct reader *rd, const struct nftnl_expr *x)
{
	uint32_t sreg = nftnl_expr_get_u32(x, NFTNL_EXPR_LOOKUP_SREG);
	const char *set = nftnl_expr_get_str(x, NFTNL_EXPR_LOOKUP_SET);
	char key[WORD_TEXT - 60], text[WORD_TEXT];

	concat_text(rd, sreg, words_held(rd, sreg, set), key, sizeof(key));
	if (nftnl_expr_is_set(x, NFTNL_EXPR_LOOKUP_DREG)) {
		snprintf(text, sizeof(text), "%s map @%s", key, set);
		hold(rd, nftnl_expr_get_u32(x, NFTNL_EXPR_LOOKUP_DREG), K_DATA, text);
		return;
	}
	gap(rd);
	fprintf(rd->f, "%s %s@%s", key,
		nftnl_expr_is_set(x, NFTNL_EXPR_LOOKUP_FLAGS) &&
				nftnl_expr_get_u32(x, NFTNL_EXPR_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV
			? "!= "
			: "",
		set);
}

/* ---- statements ---- */

void nft_time_text(FILE *f, uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (s / 86400)
		fprintf(f, "%" PRIu64 "d", s / 86400);
	if (s / 3600 % 24)
		fprintf(f, "%" PRIu64 "h", s / 3600 % 24);
	if (s / 60 % 60)
		fprintf(f, "%" PRIu64 "m", s / 60 % 60);
	if (s % 60)
		fprintf(f, "%" PRIu64 "s", s % 60);
}

static void read_dynset(struct reader *rd, const struct nftnl_expr *x)
{
	uint32_t key = nftnl_expr_get_u32(x, NFTNL_EXPR_DYNSET_SREG_KEY);
	bool map = nftnl_expr_is_set(x, NFTNL_EXPR_DYNSET_SREG_DATA);
	uint32_t data = map ? nftnl_expr_get_u32(x, NFTNL_EXPR_DYNSET_SREG_DATA) : 0;
	const char *set = nftnl_expr_get_str(x, NFTNL_EXPR_DYNSET_SET_NAME);
	char text[WORD_TEXT];

	concat_text(rd, key, words_held(rd, key, set), text, sizeof(text));
	gap(rd);
	fprintf(rd->f, "update @%s { %s", set, text);
	if (nftnl_expr_is_set(x, NFTNL_EXPR_DYNSET_TIMEOUT)) {
		fputs(" timeout ", rd->f);
		nft_time_text(rd->f, nftnl_expr_get_u64(x, NFTNL_EXPR_DYNSET_TIMEOUT));
	}
	fputs(" counter", rd->f);
	if (map) {
		concat_text(rd, data, 2, text, sizeof(text));
		fprintf(rd->f, " : %s", text);
	}
	fputs(" }", rd->f);
}

static void read_nat(struct reader *rd, const struct nftnl_expr *x)
{
	const char *verb =
		nftnl_expr_get_u32(x, NFTNL_EXPR_NAT_TYPE) == NFT_NAT_SNAT ? "snat" : "dnat";
	const char *addr = rd->w[word_of(nftnl_expr_get_u32(x, NFTNL_EXPR_NAT_REG_ADDR_MIN))].text;

	gap(rd);
	if (strstr(addr, " map @"))
		fprintf(rd->f, "%s ip to %s", verb, addr);
	else if (nftnl_expr_is_set(x, NFTNL_EXPR_NAT_REG_PROTO_MIN))
		fprintf(rd->f, "%s to %s:%s", verb, addr,
			rd->w[word_of(nftnl_expr_get_u32(x, NFTNL_EXPR_NAT_REG_PROTO_MIN))].text);
	else
		fprintf(rd->f, "%s to %s", verb, addr);
}

static void read_statement(struct reader *rd, const struct nftnl_expr *x, const char *name)
{
	gap(rd);
	if (!strcmp(name, "objref"))
		fprintf(rd->f, "counter name \"%s\"",
			nftnl_expr_get_str(x, NFTNL_EXPR_OBJREF_IMM_NAME));
	else if (!strcmp(name, "masq"))
		fputs("masquerade", rd->f);
	else if (!strcmp(name, "reject"))
		fputs(nftnl_expr_get_u32(x, NFTNL_EXPR_REJECT_TYPE) == NFT_REJECT_TCP_RST
			      ? "reject with tcp reset"
			      : "reject with icmp admin-prohibited",
		      rd->f);
	else
		fprintf(rd->f, "[%s]", name);
}

static void read_expr(struct reader *rd, const struct nftnl_expr *x)
{
	static const struct {
		const char *name;
		void (*fn)(struct reader *rd, const struct nftnl_expr *x);
	} readers[] = {
		{"meta", read_meta},	 {"payload", read_payload},
		{"ct", read_ct},	 {"immediate", read_immediate},
		{"hash", read_hash},	 {"bitwise", read_bitwise},
		{"cmp", read_cmp},	 {"lookup", read_lookup},
		{"dynset", read_dynset}, {"nat", read_nat},
	};
	const char *name = nftnl_expr_get_str(x, NFTNL_EXPR_NAME);

	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (!strcmp(name, readers[i].name)) {
			readers[i].fn(rd, x);
			return;
		}
	if (strcmp(name, "byteorder") != 0)
		read_statement(rd, x, name);
}

static int comment_cb(const struct nftnl_udata *attr, void *arg)
{
	if (nftnl_udata_type(attr) == NFTNL_UDATA_RULE_COMMENT)
		*(const char **)arg = nftnl_udata_get(attr);
	return 0;
}

void nft_rule_text(FILE *f, const struct nftnl_rule *r)
{
	struct reader rd = {.f = f, .l4 = "th", .gap = ""};
	struct nftnl_expr_iter *it = nftnl_expr_iter_create(r);
	const char *comment = NULL;
	struct nftnl_expr *x;
	const void *ud;
	uint32_t len;

	while (it && (x = nftnl_expr_iter_next(it)))
		read_expr(&rd, x);
	if (it)
		nftnl_expr_iter_destroy(it);
	ud = nftnl_rule_get_data(r, NFTNL_RULE_USERDATA, &len);
	if (ud)
		nftnl_udata_parse(ud, len, comment_cb, &comment);
	if (comment)
		fprintf(f, " comment \"%s\"", comment);
}

/* ---- sets ---- */

static unsigned type_parts(uint32_t type, uint32_t parts[5])
{
	unsigned n = 0;

	for (int shift = 24; shift >= 0; shift -= 6)
		if (n || type >> shift & 0x3f)
			parts[n++] = type >> shift & 0x3f;
	return n;
}

const char *nft_family_text(uint32_t family)
{
	switch (family) {
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_ARP:
		return "arp";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_NETDEV:
		return "netdev";
	default:
		return "?";
	}
}

void nft_type_text(FILE *f, uint32_t type)
{
	uint32_t parts[5];
	unsigned n = type_parts(type, parts);

	for (unsigned i = 0; i < n; i++)
		fprintf(f, "%s%s", i ? " . " : "",
			parts[i] == NFTYPE_IPV4_ADDR	? "ipv4_addr"
			: parts[i] == NFTYPE_INET_PROTO ? "inet_proto"
							: "inet_service");
}

static void value_text(FILE *f, uint32_t type, const uint8_t *d, uint32_t len)
{
	uint32_t parts[5];
	unsigned n = type_parts(type, parts);
	char buf[INET_ADDRSTRLEN];

	for (unsigned i = 0; i < n && 4 * i < len; i++, d += 4) {
		if (i)
			fputs(" . ", f);
		if (parts[i] == NFTYPE_IPV4_ADDR)
			fputs(inet_ntop(AF_INET, d, buf, sizeof(buf)), f);
		else if (parts[i] == NFTYPE_INET_PROTO)
			fputs(proto_text(d[0], buf), f);
		else
			fprintf(f, "%u", get_be16(d));
	}
}

void nft_element_text(FILE *f, const struct nftnl_set *s, const struct nftnl_set_elem *el)
{
	struct nftnl_set_elem *e = (struct nftnl_set_elem *)(uintptr_t)el;
	const struct nftnl_expr *counter;
	const uint8_t *d;
	uint32_t len;

	d = nftnl_set_elem_get(e, NFTNL_SET_ELEM_KEY, &len);
	value_text(f, nftnl_set_get_u32(s, NFTNL_SET_KEY_TYPE), d, len);
	if (nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_EXPR)) {
		counter = nftnl_set_elem_get(e, NFTNL_SET_ELEM_EXPR, &len);
		fprintf(f, " counter packets %" PRIu64 " bytes %" PRIu64,
			nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_PACKETS),
			nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_BYTES));
	}
	if (nftnl_set_elem_is_set(e, NFTNL_SET_ELEM_DATA)) {
		d = nftnl_set_elem_get(e, NFTNL_SET_ELEM_DATA, &len);
		fputs(" : ", f);
		value_text(f, nftnl_set_get_u32(s, NFTNL_SET_DATA_TYPE), d, len);
	}
}
