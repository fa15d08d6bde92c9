// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * batch.c - nftables batches over netlink, every message acknowledged, errors named
 *
 * Model. A batch is a growing buffer of netlink messages between a begin and an end mark; the
 * kernel takes all of them or none. Each message asks for an acknowledgement and carries a
 * sequence number, from which we know its label. After one send, answers are read until all are in;
 * a short count is an error (receive timeout), never a hang. Extended acknowledgements give the
 * offset of the attribute that was refused: when that is an expression the kernel does not know,
 * its name and the kernel option it needs are said, with EXIT_ENV.
 *
 * A fault found when the whole transaction is validated is reported against several messages, also
 * innocent ones; the first in order is blamed.
 *
 * Limits. Family ip and one table only: lab links have no IPv6. A batch's answers must fit the
 * socket's receive buffer (about 600 messages with the kernel's default limit); a gateway has far
 * fewer than 200.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/object.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "base/netns.h"
#include "lab/nft/batch.h"

#define MESSAGE_MAX 131072 /* one message; element lists are the longest */
#define ANSWER_WAIT 5	   /* seconds without an answer until the kernel is given up */

struct nft {
	struct mnl_socket *nl;
	uint32_t seq;
	uint8_t buf[65536];
};

struct message {
	size_t off; /* in bytes */
	char *label;
	bool acked;
};

struct nft_batch {
	uint8_t *bytes;
	size_t len, size;
	struct message *messages; /* [0] is the begin mark; seq = base + index */
	size_t n, cap;
	uint8_t scratch[MESSAGE_MAX];
};

struct nft *nft_open(int netns, struct err *e)
{
	struct timeval wait = {.tv_sec = ANSWER_WAIT};
	int home = netns_enter(netns, e), one = 1, size = 1 << 20;
	struct nft *n;

	if (home < 0)
		return NULL;
	n = xcalloc(1, sizeof(*n));
	n->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!n->nl || mnl_socket_bind(n->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		err_env(e, "no netfilter over netlink (CONFIG_NF_TABLES): %s", strerror(errno));
		netns_leave(home);
		nft_close(n);
		return NULL;
	}
	netns_leave(home);
	n->seq = 1;
	mnl_socket_setsockopt(n->nl, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(n->nl, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(mnl_socket_get_fd(n->nl), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(mnl_socket_get_fd(n->nl), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(mnl_socket_get_fd(n->nl), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return n;
}

void nft_close(struct nft *n)
{
	if (!n)
		return;
	if (n->nl)
		mnl_socket_close(n->nl);
	free(n);
}

/* ---- building ---- */

static void batch_append(struct nft_batch *b, struct nlmsghdr *nlh, const char *label)
{
	size_t len = NLMSG_ALIGN(nlh->nlmsg_len);

	if (b->len + len > b->size) {
		b->size = 2 * (b->len + len);
		b->bytes = xrealloc(b->bytes, b->size);
	}
	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 64;
		b->messages = xrealloc(b->messages, b->cap * sizeof(*b->messages));
	}
	memcpy(b->bytes + b->len, nlh, len);
	b->messages[b->n++] = (struct message){.off = b->len, .label = xstrdup(label)};
	b->len += len;
}

static void batch_mark(struct nft_batch *b, uint16_t type, const char *label)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(b->scratch);
	struct nfgenmsg *nf = mnl_nlmsg_put_extra_header(nlh, sizeof(*nf));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nf->nfgen_family = AF_UNSPEC;
	nf->version = NFNETLINK_V0;
	nf->res_id = htons(NFNL_SUBSYS_NFTABLES);
	batch_append(b, nlh, label);
}

struct nft_batch *nft_batch_new(void)
{
	struct nft_batch *b = xcalloc(1, sizeof(*b));

	batch_mark(b, NFNL_MSG_BATCH_BEGIN, "the transaction as a whole");
	return b;
}

void nft_batch_free(struct nft_batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		free(b->messages[i].label);
	free(b->messages);
	free(b->bytes);
	free(b);
}

static struct nlmsghdr *start(struct nft_batch *b, uint16_t type, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr((char *)b->scratch, type, NFPROTO_IPV4, flags | NLM_F_ACK, 0);
}

void nft_batch_table(struct nft_batch *b, const char *label)
{
	struct nftnl_table *t = nftnl_table_alloc();
	struct nlmsghdr *nlh = start(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);

	nftnl_table_set_str(t, NFTNL_TABLE_NAME, NFT_TABLE_NAME);
	nftnl_table_set_u32(t, NFTNL_TABLE_FLAGS, 0);
	nftnl_table_nlmsg_build_payload(nlh, t);
	nftnl_table_free(t);
	batch_append(b, nlh, label);
}

static void chain_append(struct nft_batch *b, struct nftnl_chain *c, const char *name,
			 const char *label)
{
	struct nlmsghdr *nlh = start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);

	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, NFT_TABLE_NAME);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
	nftnl_chain_nlmsg_build_payload(nlh, c);
	nftnl_chain_free(c);
	batch_append(b, nlh, label);
}

void nft_batch_chain(struct nft_batch *b, const char *name, const char *type, uint32_t hook,
		     int prio, uint32_t policy, const char *label)
{
	struct nftnl_chain *c = nftnl_chain_alloc();

	nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, type);
	nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, hook);
	nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, prio);
	nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, policy);
	chain_append(b, c, name, label);
}

void nft_batch_subchain(struct nft_batch *b, const char *name, const char *label)
{
	chain_append(b, nftnl_chain_alloc(), name, label);
}

void nft_batch_counter(struct nft_batch *b, const char *name, const char *label)
{
	struct nftnl_obj *o = nftnl_obj_alloc();
	struct nlmsghdr *nlh = start(b, NFT_MSG_NEWOBJ, NLM_F_CREATE | NLM_F_EXCL);

	nftnl_obj_set_str(o, NFTNL_OBJ_TABLE, NFT_TABLE_NAME);
	nftnl_obj_set_str(o, NFTNL_OBJ_NAME, name);
	nftnl_obj_set_u32(o, NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
	nftnl_obj_set_u64(o, NFTNL_OBJ_CTR_PKTS, 0);
	nftnl_obj_set_u64(o, NFTNL_OBJ_CTR_BYTES, 0);
	nftnl_obj_nlmsg_build_payload(nlh, o);
	nftnl_obj_free(o);
	batch_append(b, nlh, label);
}

void nft_batch_set(struct nft_batch *b, struct nftnl_set *s, const char *label)
{
	struct nlmsghdr *nlh = start(b, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL);

	nftnl_set_nlmsg_build_payload(nlh, s);
	batch_append(b, nlh, label);
}

static void elements_append(struct nft_batch *b, struct nftnl_set *s, uint16_t type, uint16_t flags,
			    const char *label)
{
	struct nftnl_set_elems_iter *it = nftnl_set_elems_iter_create(s);
	bool more = nftnl_set_elems_iter_cur(it) != NULL;

	while (more) {
		struct nlmsghdr *nlh = start(b, type, flags);

		/* 1 when it stopped because the message is full */
		more = nftnl_set_elems_nlmsg_build_payload_iter(nlh, it) > 0;
		batch_append(b, nlh, label);
	}
	nftnl_set_elems_iter_destroy(it);
}

void nft_batch_elements(struct nft_batch *b, struct nftnl_set *s, const char *label)
{
	elements_append(b, s, NFT_MSG_NEWSETELEM, NLM_F_CREATE, label);
}

void nft_batch_delete_elements(struct nft_batch *b, struct nftnl_set *s, const char *label)
{
	elements_append(b, s, NFT_MSG_DELSETELEM, 0, label);
}

void nft_batch_rule(struct nft_batch *b, struct nftnl_rule *r, const char *label)
{
	struct nlmsghdr *nlh = start(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	char text[4096];

	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, NFT_TABLE_NAME);
	nftnl_rule_set_u32(r, NFTNL_RULE_FAMILY, NFPROTO_IPV4);
	nftnl_rule_nlmsg_build_payload(nlh, r);
	if (log_level >= 3 &&
	    nftnl_rule_snprintf(text, sizeof(text), r, NFTNL_OUTPUT_DEFAULT, 0) > 0)
		log_debug("%s:\n%s", label, text);
	nftnl_rule_free(r);
	batch_append(b, nlh, label);
}

uint8_t *nft_batch_bytes(struct nft_batch *b, size_t *len)
{
	*len = b->len;
	return b->bytes;
}

/* ---- committing ---- */

/* Kernel options by expression, for a kernel that does not know one. */
static const char *expression_option(const char *name)
{
	static const char *const options[][2] = {
		{"hash", "CONFIG_NFT_HASH"},	 {"nat", "CONFIG_NFT_NAT"},
		{"masq", "CONFIG_NFT_MASQ"},	 {"ct", "CONFIG_NFT_CT"},
		{"reject", "CONFIG_NFT_REJECT"}, {"objref", "CONFIG_NF_TABLES (Linux 4.10)"},
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (!strcmp(name, options[i][0]))
			return options[i][1];
	return "CONFIG_NF_TABLES";
}

/* Name of the rule's expression that holds the byte at @off, or NULL. */
static const char *expression_at(const struct nlmsghdr *nlh, uint32_t off)
{
	const struct nlattr *attr, *elem, *part;
	const char *base = (const char *)nlh;

	if ((nlh->nlmsg_type & 0xff) != NFT_MSG_NEWRULE)
		return NULL;
	mnl_attr_for_each (attr, nlh, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFTA_RULE_EXPRESSIONS)
			continue;
		mnl_attr_for_each_nested (elem, attr) {
			if (base + off < (const char *)elem ||
			    base + off >= (const char *)elem + elem->nla_len)
				continue;
			mnl_attr_for_each_nested (part, elem)
				if (mnl_attr_get_type(part) == NFTA_EXPR_NAME)
					return mnl_attr_get_str(part);
		}
	}
	return NULL;
}

struct answer {
	int error;	/* errno, positive */
	uint32_t off;	/* of the attribute refused, 0 = unknown */
	char text[160]; /* the kernel's words, may be empty */
};

static struct answer answer_of(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	struct answer a = {.error = -err->error};
	const struct nlattr *attr;
	size_t skip = sizeof(*err);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return a;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(
			&(struct nlmsghdr){.nlmsg_len = err->msg.nlmsg_len});
	mnl_attr_for_each (attr, nlh, skip) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS)
			a.off = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(a.text, sizeof(a.text), "%s", mnl_attr_get_str(attr));
	}
	return a;
}

static int refuse(const struct nft_batch *b, const struct message *m, const struct answer *a,
		  struct err *e)
{
	const struct nlmsghdr *nlh = (const void *)(b->bytes + m->off);
	const char *expr = a->off ? expression_at(nlh, a->off) : NULL;

	if (a->error == EPERM)
		return err_env(e,
			       "%s: no permission to load rules in this network namespace (needs "
			       "CAP_NET_ADMIN in its user namespace)",
			       m->label);
	if (expr && (a->error == ENOENT || a->error == EOPNOTSUPP))
		return err_env(e, "%s: this kernel lacks the nftables expression '%s' (%s)",
			       m->label, expr, expression_option(expr));
	if ((nlh->nlmsg_type & 0xff) == NFT_MSG_NEWCHAIN && a->error == ENOENT)
		return err_env(e,
			       "%s: this kernel lacks this chain type (CONFIG_NF_TABLES_IPV4, "
			       "CONFIG_NFT_NAT)",
			       m->label);
	if (a->error == EOPNOTSUPP || a->error == EAFNOSUPPORT)
		return err_env(e, "%s: this kernel lacks what it needs: %s%s%s", m->label,
			       strerror(a->error), a->text[0] ? ": " : "", a->text);
	return err_set(e, "%s: refused by the kernel: %s%s%s%s%s", m->label, strerror(a->error),
		       a->text[0] ? ": " : "", a->text, expr ? ", at expression " : "",
		       expr ? expr : "");
}

static int collect(struct nft *n, struct nft_batch *b, uint32_t base, struct err *e)
{
	size_t waiting = b->n - 2, worst = SIZE_MAX;
	struct answer first = {0};

	while (waiting) {
		ssize_t got = mnl_socket_recvfrom(n->nl, n->buf, sizeof(n->buf));
		const struct nlmsghdr *nlh = (const void *)n->buf;
		int left = (int)got;

		if (got < 0 && worst != SIZE_MAX)
			break;
		if (got < 0)
			return err_set(e, "nftables: %zu of %zu messages not acknowledged: %s",
				       waiting, b->n - 2, strerror(errno));
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			size_t i = nlh->nlmsg_seq - base;
			struct answer a;

			if (nlh->nlmsg_type != NLMSG_ERROR || i >= b->n)
				continue; /* an answer to something older */
			a = answer_of(nlh);
			if (a.error && i < worst) {
				worst = i;
				first = a;
			}
			if (i == 0)
				waiting = 0; /* all was thrown away */
			else if (!b->messages[i].acked && waiting)
				waiting--;
			b->messages[i].acked = true;
		}
	}
	return worst == SIZE_MAX ? 0 : refuse(b, &b->messages[worst], &first, e);
}

int nft_batch_commit(struct nft *n, struct nft_batch *b, struct err *e)
{
	uint32_t base = n->seq;

	batch_mark(b, NFNL_MSG_BATCH_END, "the transaction's end");
	n->seq += b->n;
	for (size_t i = 0; i < b->n; i++)
		((struct nlmsghdr *)(b->bytes + b->messages[i].off))->nlmsg_seq = base + i;
	if (mnl_socket_sendto(n->nl, b->bytes, b->len) < 0)
		return err_set(e, "nftables: cannot send %zu messages (%zu bytes): %s", b->n,
			       b->len, strerror(errno));
	return collect(n, b, base, e);
}

/* ---- asking ---- */

int nft_request(struct nft *n, struct nlmsghdr *req, mnl_cb_t cb, void *arg, const char *what,
		struct err *e)
{
	int rc = MNL_CB_OK;

	req->nlmsg_seq = n->seq++;
	if (mnl_socket_sendto(n->nl, req, req->nlmsg_len) < 0)
		return err_set(e, "nftables: cannot ask for %s: %s", what, strerror(errno));
	while (rc > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(n->nl, n->buf, sizeof(n->buf));

		if (got < 0)
			return err_set(e, "nftables: no answer for %s: %s", what, strerror(errno));
		rc = mnl_cb_run(n->buf, (size_t)got, req->nlmsg_seq, mnl_socket_get_portid(n->nl),
				cb, arg);
		if (rc < 0)
			return err_set(e, "nftables: cannot read %s: %s", what, strerror(errno));
	}
	return 0;
}

struct counted {
	uint64_t packets, bytes;
};

static int counter_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct nftnl_obj *o = nftnl_obj_alloc();
	struct counted *c = arg;
	int rc = o ? nftnl_obj_nlmsg_parse(nlh, o) : -1;

	if (!rc) {
		c->packets = nftnl_obj_get_u64(o, NFTNL_OBJ_CTR_PKTS);
		c->bytes = nftnl_obj_get_u64(o, NFTNL_OBJ_CTR_BYTES);
	}
	nftnl_obj_free(o);
	return rc < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

bool nft_counter(struct nft *n, const char *name, uint64_t *packets, uint64_t *bytes)
{
	struct nftnl_obj *o = nftnl_obj_alloc();
	char buf[1024];
	struct nlmsghdr *nlh =
		nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETOBJ, NFPROTO_IPV4, NLM_F_ACK, 0);
	struct counted c = {0};

	nftnl_obj_set_str(o, NFTNL_OBJ_TABLE, NFT_TABLE_NAME);
	nftnl_obj_set_str(o, NFTNL_OBJ_NAME, name);
	nftnl_obj_set_u32(o, NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
	nftnl_obj_nlmsg_build_payload(nlh, o);
	nftnl_obj_free(o);
	if (nft_request(n, nlh, counter_cb, &c, name, NULL) < 0)
		return false;
	*packets = c.packets;
	*bytes = c.bytes;
	return true;
}

struct nftnl_set *nft_set_handle(const char *name)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (!s)
		xmalloc(SIZE_MAX / 2); /* ends the program with its one line */
	nftnl_set_set_str(s, NFTNL_SET_TABLE, NFT_TABLE_NAME);
	nftnl_set_set_str(s, NFTNL_SET_NAME, name);
	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, NFPROTO_IPV4);
	return s;
}

static int elements_cb(const struct nlmsghdr *nlh, void *arg)
{
	return nftnl_set_elems_nlmsg_parse(nlh, arg) < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

int nft_set_elements(struct nft *n, struct nftnl_set *s, struct err *e)
{
	char buf[1024];
	struct nlmsghdr *nlh =
		nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETSETELEM, NFPROTO_IPV4, NLM_F_DUMP, 0);

	nftnl_set_elems_nlmsg_build_payload(nlh, s);
	return nft_request(n, nlh, elements_cb, s, nftnl_set_get_str(s, NFTNL_SET_NAME), e);
}
