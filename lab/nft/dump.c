// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump.c - a gateway's table as the kernel has it, in nft's own language
 *
 * Asks for named counters, sets with their elements, chains and rules, and prints them as nft(8)
 * does: what the run saves as rules.txt, and what a test compares with `nft list ruleset`.
 * Remaining lifetimes of elements are left out, so that two dumps of one state are equal.
 */
#include <netinet/in.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/object.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "lab/nft/dump.h"
#include "lab/nft/text.h"

struct dump {
	void **item; /* (owned) */
	size_t n, cap;
};

static bool ours(const char *table)
{
	return table && !strcmp(table, nft_gateway_table.name);
}

static int keep(struct dump *d, void *item)
{
	if (d->n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 32;
		d->item = xrealloc(d->item, d->cap * sizeof(*d->item));
	}
	d->item[d->n++] = item;
	return MNL_CB_OK;
}

static int object_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_obj *o = nftnl_obj_alloc();

	if (nftnl_obj_nlmsg_parse(nlh, o) < 0 || !ours(nftnl_obj_get_str(o, NFTNL_OBJ_TABLE))) {
		nftnl_obj_free(o);
		return MNL_CB_OK;
	}
	return keep(arg, o);
}

static int set_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (nftnl_set_nlmsg_parse(nlh, s) < 0 || !ours(nftnl_set_get_str(s, NFTNL_SET_TABLE))) {
		nftnl_set_free(s);
		return MNL_CB_OK;
	}
	return keep(arg, s);
}

static int chain_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_chain *c = nftnl_chain_alloc();

	if (nftnl_chain_nlmsg_parse(nlh, c) < 0 ||
	    !ours(nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE))) {
		nftnl_chain_free(c);
		return MNL_CB_OK;
	}
	return keep(arg, c);
}

static int rule_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_rule *r = nftnl_rule_alloc();

	if (nftnl_rule_nlmsg_parse(nlh, r) < 0 || !ours(nftnl_rule_get_str(r, NFTNL_RULE_TABLE))) {
		nftnl_rule_free(r);
		return MNL_CB_OK;
	}
	return keep(arg, r);
}

static int ask(struct nft *n, uint16_t type, mnl_cb_t cb, struct dump *d, const char *what,
	       struct err *e)
{
	char buf[1024] = {0};
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr(buf, type, NFPROTO_IPV4, NLM_F_DUMP, 0);

	return nft_request(n, nlh, cb, d, what, e);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(nftnl_obj_get_str(*(void *const *)a, NFTNL_OBJ_NAME),
		      nftnl_obj_get_str(*(void *const *)b, NFTNL_OBJ_NAME));
}

static void print_counters(FILE *f, struct dump *d)
{
	if (d->n)
		qsort(d->item, d->n, sizeof(*d->item), by_name);
	for (size_t i = 0; i < d->n; i++) {
		struct nftnl_obj *o = d->item[i];

		fprintf(f, "\tcounter %s {\n\t\tpackets %" PRIu64 " bytes %" PRIu64 "\n\t}\n\n",
			nftnl_obj_get_str(o, NFTNL_OBJ_NAME),
			nftnl_obj_get_u64(o, NFTNL_OBJ_CTR_PKTS),
			nftnl_obj_get_u64(o, NFTNL_OBJ_CTR_BYTES));
	}
}

static int text_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Elements come in the kernel's hash order; sorted, two dumps of one state are equal. */
static void print_elements(FILE *f, const struct nftnl_set *s)
{
	struct nftnl_set_elems_iter *it = nftnl_set_elems_iter_create(s);
	struct nftnl_set_elem *el;
	char **lines = NULL;
	size_t n = 0;

	while (it && (el = nftnl_set_elems_iter_next(it))) {
		size_t len;
		FILE *m;

		lines = xrealloc(lines, (n + 1) * sizeof(*lines));
		m = open_memstream(&lines[n], &len);
		if (!m)
			break;
		nft_element_text(m, s, el);
		fclose(m);
		n++;
	}
	if (it)
		nftnl_set_elems_iter_destroy(it);
	if (n)
		qsort(lines, n, sizeof(*lines), text_order);
	for (size_t i = 0; i < n; i++) {
		fprintf(f, "%s%s%s", i ? ",\n\t\t\t     " : "\t\telements = { ", lines[i],
			i + 1 == n ? " }\n" : "");
		free(lines[i]);
	}
	free(lines);
}

static int print_set(struct nft *n, FILE *f, struct nftnl_set *s, struct err *e)
{
	uint32_t flags = nftnl_set_get_u32(s, NFTNL_SET_FLAGS);

	fprintf(f, "\t%s %s {\n\t\ttype ", flags & NFT_SET_MAP ? "map" : "set",
		nftnl_set_get_str(s, NFTNL_SET_NAME));
	nft_type_text(f, nftnl_set_get_u32(s, NFTNL_SET_KEY_TYPE));
	if (flags & NFT_SET_MAP) {
		fputs(" : ", f);
		nft_type_text(f, nftnl_set_get_u32(s, NFTNL_SET_DATA_TYPE));
	}
	fputs("\n", f);
	if (flags & NFT_SET_EVAL) {
		if (nftnl_set_get_u32(s, NFTNL_SET_DESC_SIZE))
			fprintf(f, "\t\tsize %u\n", nftnl_set_get_u32(s, NFTNL_SET_DESC_SIZE));
		fputs("\t\tflags dynamic,timeout\n", f);
		fputs("\t\ttimeout ", f);
		nft_time_text(f, nftnl_set_get_u64(s, NFTNL_SET_TIMEOUT));
		fputs("\n", f);
	}
	if (nft_set_elements(n, s, e) < 0)
		return -1;
	print_elements(f, s);
	fputs("\t}\n\n", f);
	return 0;
}

static void print_chain(FILE *f, const struct nftnl_chain *c, const struct dump *rules)
{
	static const char *const hooks[] = {"prerouting", "input", "forward", "output",
					    "postrouting"};
	const char *name = nftnl_chain_get_str(c, NFTNL_CHAIN_NAME);

	fprintf(f, "\tchain %s {\n", name);
	if (nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM)) {
		int prio = nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO);

		fprintf(f, "\t\ttype %s hook %s priority %s; policy %s;\n",
			nftnl_chain_get_str(c, NFTNL_CHAIN_TYPE),
			hooks[nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM) % ARRAY_LEN(hooks)],
			prio < 0   ? "dstnat"
			: prio > 0 ? "srcnat"
				   : "filter",
			nftnl_chain_get_u32(c, NFTNL_CHAIN_POLICY) == NF_ACCEPT ? "accept"
										: "drop");
	}
	for (size_t i = 0; i < rules->n; i++) {
		if (strcmp(nftnl_rule_get_str(rules->item[i], NFTNL_RULE_CHAIN), name) != 0)
			continue;
		fputs("\t\t", f);
		nft_rule_text(f, rules->item[i]);
		fputs("\n", f);
	}
	fputs("\t}\n", f);
}

int nft_dump(struct nft *n, FILE *out, struct err *e)
{
	struct dump *objects = xcalloc(4, sizeof(*objects)), *sets = objects + 1;
	struct dump *chains = objects + 2, *rules = objects + 3;
	int rc = ask(n, NFT_MSG_GETOBJ, object_cb, objects, "counters", e);

	if (!rc)
		rc = ask(n, NFT_MSG_GETSET, set_cb, sets, "sets", e);
	if (!rc)
		rc = ask(n, NFT_MSG_GETCHAIN, chain_cb, chains, "chains", e);
	if (!rc)
		rc = ask(n, NFT_MSG_GETRULE, rule_cb, rules, "rules", e);
	fprintf(out, "table ip %s {\n", nft_gateway_table.name);
	print_counters(out, objects);
	for (size_t i = 0; !rc && i < sets->n; i++)
		rc = print_set(n, out, sets->item[i], e);
	for (size_t i = 0; !rc && i < chains->n; i++) {
		if (i)
			fputs("\n", out);
		print_chain(out, chains->item[i], rules);
	}
	fputs("}\n", out);
	for (size_t i = 0; i < objects->n; i++)
		nftnl_obj_free(objects->item[i]);
	for (size_t i = 0; i < sets->n; i++)
		nftnl_set_free(sets->item[i]);
	for (size_t i = 0; i < chains->n; i++)
		nftnl_chain_free(chains->item[i]);
	for (size_t i = 0; i < rules->n; i++)
		nftnl_rule_free(rules->item[i]);
	for (size_t i = 0; i < 4; i++)
		free(objects[i].item);
	free(objects);
	return rc;
}
