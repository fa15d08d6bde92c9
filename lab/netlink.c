// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * netlink.c - netlink requests in batches, every one of them acknowledged
 *
 * Requests are queued with a label each and sent many to a datagram. The kernel works through a
 * datagram in order and answers each request with an acknowledgement or an error; the answers are
 * matched by sequence number, so an error names the request it belongs to, and a short count is an
 * error too (receive time limit), never a hang. Extended acknowledgements give the kernel's own
 * words.
 *
 * Limits: a chunk of CHUNK requests is in flight at a time, because an unprivileged process cannot
 * raise its receive buffer and each answer takes about a kilobyte of it. For rtnetlink a failed
 * request does not undo those before it: the caller throws the namespace away.
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
#include "lab/netlink.h"

#define CHUNK	   100
#define LABEL_LEN  72
#define ANSWER_BUF 65536

struct pending {
	size_t offset;
	char label[LABEL_LEN];
};

struct nl {
	int fd;
	char where[32];
	uint32_t seq;	     /* of the first pending request */
	char *buf;	     /* (owned) requests, each aligned */
	size_t len, size;    /* finished bytes, allocated bytes */
	struct pending *req; /* (owned) */
	size_t n, max;
};

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
	/* Old kernels lack these; then messages only say less. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
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
	free(n->buf);
	free(n->req);
	free(n);
}

int nl_fd(const struct nl *n)
{
	return n->fd;
}

/* Takes the length of the last request into account: its attributes were added after nl_add(). */
static void nl_settle(struct nl *n)
{
	struct nlmsghdr *h;

	if (!n->n)
		return;
	h = (struct nlmsghdr *)(n->buf + n->req[n->n - 1].offset);
	n->len = n->req[n->n - 1].offset + MNL_ALIGN(h->nlmsg_len);
}

struct nlmsghdr *nl_add(struct nl *n, uint16_t type, uint16_t flags, const char *label, ...)
{
	struct nlmsghdr *h;
	va_list ap;

	nl_settle(n);
	if (n->len + NL_MESSAGE_MAX > n->size) {
		n->size = (n->len + NL_MESSAGE_MAX) * 2;
		n->buf = xrealloc(n->buf, n->size);
	}
	if (n->n == n->max) {
		n->max = n->max ? n->max * 2 : 32;
		n->req = xrealloc(n->req, n->max * sizeof(*n->req));
	}
	n->req[n->n].offset = n->len;
	va_start(ap, label);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): clang-tidy 14 loses va_start() */
	vsnprintf(n->req[n->n].label, LABEL_LEN, label, ap);
	va_end(ap);
	h = mnl_nlmsg_put_header(n->buf + n->len);
	h->nlmsg_type = type;
	h->nlmsg_flags = flags | NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = n->seq + (uint32_t)n->n;
	n->n++;
	return h;
}

/* The kernel's own words in an extended acknowledgement, or NULL. */
static const char *extack_text(const struct nlmsghdr *h)
{
	const struct nlmsgerr *x = mnl_nlmsg_get_payload(h);
	size_t skip = sizeof(*x);
	const struct nlattr *a;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += x->msg.nlmsg_len - sizeof(x->msg);
	mnl_attr_for_each (a, h, skip)
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG)
			return mnl_attr_get_str(a);
	return NULL;
}

static void nl_blame(const struct nl *n, const char *label, int code, const char *words,
		     struct err *e)
{
	char text[512];

	snprintf(text, sizeof(text), "%s: %s: %s%s%s%s", n->where, label, strerror(code),
		 words ? " (" : "", words ? words : "", words ? ")" : "");
	if (!e->msg[0])
		err_env(e, "%s", text);
	else
		log_debug("%s", text);
}

/* Reads answers to requests [from, to). 0, or -1: a request failed or an answer is missing. */
static int nl_answers(struct nl *n, size_t from, size_t to, char *buf, struct err *e)
{
	size_t missing = to - from;
	int rc = 0;

	while (missing) {
		ssize_t got = recv(n->fd, buf, ANSWER_BUF, 0);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;
		int len = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_env(e, "%s: %s: %zu requests were not acknowledged: %s",
				       n->where, n->req[from].label, missing, strerror(errno));
		for (; mnl_nlmsg_ok(h, len); h = mnl_nlmsg_next(h, &len)) {
			const struct nlmsgerr *x = mnl_nlmsg_get_payload(h);
			size_t i = h->nlmsg_seq - n->seq;

			if (h->nlmsg_type != NLMSG_ERROR || i < from || i >= to)
				continue;
			missing--;
			if (x->error) {
				nl_blame(n, n->req[i].label, -x->error, extack_text(h), e);
				rc = -1;
			}
		}
	}
	return rc;
}

int nl_commit(struct nl *n, struct err *e)
{
	static char buf[ANSWER_BUF];
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct err first = {0};
	int rc = 0;

	nl_settle(n);
	for (size_t i = 0; i < n->n && !rc; i += CHUNK) {
		size_t to = i + CHUNK < n->n ? i + CHUNK : n->n;
		size_t end = to < n->n ? n->req[to].offset : n->len;
		size_t at = n->req[i].offset;

		if (sendto(n->fd, n->buf + at, end - at, 0, (struct sockaddr *)&kernel,
			   sizeof(kernel)) < 0)
			rc = err_env(&first, "%s: %s: cannot send to the kernel: %s", n->where,
				     n->req[i].label, strerror(errno));
		else
			rc = nl_answers(n, i, to, buf, &first);
	}
	n->seq += (uint32_t)n->n;
	n->n = 0;
	n->len = 0;
	if (rc && e)
		*e = first;
	return rc;
}
