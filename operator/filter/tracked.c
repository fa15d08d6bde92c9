// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tracked.c - connections by tuple, and their marks, over ctnetlink
 *
 * Model. Conntrack finds a connection by the tuple of either direction. Of the four ways to write down
 * one flow (inside or outside of a NAT, either end first) the kernel knows two as they are, and the
 * other two turned around. So what a sensor saw is asked for as it stands, then turned.
 *
 *	client 10.0.0.2:5 -> NAT 192.0.2.1:7 -> peer 198.51.100.9:80
 *	orig	10.0.0.2:5 -> 198.51.100.9:80		a sensor inside, as it stands
 *	reply	198.51.100.9:80 -> 192.0.2.1:7		a sensor outside, turned
 *
 * A mark is changed with a mask, so that the bits of others stay.
 *
 * Limits. Only UDP and TCP; the default zone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "lab/netlink/netlink.h"
#include "operator/filter/tracked.h"

#define STATUS_OFFLOAD (1u << 14) /* IPS_OFFLOAD; not in the headers for programs */

struct tracked {
	struct nl *nl;
	uint8_t buf[65536];
};

struct tracked *tracked_open(int netns, struct err *e)
{
	struct nl *nl = nl_open(netns, NETLINK_NETFILTER, "conntrack", e);
	struct tracked *t;

	if (!nl)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->nl = nl;
	return t;
}

void tracked_close(struct tracked *t)
{
	if (!t)
		return;
	nl_close(t->nl);
	free(t);
}

/* ---- writing ---- */

static struct nlmsghdr *request(struct tracked *t, void *buf, unsigned type, uint16_t flags,
				uint8_t family)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nf;

	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = nl_sequence(t->nl, 1);
	nf = mnl_nlmsg_put_extra_header(h, sizeof(*nf));
	nf->nfgen_family = family;
	nf->version = NFNETLINK_V0;
	return h;
}

static uint8_t family_of(const struct tuple *t)
{
	return t->src.ip.family == 4 ? AF_INET : AF_INET6;
}

static void put_tuple(struct nlmsghdr *h, const struct tuple *t)
{
	struct nlattr *all = mnl_attr_nest_start(h, CTA_TUPLE_ORIG);
	struct nlattr *part = mnl_attr_nest_start(h, CTA_TUPLE_IP);
	bool v4 = t->src.ip.family == 4;

	mnl_attr_put(h, v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, v4 ? 4 : 16, t->src.ip.b);
	mnl_attr_put(h, v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, v4 ? 4 : 16, t->dst.ip.b);
	mnl_attr_nest_end(h, part);
	part = mnl_attr_nest_start(h, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(h, CTA_PROTO_NUM, t->proto);
	mnl_attr_put_u16(h, CTA_PROTO_SRC_PORT, htons(t->src.port));
	mnl_attr_put_u16(h, CTA_PROTO_DST_PORT, htons(t->dst.port));
	mnl_attr_nest_end(h, part);
	mnl_attr_nest_end(h, all);
}

/* ---- reading ---- */

static void read_ip(const struct nlattr *nest, struct tuple *t)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested (a, nest) {
		unsigned type = mnl_attr_get_type(a), n = mnl_attr_get_payload_len(a);
		bool source = type == CTA_IP_V4_SRC || type == CTA_IP_V6_SRC;
		struct ip *ip = source ? &t->src.ip : &t->dst.ip;

		if (type > CTA_IP_V6_DST || (n != 4 && n != 16))
			continue;
		ip->family = n == 4 ? 4 : 6;
		memcpy(ip->b, mnl_attr_get_payload(a), n);
	}
}

static void read_proto(const struct nlattr *nest, struct tuple *t)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested (a, nest)
		switch (mnl_attr_get_type(a)) {
		case CTA_PROTO_NUM:
			t->proto = mnl_attr_get_u8(a);
			break;
		case CTA_PROTO_SRC_PORT:
			t->src.port = ntohs(mnl_attr_get_u16(a));
			break;
		case CTA_PROTO_DST_PORT:
			t->dst.port = ntohs(mnl_attr_get_u16(a));
		}
}

static void read_tuple(const struct nlattr *nest, struct tuple *t)
{
	const struct nlattr *a;

	*t = (struct tuple){0};
	mnl_attr_for_each_nested (a, nest) {
		if (mnl_attr_get_type(a) == CTA_TUPLE_IP)
			read_ip(a, t);
		else if (mnl_attr_get_type(a) == CTA_TUPLE_PROTO)
			read_proto(a, t);
	}
}

static void read_flow(const struct nlmsghdr *h, struct tracked_flow *f)
{
	const struct nlattr *a;

	*f = (struct tracked_flow){0};
	mnl_attr_for_each (a, h, sizeof(struct nfgenmsg))
		switch (mnl_attr_get_type(a)) {
		case CTA_TUPLE_ORIG:
			read_tuple(a, &f->orig);
			break;
		case CTA_TUPLE_REPLY:
			read_tuple(a, &f->reply);
			break;
		case CTA_MARK:
			f->mark = ntohl(mnl_attr_get_u32(a));
			break;
		case CTA_STATUS:
			f->offloaded = ntohl(mnl_attr_get_u32(a)) & STATUS_OFFLOAD;
		}
}

/* Sends @h and gives its answers to @fn. 0, or the kernel's errno as a negative number. */
static int ask(struct tracked *t, const struct nlmsghdr *h, mnl_cb_t fn, void *arg)
{
	int rc = MNL_CB_OK;

	if (send(nl_fd(t->nl), h, h->nlmsg_len, 0) < 0)
		return -errno;
	while (rc > MNL_CB_STOP) {
		ssize_t got = recv(nl_fd(t->nl), t->buf, sizeof(t->buf), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		rc = mnl_cb_run(t->buf, (size_t)got, h->nlmsg_seq, 0, fn, arg);
		if (rc < 0 && errno == EPROTO) /* an answer to something older */
			rc = MNL_CB_OK;
		else if (rc < 0)
			return -errno;
	}
	return 0;
}

static int one_cb(const struct nlmsghdr *h, void *arg)
{
	read_flow(h, arg);
	return MNL_CB_OK;
}

static struct tuple turned(const struct tuple *t)
{
	return (struct tuple){.proto = t->proto, .src = t->dst, .dst = t->src};
}

static int find_as_it_stands(struct tracked *t, const struct tuple *flow, struct tracked_flow *out,
			     struct err *e)
{
	char buf[512];
	struct nlmsghdr *h = request(t, buf, IPCTNL_MSG_CT_GET, NLM_F_ACK, family_of(flow));
	int rc;

	put_tuple(h, flow);
	rc = ask(t, h, one_cb, out);
	if (rc == -ENOENT)
		return 0;
	return rc < 0 ? err_env(e, "conntrack: cannot ask for a flow: %s", strerror(-rc)) : 1;
}

int tracked_find(struct tracked *t, const struct tuple *flow, struct tracked_flow *out,
		 struct err *e)
{
	struct tuple back = turned(flow);
	int rc = find_as_it_stands(t, flow, out, e);

	return rc ? rc : find_as_it_stands(t, &back, out, e);
}

static bool same_direction(const struct tuple *a, const struct tuple *b)
{
	return a->proto == b->proto && endpoint_eq(&a->src, &b->src) &&
	       endpoint_eq(&a->dst, &b->dst);
}

struct tuple tracked_inside(const struct tracked_flow *f, const struct tuple *flow)
{
	struct tuple back = turned(flow), inside = {.proto = flow->proto};
	bool src_opened = same_direction(&f->orig, flow) || same_direction(&f->reply, &back);

	inside.src = src_opened ? f->orig.src : f->reply.src;
	inside.dst = src_opened ? f->reply.src : f->orig.src;
	return inside;
}

static int nothing_cb(const struct nlmsghdr *h, void *arg)
{
	(void)h;
	(void)arg;
	return MNL_CB_OK;
}

int tracked_mark(struct tracked *t, const struct tuple *tuple, uint32_t mask, bool set,
		 struct err *e)
{
	char buf[512];
	struct nlmsghdr *h = request(t, buf, IPCTNL_MSG_CT_NEW, NLM_F_ACK, family_of(tuple));
	int rc;

	put_tuple(h, tuple);
	mnl_attr_put_u32(h, CTA_MARK, htonl(set ? mask : 0));
	mnl_attr_put_u32(h, CTA_MARK_MASK, htonl(mask));
	rc = ask(t, h, nothing_cb, NULL);
	if (rc == -ENOENT)
		return 0;
	return rc < 0 ? err_env(e, "conntrack: cannot mark a flow: %s", strerror(-rc)) : 1;
}

struct marked {
	uint32_t mask;
	void (*fn)(void *arg, const struct tracked_flow *f);
	void *arg;
};

static int marked_cb(const struct nlmsghdr *h, void *arg)
{
	const struct marked *m = arg;
	struct tracked_flow f;

	read_flow(h, &f);
	if (f.mark & m->mask)
		m->fn(m->arg, &f);
	return MNL_CB_OK;
}

int tracked_each_marked(struct tracked *t, uint32_t mask,
			void (*fn)(void *arg, const struct tracked_flow *f), void *arg,
			struct err *e)
{
	struct marked m = {mask, fn, arg};
	char buf[512];
	struct nlmsghdr *h = request(t, buf, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC);
	int rc;

	mnl_attr_put_u32(h, CTA_MARK, htonl(mask));
	mnl_attr_put_u32(h, CTA_MARK_MASK, htonl(mask));
	rc = ask(t, h, marked_cb, &m);
	return rc < 0 ? err_env(e, "conntrack: cannot read marked flows: %s", strerror(-rc)) : 0;
}
