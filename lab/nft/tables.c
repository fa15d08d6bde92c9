// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tables.c - which tables a gateway has beside its own
 *
 * The lab makes one table in each gateway. An operator's filter has another while it runs; what is
 * there afterwards was left behind.
 */
#include <string.h>

#include <libnftnl/common.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "lab/nft/tables.h"
#include "lab/nft/text.h"

static int table_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_table *t = nftnl_table_alloc();
	uint32_t family;
	const char *name;

	if (t && nftnl_table_nlmsg_parse(nlh, t) == 0) {
		family = nftnl_table_get_u32(t, NFTNL_TABLE_FAMILY);
		name = nftnl_table_get_str(t, NFTNL_TABLE_NAME);
		if (family != nft_gateway_table.family || strcmp(name, nft_gateway_table.name) != 0)
			fprintf(arg, "table %s %s\n", nft_family_text(family), name);
	}
	if (t)
		nftnl_table_free(t);
	return MNL_CB_OK;
}

int nft_other_tables(struct nft *n, FILE *out, struct err *e)
{
	char buf[1024] = {0};
	struct nlmsghdr *nlh =
		nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, NLM_F_DUMP, 0);

	return nft_request(n, nlh, table_cb, out, "tables", e);
}
