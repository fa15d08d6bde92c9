// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * batch.c - nftables batches over netlink, every message acknowledged, errors named
 *
 * Model. A batch is a row of netlink messages between a begin and an end mark (lab/netlink/netlink.c), sent
 * at once; the kernel takes all of them or none. Each message asks for an acknowledgement. An
 * extended acknowledgement gives the offset of the attribute that was refused: when that is an
 * expression the kernel does not know, the error names it and the kernel option it needs, with
 * EXIT_ENV.
 *
 * When the kernel finds a fault while it validates the whole transaction, it reports several
 * messages, innocent ones among them; the first in order is blamed.
 *
 * Limits. A batch is about one table. Its answers must fit the socket's receive buffer (about 600
 * messages with the kernel's default limit); a gateway has far fewer than 200.
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
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "lab/netlink/netlink.h"
#include "lab/nft/batch.h"

#define LIST_MAX    131072 /* one message of elements, the longest kind */
#define MESSAGE_MAX 16384  /* any other */
#define ELEMENT_MAX 512	   /* one element with its comment and counter */
#define ANSWER_WAIT 5	   /* seconds without an answer until the kernel is given up */

struct nft {
	struct nl *nl;
	int refusal;
	uint8_t buf[65536];
};

const struct nft_table nft_gateway_table = {NFPROTO_IPV4, "gateway"}; /* lab links have no IPv6 */

struct nft_batch {
	struct nl_batch b; /* message 0 is the begin mark */
	const struct nft_table *table;
};

struct nft *nft_open(int netns, struct err *e)
{
	struct timeval wait = {.tv_sec = ANSWER_WAIT};
	struct nl *nl = nl_open(netns, NETLINK_NETFILTER, "nftables", e);
	int size = 1 << 20;
	struct nft *n;

	if (!nl) {
		err_push(e, "no netfilter over netlink (CONFIG_NF_TABLES)");
		return NULL;
	}
	setsockopt(nl_fd(nl), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(nl_fd(nl), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(nl_fd(nl), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	n = xcalloc(1, sizeof(*n));
	n->nl = nl;
	return n;
}

void nft_close(struct nft *n)
{
	if (!n)
		return;
	nl_close(n->nl);
	free(n);
}

/* ---- building ---- */

static void batch_mark(struct nft_batch *b, uint16_t type, const char *label)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl_batch_add(&b->b, 64, label));
	struct nfgenmsg *nf = mnl_nlmsg_put_extra_header(nlh, sizeof(*nf));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nf->nfgen_family = AF_UNSPEC;
	nf->version = NFNETLINK_V0;
	nf->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

struct nft_batch *nft_batch_new(const struct nft_table *t)
{
	struct nft_batch *b = xcalloc(1, sizeof(*b));

	b->table = t;
	batch_mark(b, NFNL_MSG_BATCH_BEGIN, "the transaction as a whole");
	return b;
}

void nft_batch_free(struct nft_batch *b)
{
	if (!b)
		return;
	nl_batch_free(&b->b);
	free(b);
}

static struct nlmsghdr *start_long(struct nft_batch *b, uint16_t type, uint16_t flags, size_t room,
				   const char *label)
{
	return nftnl_nlmsg_build_hdr(nl_batch_add(&b->b, room, label), type, b->table->family,
				     flags | NLM_F_ACK, 0);
}

static struct nlmsghdr *start(struct nft_batch *b, uint16_t type, uint16_t flags, const char *label)
{
	return start_long(b, type, flags, MESSAGE_MAX, label);
}

static void table_comment(struct nftnl_table *t, const char *comment)
{
	struct nftnl_udata_buf *u = nftnl_udata_buf_alloc(NFTNL_UDATA_COMMENT_MAXLEN + 8);

	nftnl_udata_put_strz(u, NFTNL_UDATA_TABLE_COMMENT, comment);
	nftnl_table_set_data(t, NFTNL_TABLE_USERDATA, nftnl_udata_buf_data(u),
			     nftnl_udata_buf_len(u));
	nftnl_udata_buf_free(u);
}

void nft_batch_table_with(struct nft_batch *b, uint32_t flags, const char *comment,
			  const char *label)
{
	struct nftnl_table *t = nftnl_table_alloc();
	struct nlmsghdr *nlh = start(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL, label);

	nftnl_table_set_str(t, NFTNL_TABLE_NAME, b->table->name);
	nftnl_table_set_u32(t, NFTNL_TABLE_FLAGS, flags);
	if (comment)
		table_comment(t, comment);
	nftnl_table_nlmsg_build_payload(nlh, t);
	nftnl_table_free(t);
}

void nft_batch_table(struct nft_batch *b, const char *label)
{
	nft_batch_table_with(b, 0, NULL, label);
}

void nft_batch_delete_table(struct nft_batch *b, const char *label)
{
	struct nftnl_table *t = nftnl_table_alloc();
	struct nlmsghdr *nlh = start(b, NFT_MSG_DELTABLE, 0, label);

	nftnl_table_set_str(t, NFTNL_TABLE_NAME, b->table->name);
	nftnl_table_nlmsg_build_payload(nlh, t);
	nftnl_table_free(t);
}

static void chain_append(struct nft_batch *b, struct nftnl_chain *c, const char *name,
			 const char *label)
{
	struct nlmsghdr *nlh = start(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, label);

	nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, b->table->name);
	nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
	nftnl_chain_nlmsg_build_payload(nlh, c);
	nftnl_chain_free(c);
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
	struct nlmsghdr *nlh = start(b, NFT_MSG_NEWOBJ, NLM_F_CREATE | NLM_F_EXCL, label);

	nftnl_obj_set_str(o, NFTNL_OBJ_TABLE, b->table->name);
	nftnl_obj_set_str(o, NFTNL_OBJ_NAME, name);
	nftnl_obj_set_u32(o, NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
	nftnl_obj_set_u64(o, NFTNL_OBJ_CTR_PKTS, 0);
	nftnl_obj_set_u64(o, NFTNL_OBJ_CTR_BYTES, 0);
	nftnl_obj_nlmsg_build_payload(nlh, o);
	nftnl_obj_free(o);
}

void nft_batch_set(struct nft_batch *b, struct nftnl_set *s, const char *label)
{
	struct nlmsghdr *nlh = start(b, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL, label);

	nftnl_set_nlmsg_build_payload(nlh, s);
}

/* Bytes that a message with all elements of @s may take, at most LIST_MAX. */
static size_t elements_room(struct nftnl_set *s)
{
	struct nftnl_set_elems_iter *it = nftnl_set_elems_iter_create(s);
	size_t room = ELEMENT_MAX;

	while (room < LIST_MAX && nftnl_set_elems_iter_next(it))
		room += ELEMENT_MAX;
	nftnl_set_elems_iter_destroy(it);
	return room;
}

static void elements_append(struct nft_batch *b, struct nftnl_set *s, uint16_t type, uint16_t flags,
			    const char *label)
{
	struct nftnl_set_elems_iter *it = nftnl_set_elems_iter_create(s);
	bool more = nftnl_set_elems_iter_cur(it) != NULL;
	size_t room = elements_room(s);

	while (more) {
		struct nlmsghdr *nlh = start_long(b, type, flags, room, label);

		/* 1 when it stopped because the message is full */
		more = nftnl_set_elems_nlmsg_build_payload_iter(nlh, it) > 0;
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
	struct nlmsghdr *nlh = start(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, label);
	char text[4096];

	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, b->table->name);
	nftnl_rule_set_u32(r, NFTNL_RULE_FAMILY, b->table->family);
	nftnl_rule_nlmsg_build_payload(nlh, r);
	if (log_level >= 3 &&
	    nftnl_rule_snprintf(text, sizeof(text), r, NFTNL_OUTPUT_DEFAULT, 0) > 0)
		log_debug("%s:\n%s", label, text);
	nftnl_rule_free(r);
}

uint8_t *nft_batch_bytes(struct nft_batch *b, size_t *len)
{
	*len = nl_batch_len(&b->b);
	return b->b.bytes;
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

static int refuse(const struct nl_batch *b, size_t i, const struct nl_answer *a, struct err *e)
{
	const struct nlmsghdr *nlh = nl_batch_message(b, i);
	const char *label = b->messages[i].label;
	const char *expr = a->off ? expression_at(nlh, a->off) : NULL;

	if (a->error == EPERM)
		return err_env(e,
			       "%s: no permission to load rules in this network namespace (needs "
			       "CAP_NET_ADMIN in its user namespace)",
			       label);
	if (expr && (a->error == ENOENT || a->error == EOPNOTSUPP))
		return err_env(e, "%s: this kernel lacks the nftables expression '%s' (%s)", label,
			       expr, expression_option(expr));
	if ((nlh->nlmsg_type & 0xff) == NFT_MSG_NEWCHAIN && a->error == ENOENT)
		return err_env(e,
			       "%s: this kernel lacks this chain type (CONFIG_NF_TABLES_IPV4, "
			       "CONFIG_NFT_NAT)",
			       label);
	if (a->error == EOPNOTSUPP || a->error == EAFNOSUPPORT)
		return err_env(e, "%s: this kernel lacks what it needs: %s%s%s", label,
			       strerror(a->error), a->text[0] ? ": " : "", a->text);
	return err_set(e, "%s: refused by the kernel: %s%s%s%s%s", label, strerror(a->error),
		       a->text[0] ? ": " : "", a->text, expr ? ", at expression " : "",
		       expr ? expr : "");
}

/* The message to blame: the first in order that was refused. */
struct blame {
	size_t message; /* SIZE_MAX = none */
	struct nl_answer answer;
};

static bool blame(void *arg, size_t i, const struct nl_answer *a)
{
	struct blame *blamed = arg;

	if (i < blamed->message)
		*blamed = (struct blame){i, *a};
	return i != 0; /* the begin mark: all was thrown away */
}

int nft_batch_commit(struct nft *n, struct nft_batch *batch, struct err *e)
{
	struct nl_batch *b = &batch->b;
	struct blame blamed = {.message = SIZE_MAX};
	size_t missing;

	n->refusal = 0;
	batch_mark(batch, NFNL_MSG_BATCH_END, "the transaction's end");
	nl_batch_number(n->nl, b);
	if (nl_batch_send(n->nl, b, 0, b->n) < 0)
		return err_set(e, "nftables: cannot send %zu messages (%zu bytes): %s", b->n,
			       b->len, strerror(errno));
	if (nl_batch_answers(n->nl, b, 0, b->n, blame, &blamed, &missing) < 0 &&
	    blamed.message == SIZE_MAX)
		return err_set(e, "nftables: %zu of %zu messages not acknowledged: %s", missing,
			       b->n - 2, strerror(errno));
	if (blamed.message == SIZE_MAX)
		return 0;
	n->refusal = blamed.answer.error;
	return refuse(b, blamed.message, &blamed.answer, e);
}

int nft_refusal(const struct nft *n)
{
	return n->refusal;
}

uint32_t nft_port(const struct nft *n)
{
	struct sockaddr_nl a = {0};
	socklen_t len = sizeof(a);

	getsockname(nl_fd(n->nl), (struct sockaddr *)&a, &len);
	return a.nl_pid;
}

/* ---- asking ---- */

int nft_request(struct nft *n, struct nlmsghdr *req, mnl_cb_t cb, void *arg, const char *what,
		struct err *e)
{
	int rc = MNL_CB_OK;

	req->nlmsg_seq = nl_sequence(n->nl, 1);
	if (send(nl_fd(n->nl), req, req->nlmsg_len, 0) < 0)
		return err_set(e, "nftables: cannot ask for %s: %s", what, strerror(errno));
	while (rc > MNL_CB_STOP) {
		ssize_t got = recv(nl_fd(n->nl), n->buf, sizeof(n->buf), 0);

		if (got < 0)
			return err_set(e, "nftables: no answer for %s: %s", what, strerror(errno));
		rc = mnl_cb_run(n->buf, (size_t)got, req->nlmsg_seq, 0, cb, arg);
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

bool nft_counter(struct nft *n, const struct nft_table *t, const char *name, uint64_t *packets,
		 uint64_t *bytes)
{
	struct nftnl_obj *o = nftnl_obj_alloc();
	char buf[1024] = {0};
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr(buf, NFT_MSG_GETOBJ, t->family, NLM_F_ACK, 0);
	struct counted c = {0};

	nftnl_obj_set_str(o, NFTNL_OBJ_TABLE, t->name);
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

struct nftnl_set *nft_set_handle(const struct nft_table *t, const char *name)
{
	struct nftnl_set *s = nftnl_set_alloc();

	if (!s)
		xmalloc(SIZE_MAX / 2); /* ends the program with its one line */
	nftnl_set_set_str(s, NFTNL_SET_TABLE, t->name);
	nftnl_set_set_str(s, NFTNL_SET_NAME, name);
	nftnl_set_set_u32(s, NFTNL_SET_FAMILY, t->family);
	return s;
}

struct nftnl_set *nft_set_new(const struct nft_table *t, const char *name, uint32_t flags,
			      uint32_t key_type, uint32_t key_len)
{
	static uint32_t id; /* only has to differ within a batch */
	struct nftnl_set *s = nft_set_handle(t, name);

	nftnl_set_set_u32(s, NFTNL_SET_ID, ++id);
	nftnl_set_set_u32(s, NFTNL_SET_FLAGS, flags);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, key_type);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, key_len);
	return s;
}

static int elements_cb(const struct nlmsghdr *nlh, void *arg)
{
	return nftnl_set_elems_nlmsg_parse(nlh, arg) < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

int nft_set_elements(struct nft *n, struct nftnl_set *s, struct err *e)
{
	char buf[1024] = {0};
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr(
		buf, NFT_MSG_GETSETELEM, (uint16_t)nftnl_set_get_u32(s, NFTNL_SET_FAMILY),
		NLM_F_DUMP, 0);

	nftnl_set_elems_nlmsg_build_payload(nlh, s);
	return nft_request(n, nlh, elements_cb, s, nftnl_set_get_str(s, NFTNL_SET_NAME), e);
}
