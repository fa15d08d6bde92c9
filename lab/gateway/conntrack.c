// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conntrack.c - what a gateway's connection tracking saw, as ground truth
 *
 * Model. A socket in the gateway's namespace is subscribed to ctnetlink's NEW and DESTROY events;
 * it is read by the loop and by conntrack_settle(). Every entry ever confirmed is kept with its
 * original and reply tuples, from which a flow can be followed across NAT. The kernel confirms an
 * entry when its first packet leaves the gateway, so a dropped flow has none.
 *
 * Times. An event is read before the emulated clock can jump again, so the time of reading serves
 * for NEW; when the entry ends, or at a settle, the kernel's own start stamp replaces it
 * (nf_conntrack_timestamp). An entry that conntrack_aging.c removes is
 * closed at the time when its lifetime was over.
 *
 * Bursts. The events of all flows opened in one turn of the loop wait in the socket's buffer. Where
 * a large one is not allowed (SO_RCVBUFFORCE needs more than a user namespace's root), several
 * sockets share the events: each filters those entries whose id leaves its number as remainder.
 *
 * Limits. If a buffer overflows all the same, events are lost. A dump would not bring them back: a
 * connection that was refused at once is in no table any more. The overflow is noticed (ENOBUFS)
 * and conntrack_settle() fails from then on, which makes the cell invalid. IPv4 TCP, UDP and ICMP;
 * other protocols are tracked but not listed.
 */
#include <netinet/in.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uthash.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/filter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "base/netns.h"
#include "lab/gateway/conntrack.h"
#include "lab/gateway/conntrack_aging.h"

#define EVENT_BUFFER (8 << 20) /* in all */
#define SOCKETS	     8	       /* where one may not have that much; a power of two */

/* Finds a live entry by its kernel id and opener. */
struct live {
	struct {
		uint32_t id, saddr;
		uint16_t sport, proto;
	} key;
	size_t index;
	uint64_t expired_ns; /* set by ageing: when its lifetime was over */
	UT_hash_handle hh;
};

struct conntrack_watch {
	const struct gateway_ctx *g;
	struct loop *loop;
	struct mnl_socket *nl[SOCKETS]; /* events */
	size_t n_nl;
	struct ctage *age;
	struct conntrack_entry *entries; /* (owned) */
	size_t n, cap;
	struct live *live;
	uint64_t lost; /* overflows */
	uint8_t buf[65536];
};

static struct endpoint endpoint_of(const struct nf_conntrack *ct, enum nf_conntrack_attr addr,
				   enum nf_conntrack_attr port)
{
	struct endpoint ep = {.ip = ip4(ntohl(nfct_get_attr_u32(ct, addr)))};

	if (nfct_attr_is_set(ct, port))
		ep.port = ntohs(nfct_get_attr_u16(ct, port));
	return ep;
}

static struct live *live_find(struct conntrack_watch *w, const struct nf_conntrack *ct, bool add)
{
	struct live probe, *l;

	memset(&probe.key, 0, sizeof(probe.key));
	probe.key.id = nfct_get_attr_u32(ct, ATTR_ID);
	probe.key.saddr = nfct_get_attr_u32(ct, ATTR_ORIG_IPV4_SRC);
	probe.key.proto = nfct_get_attr_u8(ct, ATTR_ORIG_L4PROTO);
	if (nfct_attr_is_set(ct, ATTR_ORIG_PORT_SRC))
		probe.key.sport = nfct_get_attr_u16(ct, ATTR_ORIG_PORT_SRC);
	HASH_FIND(hh, w->live, &probe.key, sizeof(probe.key), l);
	if (l || !add)
		return l;
	l = xcalloc(1, sizeof(*l));
	l->key = probe.key;
	HASH_ADD(hh, w->live, key, sizeof(l->key), l);
	return l;
}

static void on_new(struct conntrack_watch *w, const struct nf_conntrack *ct)
{
	struct conntrack_entry *c;
	uint8_t proto = nfct_get_attr_u8(ct, ATTR_ORIG_L4PROTO);

	if (proto != IPPROTO_UDP && proto != IPPROTO_TCP && proto != IPPROTO_ICMP)
		return;
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 256;
		w->entries = xrealloc(w->entries, w->cap * sizeof(*w->entries));
	}
	c = &w->entries[w->n];
	*c = (struct conntrack_entry){.opened_ns = loop_now(w->loop)};
	c->orig.proto = c->reply.proto = proto;
	c->orig.src = endpoint_of(ct, ATTR_ORIG_IPV4_SRC, ATTR_ORIG_PORT_SRC);
	c->orig.dst = endpoint_of(ct, ATTR_ORIG_IPV4_DST, ATTR_ORIG_PORT_DST);
	c->reply.src = endpoint_of(ct, ATTR_REPL_IPV4_SRC, ATTR_REPL_PORT_SRC);
	c->reply.dst = endpoint_of(ct, ATTR_REPL_IPV4_DST, ATTR_REPL_PORT_DST);
	live_find(w, ct, true)->index = w->n++;
	ctage_track(w->age, ct);
}

/* The kernel's start stamp, when it gives one. */
static void refine_start(struct conntrack_watch *w, const struct live *l,
			 const struct nf_conntrack *ct)
{
	if (nfct_attr_is_set(ct, ATTR_TIMESTAMP_START))
		w->entries[l->index].opened_ns =
			loop_stamp(w->loop, nfct_get_attr_u64(ct, ATTR_TIMESTAMP_START));
}

static void on_destroy(struct conntrack_watch *w, const struct nf_conntrack *ct)
{
	struct live *l = live_find(w, ct, false);
	struct conntrack_entry *c;

	if (!l)
		return;
	ctage_untrack(w->age, ct);
	c = &w->entries[l->index];
	refine_start(w, l, ct);
	c->closed_ns = l->expired_ns ? l->expired_ns
		       : nfct_attr_is_set(ct, ATTR_TIMESTAMP_STOP)
			       ? loop_stamp(w->loop, nfct_get_attr_u64(ct, ATTR_TIMESTAMP_STOP))
			       : loop_now(w->loop);
	HASH_DEL(w->live, l);
	free(l);
}

static int event_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct nf_conntrack *ct;

	if (nlh->nlmsg_type >> 8 != NFNL_SUBSYS_CTNETLINK)
		return MNL_CB_OK;
	ct = nfct_new();
	if (ct && nfct_nlmsg_parse(nlh, ct) == 0) {
		if ((nlh->nlmsg_type & 0xff) == IPCTNL_MSG_CT_DELETE)
			on_destroy(arg, ct);
		else
			on_new(arg, ct);
	}
	nfct_destroy(ct);
	return MNL_CB_OK;
}

static void drain(struct conntrack_watch *w)
{
	for (size_t i = 0; i < w->n_nl;) {
		ssize_t n = recv(mnl_socket_get_fd(w->nl[i]), w->buf, sizeof(w->buf), MSG_DONTWAIT);

		if (n > 0)
			mnl_cb_run(w->buf, (size_t)n, 0, 0, event_cb, w);
		else if (n < 0 && errno == ENOBUFS)
			w->lost++;
		else
			i++;
	}
}

static void on_ready(void *arg, uint32_t events)
{
	(void)events;
	drain(arg);
}

static void on_expired(void *arg, struct nf_conntrack *ct, uint64_t at_ns)
{
	struct live *l = live_find(arg, ct, false);

	if (l)
		l->expired_ns = at_ns;
}

static void settle_start(void *arg, struct nf_conntrack *ct)
{
	struct live *l = live_find(arg, ct, false);

	if (l)
		refine_start(arg, l, ct);
}

/* Only entries whose id leaves @part when divided by SOCKETS. */
static int filter_part(int fd, uint32_t part)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_IMM, sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg)),
		BPF_STMT(BPF_LDX | BPF_IMM, CTA_ID),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_NLATTR)),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, sizeof(struct nlattr)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SOCKETS - 1),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, part, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = {ARRAY_LEN(code), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

/* One more event socket; its part of the events is filtered before it is subscribed. */
static int event_socket(struct conntrack_watch *w, bool filtered, struct err *e)
{
	int home = netns_enter(w->g->netns, e), size = EVENT_BUFFER, fd;
	struct mnl_socket *nl;

	if (home < 0)
		return -1;
	nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	netns_leave(home);
	if (!nl)
		return err_env(e, "no netfilter over netlink: %s", strerror(errno));
	w->nl[w->n_nl++] = nl;
	fd = mnl_socket_get_fd(nl);
	if (filtered) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
		if (filter_part(fd, (uint32_t)w->n_nl - 1) < 0)
			return err_env(e, "no socket filters (CONFIG_NET): %s", strerror(errno));
	}
	if (mnl_socket_bind(nl, NF_NETLINK_CONNTRACK_NEW | NF_NETLINK_CONNTRACK_DESTROY,
			    MNL_SOCKET_AUTOPID) < 0)
		return err_env(e,
			       "no connection tracking events (CONFIG_NF_CONNTRACK_EVENTS, "
			       "CONFIG_NF_CT_NETLINK): %s",
			       strerror(errno));
	return loop_fd_add(w->loop, fd, EPOLLIN, on_ready, w, e);
}

static bool may_force_buffer(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int size = EVENT_BUFFER, rc;

	rc = setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (fd >= 0)
		close(fd);
	return rc == 0;
}

static int subscribe(struct conntrack_watch *w, struct err *e)
{
	int size = EVENT_BUFFER;

	if (may_force_buffer()) {
		if (event_socket(w, false, e) < 0)
			return -1;
		setsockopt(mnl_socket_get_fd(w->nl[0]), SOL_SOCKET, SO_RCVBUFFORCE, &size,
			   sizeof(size));
		return 0;
	}
	for (size_t i = 0; i < SOCKETS; i++)
		if (event_socket(w, true, e) < 0)
			return -1;
	return 0;
}

void conntrack_shrink(struct conntrack_watch *w, int bytes)
{
	for (size_t i = 0; i < w->n_nl; i++)
		setsockopt(mnl_socket_get_fd(w->nl[i]), SOL_SOCKET, SO_RCVBUF, &bytes,
			   sizeof(bytes));
}

struct conntrack_watch *conntrack_watch_start(struct gateway_ctx *g, struct loop *loop,
					      struct err *e)
{
	struct conntrack_watch *w = xcalloc(1, sizeof(*w));

	w->g = g;
	w->loop = loop;
	w->age = ctage_new(g, loop, on_expired, w, e);
	if (!w->age || subscribe(w, e) < 0) {
		conntrack_watch_free(w);
		return NULL;
	}
	return w;
}

void conntrack_watch_free(struct conntrack_watch *w)
{
	struct live *l, *tmp;

	if (!w)
		return;
	ctage_free(w->age);
	HASH_ITER (hh, w->live, l, tmp) {
		HASH_DEL(w->live, l); // NOLINT(clang-analyzer-unix.Malloc): uthash's own links
		free(l);
	}
	for (size_t i = 0; i < w->n_nl; i++) {
		loop_fd_del(w->loop, mnl_socket_get_fd(w->nl[i]));
		mnl_socket_close(w->nl[i]);
	}
	free(w->entries);
	free(w);
}

struct position {
	struct conntrack_entry entry;
	size_t was;
};

static int by_opening(const void *a, const void *b)
{
	const struct position *x = a, *y = b;

	if (x->entry.opened_ns != y->entry.opened_ns)
		return x->entry.opened_ns < y->entry.opened_ns ? -1 : 1;
	return x->was < y->was ? -1 : x->was > y->was;
}

/* Events of different sockets, and start stamps that came late, are not in order. */
static void sort_entries(struct conntrack_watch *w)
{
	struct position *p = xcalloc(w->n, sizeof(*p));
	size_t *now = xcalloc(w->n, sizeof(*now));

	for (size_t i = 0; i < w->n; i++)
		p[i] = (struct position){w->entries[i], i};
	qsort(p, w->n, sizeof(*p), by_opening);
	for (size_t i = 0; i < w->n; i++) {
		w->entries[i] = p[i].entry;
		now[p[i].was] = i;
	}
	for (struct live *l = w->live; l; l = l->hh.next)
		l->index = now[l->index];
	free(p);
	free(now);
}

int conntrack_settle(struct conntrack_watch *w, struct err *e)
{
	drain(w);
	ctage_each(w->age, settle_start, w);
	sort_entries(w);
	if (w->lost)
		return err_set(e,
			       "%s: the kernel lost conntrack events (%llu overflows): the truth "
			       "of this cell is not complete",
			       w->g->node, (unsigned long long)w->lost);
	if (ctage_failure(w->age))
		return err_set(e, "%s: lifetimes of this cell are wrong: %s", w->g->node,
			       ctage_failure(w->age));
	return 0;
}

size_t conntrack_count(const struct conntrack_watch *w)
{
	return w->n;
}

const struct conntrack_entry *conntrack_at(const struct conntrack_watch *w, size_t i)
{
	return &w->entries[i];
}
