// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_nft.c - batches: what is refused is named, and nothing of it is loaded
 *
 * Needs network namespaces; where there are none, the cases are skipped.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>

#include "lab/lab.h"
#include "lab/nft/batch.h"
#include "lab/nft/dump.h"
#include "lab/nft/expr.h"
#include "lab/nft/text.h"
#include "tests/unit/unit.h"

static struct nft_batch *small_batch(void)
{
	struct nft_batch *b = nft_batch_new(&nft_gateway_table);
	struct nftnl_rule *r = nx_rule("forward", "a comment");

	nft_batch_table(b, "the table");
	nft_batch_chain(b, "forward", "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER, NF_ACCEPT,
			"the chain");
	nft_batch_counter(b, "drops", "the counter");
	nx_if_iif(r, "wan");
	nx_count(r, "drops");
	nx_verdict(r, NF_DROP);
	nft_batch_rule(b, r, "the good rule");
	return b;
}

static char *dump(struct nft *n)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_int_eq(nft_dump(n, f, NULL), 0);
	fclose(f);
	return text;
}

START_TEST(test_loaded_and_read_back)
{
	struct err e = {0};
	struct nft_batch *b;
	struct nft *n;
	uint64_t packets = 7, bytes;
	char *text;

	unit_sandbox();
	n = nft_open(-1, &e);
	ck_assert_msg(n != NULL, "%s", e.msg);
	b = small_batch();
	ck_assert_msg(nft_batch_commit(n, b, &e) == 0, "%s", e.msg);
	text = dump(n);
	ck_assert_ptr_nonnull(strstr(
		text, "iifname \"wan\" counter name \"drops\" drop comment \"a comment\"\n"));
	ck_assert(nft_counter(n, &nft_gateway_table, "drops", &packets, &bytes));
	ck_assert_uint_eq(packets, 0);
	ck_assert(!nft_counter(n, &nft_gateway_table, "nothing", &packets, &bytes));
	free(text);
	nft_batch_free(b);
	nft_close(n);
}
END_TEST

/* One bad rule among good ones: it is named, and none of the batch is there. */
START_TEST(test_all_or_nothing)
{
	struct err e = {0};
	struct nft_batch *b;
	struct nftnl_rule *r;
	struct nft *n;
	char *text;

	unit_sandbox();
	n = nft_open(-1, &e);
	b = small_batch();
	r = nx_rule("forward", NULL);
	nx_masquerade(r);
	nft_batch_rule(b, r, "policy.yaml:7: the bad rule");
	r = nx_rule("forward", NULL);
	nx_verdict(r, NF_ACCEPT);
	nft_batch_rule(b, r, "policy.yaml:8: an innocent rule");
	ck_assert_int_lt(nft_batch_commit(n, b, &e), 0);
	ck_assert_msg(strstr(e.msg, "policy.yaml:7: the bad rule") == e.msg, "%s", e.msg);
	text = dump(n);
	ck_assert_ptr_null(strstr(text, "forward"));
	free(text);
	nft_batch_free(b);
	nft_close(n);
}
END_TEST

START_TEST(test_missing_object_is_named)
{
	struct err e = {0};
	struct nft_batch *b;
	struct nftnl_rule *r;
	struct nft *n;

	unit_sandbox();
	n = nft_open(-1, &e);
	b = small_batch();
	r = nx_rule("no-such-chain", NULL);
	nx_verdict(r, NF_ACCEPT);
	nft_batch_rule(b, r, "x.yaml:3: rule");
	ck_assert_int_lt(nft_batch_commit(n, b, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.msg, "x.yaml:3: rule: refused by the kernel: No such file"));
	ck_assert_int_eq(e.code, EXIT_USAGE);
	nft_batch_free(b);
	nft_close(n);
}
END_TEST

/* A kernel without an expression: we ask for one that no kernel has. */
START_TEST(test_missing_feature_is_named)
{
	struct err e = {0};
	struct nft_batch *b;
	struct nftnl_rule *r;
	struct nft *n;
	uint8_t *bytes;
	size_t len;

	unit_sandbox();
	n = nft_open(-1, &e);
	b = small_batch();
	r = nx_rule("forward", NULL);
	nx_saddr(r, W(4));
	nx_hash_port(r, W(4), 4, 1024, 100, 1, W(1));
	nft_batch_rule(b, r, "nat.yaml: source NAT");
	bytes = nft_batch_bytes(b, &len);
	bytes = memmem(bytes, len, "hash", 5);
	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, "hush", 4);
	ck_assert_int_lt(nft_batch_commit(n, b, &e), 0);
	ck_assert_msg(strstr(e.msg, "nat.yaml: source NAT: this kernel lacks the nftables "
				    "expression 'hush'"),
		      "%s", e.msg);
	ck_assert_int_eq(e.code, EXIT_ENV);
	nft_batch_free(b);
	nft_close(n);
}
END_TEST

/* Hundreds of messages: every acknowledgement is waited for. */
START_TEST(test_large_batch)
{
	struct err e = {0};
	struct nft_batch *b;
	struct nft *n;
	char *text, *p;
	int count = 0;

	unit_sandbox();
	n = nft_open(-1, &e);
	b = small_batch();
	for (int i = 0; i < 300; i++) {
		struct nftnl_rule *r = nx_rule("forward", NULL);

		nx_if_l4proto(r, IPPROTO_TCP);
		nx_if_dport(r, (uint16_t)(1000 + i), (uint16_t)(1000 + i));
		nx_verdict(r, NF_DROP);
		nft_batch_rule(b, r, "one of many");
	}
	ck_assert_msg(nft_batch_commit(n, b, &e) == 0, "%s", e.msg);
	text = dump(n);
	for (p = text; (p = strstr(p, "tcp dport")); p++)
		count++;
	ck_assert_int_eq(count, 300);
	free(text);
	nft_batch_free(b);
	nft_close(n);
}
END_TEST

UNIT(nft)
{
	unit_case_needing(tc, test_loaded_and_read_back, unit_lack_of_namespaces());
	unit_case_needing(tc, test_all_or_nothing, unit_lack_of_namespaces());
	unit_case_needing(tc, test_missing_object_is_named, unit_lack_of_namespaces());
	unit_case_needing(tc, test_missing_feature_is_named, unit_lack_of_namespaces());
	unit_case_needing(tc, test_large_batch, unit_lack_of_namespaces());
}
