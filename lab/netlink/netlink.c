// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * netlink.c - netlink requests in batches, every one of them acknowledged
 *
 * Requests are queued with a label each and sent many to a datagram. The kernel works through a
 * datagram in order and answers each request with an acknowledgement or an error. Answers are
 * matched by sequence number, so an error names the request it belongs to; a missing answer is an
 * error too (receive time limit), never a hang. Extended acknowledgements give the kernel's own
 * words and the attribute it refused.
 *
 * struct nl_batch is the queue alone: lab/nft/batch.c builds its transactions in one. nl_add() and
 * nl_commit() queue for rtnetlink.
 *
 * Limits: nl_commit() has CHUNK requests in flight at a time, because an unprivileged process
 * cannot raise its receive buffer and each answer takes about a kilobyte of it. For rtnetlink a
 * failed request does not undo those before it: the caller throws the namespace away.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/netns.h"
#include "lab/netlink/netlink.h"

#define CHUNK	   100
#define ANSWER_BUF 65536

struct nl {
	int fd;
	char where[32];
	uint32_t seq;	       /* of the next request */
	struct nl_batch queue; /* of nl_add() */
};

/* ---- sockets ---- */

struct nl *nl_open(int netns, int protocol, const char *where, struct err *e)
{
	struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	struct timeval limit = {.tv_sec = 10};
	struct nl *n;
	int home = -1, fd, one = 1;

	if (netns >= 0) {
		home = netns_enter(netns, e);
		if (home < 0)
			return NULL;
	}
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		err_env(e, "%s: no netlink socket: %s", where, strerror(errno));
	netns_leave(home);
	if (fd < 0)
		return NULL;
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0) {
		err_env(e, "%s: cannot bind a netlink socket: %s", where, strerror(errno));
		close(fd);
		return NULL;
	}
	/* Old kernels lack these; then error messages say less. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	if (protocol == NETLINK_ROUTE)
		setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	n = xcalloc(1, sizeof(*n));
	n->fd = fd;
	n->seq = 1;
	snprintf(n->where, sizeof(n->where), "%s", where);
	return n;
}

void nl_close(struct nl *n)
{
	if (!n)
		return;
	close(n->fd);
	nl_batch_free(&n->queue);
	free(n);
}

int nl_fd(const struct nl *n)
{
	return n->fd;
}

uint32_t nl_sequence(struct nl *n, size_t count)
{
	uint32_t first = n->seq;

	n->seq += (uint32_t)count;
	return first;
}

/* ---- batches ---- */

/* Counts in the last message, which its user has completed since nl_batch_add(). */
static void settle(struct nl_batch *b)
{
	if (b->n)
		b->len = b->messages[b->n - 1].at +
			 MNL_ALIGN(nl_batch_message(b, b->n - 1)->nlmsg_len);
}

void *nl_batch_add(struct nl_batch *b, size_t room, const char *label)
{
	settle(b);
	if (b->len + room > b->size) {
		size_t size = (b->len + room) * 2;

		b->bytes = xrealloc(b->bytes, size);
		memset(b->bytes + b->size, 0, size - b->size); /* what aligns is sent, too */
		b->size = size;
	}
	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 64;
		b->messages = xrealloc(b->messages, b->cap * sizeof(*b->messages));
	}
	b->messages[b->n++] = (struct nl_message){.at = b->len, .label = xstrdup(label)};
	return b->bytes + b->len;
}

size_t nl_batch_len(struct nl_batch *b)
{
	settle(b);
	return b->len;
}

struct nlmsghdr *nl_batch_message(const struct nl_batch *b, size_t i)
{
	return (struct nlmsghdr *)(b->bytes + b->messages[i].at);
}

static void batch_clear(struct nl_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->messages[i].label);
	b->n = 0;
	b->len = 0;
}

void nl_batch_free(struct nl_batch *b)
{
	batch_clear(b);
	free(b->messages);
	free(b->bytes);
	memset(b, 0, sizeof(*b));
}

void nl_batch_number(struct nl *n, struct nl_batch *b)
{
	settle(b);
	b->seq = nl_sequence(n, b->n);
	for (size_t i = 0; i < b->n; i++)
		nl_batch_message(b, i)->nlmsg_seq = b->seq + (uint32_t)i;
}

/* The kernel says of every message that it refuses it, asked or not, and in order: the acknowledgement of the last is
 * that of all. Each is a datagram of its own, which takes as long as a small request. */
static void acknowledge_last(struct nl_batch *b, size_t from, size_t to)
{
	bool later = false;

	for (size_t i = to; i-- > from;) {
		struct nlmsghdr *h = nl_batch_message(b, i);

		if (later)
			h->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
		later = later || h->nlmsg_flags & NLM_F_ACK;
	}
}

int nl_batch_send(struct nl *n, struct nl_batch *b, size_t from, size_t to)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	size_t at = b->messages[from].at, end = to < b->n ? b->messages[to].at : b->len;
	ssize_t sent;

	acknowledge_last(b, from, to);
	sent = sendto(n->fd, b->bytes + at, end - at, 0, (struct sockaddr *)&kernel,
		      sizeof(kernel));
	return sent < 0 ? -1 : 0;
}

static struct nl_answer answer_of(const struct nlmsghdr *h)
{
	const struct nlmsgerr *x = mnl_nlmsg_get_payload(h);
	struct nl_answer a = {.error = -x->error};
	size_t skip = sizeof(*x);
	const struct nlattr *attr;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return a;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += x->msg.nlmsg_len - sizeof(x->msg);
	mnl_attr_for_each (attr, h, skip) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS)
			a.off = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(a.text, sizeof(a.text), "%s", mnl_attr_get_str(attr));
	}
	return a;
}

int nl_batch_answers(struct nl *n, struct nl_batch *b, size_t from, size_t to, nl_refused_fn *fn,
		     void *arg, size_t *missing)
{
	static char buf[ANSWER_BUF];

	*missing = 0;
	for (size_t i = from; i < to; i++)
		*missing += (nl_batch_message(b, i)->nlmsg_flags & NLM_F_ACK) != 0;
	while (*missing) {
		ssize_t got = recv(n->fd, buf, sizeof(buf), 0);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;
		int len = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		for (; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len)) {
			size_t i = h->nlmsg_seq - b->seq;
			struct nl_answer a;

			if (h->nlmsg_type != NLMSG_ERROR || i < from || i >= to)
				continue; /* an answer to something older */
			a = answer_of(h);
			if (*missing && !b->messages[i].answered &&
			    nl_batch_message(b, i)->nlmsg_flags & NLM_F_ACK)
				--*missing;
			b->messages[i].answered = true;
			if (a.error && !fn(arg, i, &a))
				*missing = 0;
		}
	}
	return 0;
}

/* ---- rtnetlink ---- */

struct nlmsghdr *nl_add(struct nl *n, uint16_t type, uint16_t flags, const char *label, ...)
{
	char text[128];
	struct nlmsghdr *h;
	va_list ap;

	va_start(ap, label);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang-tidy 14 loses va_start() */
	vsnprintf(text, sizeof(text), label, ap);
	va_end(ap);
	h = mnl_nlmsg_put_header(nl_batch_add(&n->queue, NL_MESSAGE_MAX, text));
	h->nlmsg_type = type;
	h->nlmsg_flags = flags | NLM_F_REQUEST | NLM_F_ACK;
	return h;
}

struct refused {
	const struct nl *n;
	struct err first;
};

/* The first refusal is the error; later ones go to the debug log. */
static bool blame(void *arg, size_t i, const struct nl_answer *a)
{
	struct refused *r = arg;
	char text[512];

	snprintf(text, sizeof(text), "%s: %s: %s%s%s%s", r->n->where, r->n->queue.messages[i].label,
		 strerror(a->error), a->text[0] ? " (" : "", a->text, a->text[0] ? ")" : "");
	if (!r->first.msg[0])
		err_env(&r->first, "%s", text);
	else
		log_debug("%s", text);
	return true;
}

/* Sends requests [from, to) and reads their answers. 0, or -1 with @r->first set. */
static int commit_chunk(struct nl *n, size_t from, size_t to, struct refused *r)
{
	const char *label = n->queue.messages[from].label;
	size_t missing;

	if (nl_batch_send(n, &n->queue, from, to) < 0)
		return err_env(&r->first, "%s: %s: cannot send to the kernel: %s", n->where, label,
			       strerror(errno));
	if (nl_batch_answers(n, &n->queue, from, to, blame, r, &missing) < 0)
		return err_env(&r->first, "%s: %s: %zu requests were not acknowledged: %s",
			       n->where, label, missing, strerror(errno));
	return r->first.msg[0] ? -1 : 0;
}

int nl_commit(struct nl *n, struct err *e)
{
	struct refused r = {.n = n};
	int rc = 0;

	nl_batch_number(n, &n->queue);
	for (size_t i = 0; i < n->queue.n && !rc; i += CHUNK)
		rc = commit_chunk(n, i, i + CHUNK < n->queue.n ? i + CHUNK : n->queue.n, &r);
	batch_clear(&n->queue);
	if (rc && e)
		*e = r.first;
	return rc;
}
