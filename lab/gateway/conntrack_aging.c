// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * conntrack_aging.c - lifetimes of flows and NAT mappings in emulated time
 *
 * Model. The kernel forgets a flow when it has seen no packet of it for its lifetime, in real time.
 * With the loop's virtual clock, emulated time runs ahead of real time by jumps, so entries would
 * live far too long. So entries are checked before the loop's planned time (loop_due()) moves on,
 * whether by a jump or not: one seed, one time of expiry. When the packet count of an entry has
 * changed since the last check, the entry was refreshed since then. When its last refresh lies a
 * lifetime or more before the time that is planned next, it would expire before that, while nothing
 * else can happen, so it is removed. The same holds for the elements of the NAT's dynamic sets,
 * which count packets too. Real time never exceeds emulated time, so the kernel's own timers never
 * come early.
 *
 * Lifetimes come from the kernel's sysctls in the gateway: for TCP by state; for UDP by whether the
 * flow was answered and is older than two seconds (nf_conntrack_proto_udp.c).
 *
 * Entries are asked for one by one, each when it is due: a dump of conntrack walks the hash table
 * that all namespaces share, which takes longer than a whole cell's traffic. conntrack.c reports
 * which entries there are.
 *
 * Limits. An entry is checked every 1/64 of its lifetime, at most every 4 seconds (a TCP flow's
 * state, and with it its lifetime, changes unseen), so it expires late by that much at most.
 * ctnetlink can only set lifetimes in whole seconds, which is why entries are removed rather than
 * shortened.
 */
#include <netinet/in.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <libnftnl/expr.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "base/netns.h"
#include "lab/gateway/conntrack_aging.h"
#include "lab/gateway/nat.h"
#include "lab/nft/batch.h"
#include "lab/nft/types.h"

#define LOOK_PART  64
#define LOOK_MAX   (4 * NS_PER_SEC)
#define STREAM_AGE (2 * NS_PER_SEC) /* UDP_STREAM in the kernel: 2 * HZ */
#define ENTRY	   0xff

/* An entry or a set's element, as of its last check. */
struct life {
	uint8_t key[40];	 /* set's index and element key, or ENTRY and the kernel's id */
	struct nf_conntrack *ct; /* (owned) of an entry: its original tuple, to ask by */
	uint64_t packets;
	uint64_t look_ns;		/* when an entry is due */
	uint64_t born_ns, refreshed_ns; /* emulated */
	uint64_t round;			/* of the last look that saw an element */
	uint64_t doomed;		/* of the look that found it expired; 0 = none */
	UT_hash_handle hh;
};

struct ctage {
	const struct gateway_ctx *g;
	struct loop *loop;
	ctage_expired_fn *expired;
	void *arg;
	struct mnl_socket *nl; /* to ctnetlink */
	struct nft *nft;
	uint32_t seq;
	uint64_t udp, udp_stream, icmp, generic, tcp[TCP_CONNTRACK_MAX]; /* lifetimes, ns */
	uint64_t interval, gathered;	 /* of looks at all; jumps since the last */
	bool sets[4];			 /* which of set_names there are */
	uint64_t set_udp_ns, set_tcp_ns; /* lifetimes of their elements */
	struct life *elements, *entries;
	uint64_t round;
	uint64_t now, until; /* of the look in progress: before and after the jump */
	char failure[1024];
	uint8_t buf[65536];
};

static const char *const set_names[] = {NAT_MAPPINGS, NAT_CONTACTED, NAT_OWNERS_UDP,
					NAT_OWNERS_TCP};

/* ---- lifetimes ---- */

static uint64_t sysctl_ns(const char *name, unsigned fallback)
{
	char path[128];
	unsigned v = fallback;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/netfilter/nf_conntrack_%s", name);
	f = fopen(path, "re");
	if (f) {
		if (fscanf(f, "%u", &v) != 1)
			v = fallback;
		fclose(f);
	}
	return v * NS_PER_SEC;
}

/* The lifetimes that no gateway sets (gateway.c): in a fresh namespace they are the kernel's own, so a process reads them once. */
struct constant {
	const char *name;
	unsigned fallback; /* s; the kernel's default, should a sysctl be missing */
	uint64_t ns;	   /* 0 = not read yet */
};

static uint64_t constant_ns(struct constant *c)
{
	if (!c->ns)
		c->ns = sysctl_ns(c->name, c->fallback);
	return c->ns;
}

static uint64_t look_interval(uint64_t lifetime)
{
	return lifetime / LOOK_PART < LOOK_MAX ? lifetime / LOOK_PART : LOOK_MAX;
}

static int lifetimes_read(struct ctage *a, struct err *e)
{
	static struct constant icmp = {"icmp_timeout", 30, 0},
			       generic = {"generic_timeout", 600, 0};
	static struct {
		int state;
		struct constant life;
	} tcp[] = {
		{TCP_CONNTRACK_SYN_SENT, {"tcp_timeout_syn_sent", 120, 0}},
		{TCP_CONNTRACK_SYN_RECV, {"tcp_timeout_syn_recv", 60, 0}},
		{TCP_CONNTRACK_FIN_WAIT, {"tcp_timeout_fin_wait", 120, 0}},
		{TCP_CONNTRACK_CLOSE_WAIT, {"tcp_timeout_close_wait", 60, 0}},
		{TCP_CONNTRACK_LAST_ACK, {"tcp_timeout_last_ack", 30, 0}},
		{TCP_CONNTRACK_TIME_WAIT, {"tcp_timeout_time_wait", 120, 0}},
		{TCP_CONNTRACK_CLOSE, {"tcp_timeout_close", 10, 0}},
		{TCP_CONNTRACK_SYN_SENT2, {"tcp_timeout_syn_sent", 120, 0}},
	};
	int home = netns_enter(a->g->netns, e);

	if (home < 0)
		return -1;
	for (size_t i = 0; i < TCP_CONNTRACK_MAX; i++)
		a->tcp[i] = 432000 * NS_PER_SEC;
	for (size_t i = 0; i < ARRAY_LEN(tcp); i++)
		a->tcp[tcp[i].state] = constant_ns(&tcp[i].life);
	a->tcp[TCP_CONNTRACK_ESTABLISHED] = sysctl_ns("tcp_timeout_established", 432000);
	a->udp = sysctl_ns("udp_timeout", 30);
	a->udp_stream = sysctl_ns("udp_timeout_stream", 120);
	a->icmp = constant_ns(&icmp);
	a->generic = constant_ns(&generic);
	netns_leave(home);
	a->interval = look_interval(a->udp < a->udp_stream ? a->udp : a->udp_stream);
	return 0;
}

static uint64_t lifetime_of(const struct ctage *a, const struct nf_conntrack *ct,
			    const struct life *l)
{
	unsigned state;

	switch (nfct_get_attr_u8(ct, ATTR_L4PROTO)) {
	case IPPROTO_UDP:
		return nfct_get_attr_u32(ct, ATTR_STATUS) & IPS_SEEN_REPLY &&
				       l->refreshed_ns - l->born_ns > STREAM_AGE
			       ? a->udp_stream
			       : a->udp;
	case IPPROTO_TCP:
		state = nfct_get_attr_u8(ct, ATTR_TCP_STATE);
		return a->tcp[state < TCP_CONNTRACK_MAX ? state : TCP_CONNTRACK_ESTABLISHED];
	case IPPROTO_ICMP:
		return a->icmp;
	default:
		return a->generic;
	}
}

static void fail(struct ctage *a, const char *what)
{
	if (!a->failure[0])
		snprintf(a->failure, sizeof(a->failure), "%s", what);
}

/* ---- conntrack ---- */

static struct nlmsghdr *request(struct ctage *a, uint8_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(a->buf);
	struct nfgenmsg *nf;

	nlh->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++a->seq;
	nf = mnl_nlmsg_put_extra_header(nlh, sizeof(*nf));
	nf->nfgen_family = AF_INET;
	nf->version = NFNETLINK_V0;
	return nlh;
}

static int answers(struct ctage *a, mnl_cb_t cb, void *arg)
{
	int rc = MNL_CB_OK;

	while (rc > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(a->nl, a->buf, sizeof(a->buf));

		if (n < 0)
			return -1;
		rc = mnl_cb_run(a->buf, (size_t)n, a->seq, mnl_socket_get_portid(a->nl), cb, arg);
	}
	return rc;
}

static int parse_cb(const struct nlmsghdr *nlh, void *arg)
{
	return nfct_nlmsg_parse(nlh, arg) < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

/* The entry as it is now (caller destroys), or NULL when it is gone. */
static struct nf_conntrack *entry_now(struct ctage *a, const struct life *l)
{
	struct nlmsghdr *nlh = request(a, IPCTNL_MSG_CT_GET, NLM_F_ACK);
	struct nf_conntrack *ct = nfct_new();

	nfct_nlmsg_build(nlh, l->ct);
	if (ct && mnl_socket_sendto(a->nl, nlh, nlh->nlmsg_len) >= 0 &&
	    answers(a, parse_cb, ct) >= 0 &&
	    !memcmp(l->key + 1, &(uint32_t){nfct_get_attr_u32(ct, ATTR_ID)}, 4))
		return ct;
	if (ct)
		nfct_destroy(ct);
	return NULL;
}

static void remove_entry(struct ctage *a, const struct life *l)
{
	struct nlmsghdr *nlh = request(a, IPCTNL_MSG_CT_DELETE, NLM_F_ACK);

	nfct_nlmsg_build(nlh, l->ct);
	if (mnl_socket_sendto(a->nl, nlh, nlh->nlmsg_len) < 0 ||
	    (answers(a, NULL, NULL) < 0 && errno != ENOENT))
		fail(a, "an expired conntrack entry could not be removed");
}

static uint64_t packets_of(const struct nf_conntrack *ct)
{
	return nfct_get_attr_u64(ct, ATTR_ORIG_COUNTER_PACKETS) +
	       nfct_get_attr_u64(ct, ATTR_REPL_COUNTER_PACKETS);
}

static void look_at_entry(struct ctage *a, struct life *l)
{
	struct nf_conntrack *ct = entry_now(a, l);
	uint64_t lifetime, expires;

	if (!ct)
		return; /* its DESTROY event is on its way */
	if (l->packets != packets_of(ct)) {
		l->packets = packets_of(ct);
		l->refreshed_ns = a->now;
	}
	lifetime = lifetime_of(a, ct, l);
	expires = l->refreshed_ns + lifetime;
	if (expires <= a->until) {
		a->expired(a->arg, ct, expires);
		remove_entry(a, l);
	}
	l->look_ns = a->until + look_interval(lifetime);
	if (l->look_ns > expires)
		l->look_ns = expires;
	nfct_destroy(ct);
}

static void entry_key(const struct nf_conntrack *ct, uint8_t key[40])
{
	uint32_t id = nfct_get_attr_u32(ct, ATTR_ID);

	memset(key, 0, 40);
	key[0] = ENTRY;
	memcpy(key + 1, &id, sizeof(id));
}

static void entry_free(struct ctage *a, struct life *l)
{
	HASH_DEL(a->entries, l); // NOLINT(clang-analyzer-unix.Malloc): uthash's own links
	nfct_destroy(l->ct);
	free(l);
}

void ctage_track(struct ctage *a, const struct nf_conntrack *ct)
{
	static const enum nf_conntrack_attr tuple[] = {
		ATTR_ORIG_L3PROTO,  ATTR_ORIG_L4PROTO,	ATTR_ORIG_IPV4_SRC,
		ATTR_ORIG_IPV4_DST, ATTR_ORIG_PORT_SRC, ATTR_ORIG_PORT_DST,
		ATTR_ICMP_TYPE,	    ATTR_ICMP_CODE,	ATTR_ICMP_ID};
	struct life *l = xcalloc(1, sizeof(*l));

	l->ct = nfct_new();
	for (size_t i = 0; l->ct && i < ARRAY_LEN(tuple); i++)
		if (nfct_attr_is_set(ct, tuple[i]))
			nfct_set_attr(l->ct, tuple[i], nfct_get_attr(ct, tuple[i]));
	entry_key(ct, l->key);
	l->born_ns = l->refreshed_ns = loop_due(a->loop);
	l->look_ns = l->born_ns; /* the first look counts its first packets */
	HASH_ADD(hh, a->entries, key, sizeof(l->key), l);
}

void ctage_untrack(struct ctage *a, const struct nf_conntrack *ct)
{
	uint8_t key[40];
	struct life *l;

	entry_key(ct, key);
	HASH_FIND(hh, a->entries, key, sizeof(key), l);
	if (l)
		entry_free(a, l);
}

void ctage_each(struct ctage *a, void (*fn)(void *arg, struct nf_conntrack *ct), void *arg)
{
	struct life *l, *tmp;

	HASH_ITER (hh, a->entries, l, tmp) {
		struct nf_conntrack *ct = entry_now(a, l);

		if (!ct)
			continue;
		fn(arg, ct);
		nfct_destroy(ct);
	}
}

/* Events are not read meanwhile, so the table holds still. */
static void age_entries(struct ctage *a)
{
	struct life *l, *tmp;

	HASH_ITER (hh, a->entries, l, tmp)
		if (l->look_ns <= a->until)
			look_at_entry(a, l);
}

/* ---- the NAT's sets ---- */

/* Puts a copy of an element's key into @gone. */
static void doom_element(struct nftnl_set *gone, const uint8_t *key, uint32_t len)
{
	struct nftnl_set_elem *el = nftnl_set_elem_alloc();

	nftnl_set_elem_set(el, NFTNL_SET_ELEM_KEY, key, len);
	nftnl_set_elem_add(gone, el);
}

/* Notes that an element was seen now with so many packets in all. */
static struct life *element_seen(struct ctage *a, const uint8_t key[40], uint64_t packets)
{
	struct life *l;

	HASH_FIND(hh, a->elements, key, sizeof(l->key), l);
	if (!l) {
		l = xcalloc(1, sizeof(*l));
		memcpy(l->key, key, sizeof(l->key));
		l->born_ns = l->refreshed_ns = a->now;
		l->packets = packets;
		HASH_ADD(hh, a->elements, key, sizeof(l->key), l);
	} else if (l->packets != packets) {
		l->packets = packets;
		l->refreshed_ns = a->now;
	}
	l->round = a->round;
	return l;
}

/* Forgets elements that were removed, and those that the last two looks did not find: one look may
 * miss an element, or see it twice, while the kernel makes the set's table larger. */
static void elements_sweep(struct ctage *a)
{
	struct life *l, *tmp;

	HASH_ITER (hh, a->elements, l, tmp) {
		if (l->doomed != a->round && l->round + 1 >= a->round)
			continue;
		HASH_DEL(a->elements, l); // NOLINT(clang-analyzer-unix.Malloc): the same
		free(l);
	}
}

/* Whether it expires, the first time that it is seen to. A key begins with the protocol, where that is
 * not in the name. */
static bool element_expires(struct ctage *a, size_t which, struct nftnl_set_elem *el)
{
	const struct nftnl_expr *counter;
	uint8_t key[40] = {(uint8_t)which};
	uint32_t len, none;
	const uint8_t *k = nftnl_set_elem_get(el, NFTNL_SET_ELEM_KEY, &len);
	struct life *l;
	bool tcp;

	if (len > sizeof(key) - 1 || !nftnl_set_elem_is_set(el, NFTNL_SET_ELEM_EXPR))
		return false;
	memcpy(key + 1, k, len);
	counter = nftnl_set_elem_get(el, NFTNL_SET_ELEM_EXPR, &none);
	l = element_seen(a, key, nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_PACKETS));
	tcp = !strcmp(set_names[which], NAT_OWNERS_TCP) ||
	      (strcmp(set_names[which], NAT_OWNERS_UDP) != 0 && k[0] == IPPROTO_TCP);
	if (l->doomed || l->refreshed_ns + (tcp ? a->set_tcp_ns : a->set_udp_ns) > a->until)
		return false;
	l->doomed = a->round;
	return true;
}

static void age_set(struct ctage *a, size_t which)
{
	struct nftnl_set *s = nft_set_handle(&nft_gateway_table, set_names[which]), *gone = NULL;
	struct nftnl_set_elems_iter *it;
	struct nftnl_set_elem *el;
	struct err e = {0};

	if (nft_set_elements(a->nft, s, &e) < 0)
		fail(a, e.msg);
	it = nftnl_set_elems_iter_create(s);
	while (it && (el = nftnl_set_elems_iter_next(it))) {
		uint32_t len;
		const uint8_t *k = nftnl_set_elem_get(el, NFTNL_SET_ELEM_KEY, &len);

		if (!element_expires(a, which, el))
			continue;
		if (!gone)
			gone = nft_set_handle(&nft_gateway_table, set_names[which]);
		doom_element(gone, k, len);
	}
	if (it)
		nftnl_set_elems_iter_destroy(it);
	if (gone) {
		struct nft_batch *b = nft_batch_new(&nft_gateway_table);

		nft_batch_delete_elements(b, gone, "expired NAT mappings");
		if (nft_batch_commit(a->nft, b, &e) < 0)
			fail(a, e.msg);
		nft_batch_free(b);
		nftnl_set_free(gone);
	}
	nftnl_set_free(s);
}

/* ---- the whole ---- */

static void before_jump(void *arg, uint64_t jump_ns)
{
	struct ctage *a = arg;

	a->gathered += jump_ns;
	if (a->gathered < a->interval)
		return;
	a->gathered = 0;
	a->round++;
	a->now = loop_due(a->loop);
	a->until = a->now + jump_ns;
	age_entries(a);
	for (size_t i = 0; i < ARRAY_LEN(set_names); i++)
		if (a->sets[i])
			age_set(a, i);
	elements_sweep(a);
}

static int open_sockets(struct ctage *a, struct err *e)
{
	struct timeval wait = {.tv_sec = 5};
	int home = netns_enter(a->g->netns, e);

	if (home < 0)
		return -1;
	a->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	netns_leave(home);
	if (!a->nl || mnl_socket_bind(a->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return err_env(e, "no connection tracking over netlink (CONFIG_NF_CT_NETLINK): %s",
			       strerror(errno));
	setsockopt(mnl_socket_get_fd(a->nl), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	a->nft = nft_open(a->g->netns, e);
	return a->nft ? 0 : -1;
}

/* Which of the NAT's sets this gateway has: its policy says. */
static void sets_known(struct ctage *a)
{
	const struct nat_policy *n = a->g->nat;

	a->sets[0] = nat_has_mappings(n);
	a->sets[1] = nat_has_contacted(n);
	a->sets[2] = a->sets[3] = nat_has_mappings(n);
	a->set_udp_ns = n->lifetime.udp * NS_PER_SEC;
	a->set_tcp_ns = n->lifetime.tcp * NS_PER_SEC;
}

struct ctage *ctage_new(const struct gateway_ctx *g, struct loop *loop, ctage_expired_fn *expired,
			void *arg, struct err *e)
{
	struct ctage *a = xcalloc(1, sizeof(*a));

	a->g = g;
	a->loop = loop;
	a->expired = expired;
	a->arg = arg;
	sets_known(a);
	if (open_sockets(a, e) < 0 || lifetimes_read(a, e) < 0) {
		ctage_free(a);
		return NULL;
	}
	loop_on_jump(loop, before_jump, a);
	return a;
}

void ctage_free(struct ctage *a)
{
	struct life *l, *tmp;

	if (!a)
		return;
	loop_off_jump(a->loop, a);
	a->round += 2;
	elements_sweep(a);
	HASH_ITER (hh, a->entries, l, tmp)
		entry_free(a, l);
	if (a->nl)
		mnl_socket_close(a->nl);
	nft_close(a->nft);
	free(a);
}

const char *ctage_failure(const struct ctage *a)
{
	return a->failure[0] ? a->failure : NULL;
}
