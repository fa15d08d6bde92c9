// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ruleset.c - others' rules, watched
 *
 * Model. A flowtable forwards packets of established flows before any chain of the forward hook sees
 * them: a block does not reach those. So flowtables are asked for at the start and whenever the
 * kernel says that somebody changed the rules (group NFNLGRP_NFTABLES, the message that ends each
 * transaction names its process). Our own changes come by there too and are passed over.
 *
 * Addresses are asked for one by one, as a route: the kernel knows which are its own.
 *
 * Limits. In a PID namespace the kernel names us by another number: then each change of ours is taken
 * for another's, and looked at in vain. At most FLOWTABLES_MAX flowtables are remembered by name; those
 * beyond are not said.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <libnftnl/flowtable.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>

#include "lab/netlink/netlink.h"
#include "lab/nft/batch.h"
#include "lab/nft/text.h"
#include "operator/filter/ruleset.h"

#define FLOWTABLES_MAX 64
#define NAME_MAX_TEXT  600

struct ruleset {
	struct nl *news, *route;
	struct nft *nft;
	char *known[FLOWTABLES_MAX];
	size_t n_known;
	bool seen[FLOWTABLES_MAX];
	void (*fn)(void *arg, const char *name);
	void *arg;
};

struct ruleset *ruleset_open(int netns, struct err *e)
{
	struct ruleset *r = xcalloc(1, sizeof(*r));
	int group = NFNLGRP_NFTABLES;

	r->news = nl_open(netns, NETLINK_NETFILTER, "rules of others", e);
	r->route = r->news ? nl_open(netns, NETLINK_ROUTE, "addresses", e) : NULL;
	r->nft = r->route ? nft_open(netns, e) : NULL;
	if (r->nft && setsockopt(nl_fd(r->news), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
				 sizeof(group)) < 0) {
		err_env(e, "cannot follow changes of the rules: %s", strerror(errno));
		nft_close(r->nft);
		r->nft = NULL;
	}
	if (r->nft)
		return r;
	ruleset_close(r);
	return NULL;
}

void ruleset_close(struct ruleset *r)
{
	if (!r)
		return;
	nl_close(r->news);
	nl_close(r->route);
	nft_close(r->nft);
	for (size_t i = 0; i < r->n_known; i++)
		free(r->known[i]);
	free(r);
}

int ruleset_fd(const struct ruleset *r)
{
	return nl_fd(r->news);
}

/* ---- changes ---- */

static bool by_another(const struct nlmsghdr *h)
{
	const struct nlattr *a;

	if (h->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN))
		return false;
	mnl_attr_for_each (a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == NFTA_GEN_PROC_PID)
			return ntohl(mnl_attr_get_u32(a)) != (uint32_t)getpid();
	return true;
}

bool ruleset_changed(struct ruleset *r)
{
	static uint8_t buf[65536];
	bool changed = false;

	for (;;) {
		ssize_t got = recv(nl_fd(r->news), buf, sizeof(buf), MSG_DONTWAIT);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;
		int len = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOBUFS) {
			changed = true; /* some were lost */
			continue;
		}
		if (got <= 0)
			return changed;
		for (; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len))
			changed |= by_another(h);
	}
}

/* ---- flowtables ---- */

static void note(struct ruleset *r, const char *name)
{
	for (size_t i = 0; i < r->n_known; i++)
		if (!strcmp(r->known[i], name)) {
			r->seen[i] = true;
			return;
		}
	if (r->n_known == FLOWTABLES_MAX)
		return;
	r->seen[r->n_known] = true;
	r->known[r->n_known++] = xstrdup(name);
	r->fn(r->arg, name);
}

static int flowtable_cb(const struct nlmsghdr *h, void *arg)
{
	struct nftnl_flowtable *f = nftnl_flowtable_alloc();
	char name[NAME_MAX_TEXT];

	if (nftnl_flowtable_nlmsg_parse(h, f) == 0) {
		snprintf(name, sizeof(name), "%s %s/%s",
			 nft_family_text(nftnl_flowtable_get_u32(f, NFTNL_FLOWTABLE_FAMILY)),
			 nftnl_flowtable_get_str(f, NFTNL_FLOWTABLE_TABLE),
			 nftnl_flowtable_get_str(f, NFTNL_FLOWTABLE_NAME));
		note(arg, name);
	}
	nftnl_flowtable_free(f);
	return MNL_CB_OK;
}

/* One that went away and comes again is said again. */
static void forget_unseen(struct ruleset *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_known; i++)
		if (r->seen[i])
			r->known[n++] = r->known[i];
		else
			free(r->known[i]);
	r->n_known = n;
}

int ruleset_flowtables(struct ruleset *r, void (*fn)(void *arg, const char *name), void *arg,
		       struct err *e)
{
	char buf[256] = {0};
	struct nlmsghdr *h =
		nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETFLOWTABLE, NFPROTO_UNSPEC, NLM_F_DUMP, 0);

	r->fn = fn;
	r->arg = arg;
	memset(r->seen, 0, sizeof(r->seen));
	if (nft_request(r->nft, h, flowtable_cb, r, "flowtables", e) < 0)
		return -1;
	forget_unseen(r);
	return 0;
}

/* ---- addresses ---- */

static int route_cb(const struct nlmsghdr *h, void *arg)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type == RTM_NEWROUTE)
		*(bool *)arg = m->rtm_type == RTN_LOCAL || m->rtm_type == RTN_BROADCAST ||
			       m->rtm_type == RTN_MULTICAST || m->rtm_type == RTN_ANYCAST;
	return MNL_CB_STOP;
}

bool ruleset_not_one_other_host(struct ruleset *r, const struct ip *ip)
{
	static const struct ip none;
	char buf[256], answer[8192];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	bool v4 = ip->family == 4, found = false;
	struct rtmsg *m;
	ssize_t got;

	if (!memcmp(ip->b, none.b, sizeof(ip->b)))
		return true;
	h->nlmsg_type = RTM_GETROUTE;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = nl_sequence(r->route, 1);
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->rtm_family = v4 ? AF_INET : AF_INET6;
	m->rtm_dst_len = v4 ? 32 : 128;
	mnl_attr_put(h, RTA_DST, v4 ? 4 : 16, ip->b);
	if (send(nl_fd(r->route), h, h->nlmsg_len, 0) < 0)
		return false;
	do
		got = recv(nl_fd(r->route), answer, sizeof(answer), 0);
	while (got < 0 && errno == EINTR);
	/* an error is "no route": some host that cannot be reached */
	if (got > 0)
		mnl_cb_run(answer, (size_t)got, h->nlmsg_seq, 0, route_cb, &found);
	return found;
}
