/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_NETLINK_NETLINK_H
#define LAB_NETLINK_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A netlink socket of one namespace (see netlink.c). */
struct nl;

/* @protocol NETLINK_ROUTE or NETLINK_NETFILTER; @netns -1 = where the thread is. @where names the
 * node in messages (copied). NULL with @e set. */
struct nl *nl_open(int netns, int protocol, const char *where, struct err *e);
void nl_close(struct nl *n); /* NULL is allowed; queued messages are dropped */
int nl_fd(const struct nl *n);

/* The next @count sequence numbers; returns the first. */
uint32_t nl_sequence(struct nl *n, size_t count);

/* ---- batches ---- */

/**
 * struct nl_batch - labelled messages in a row; zero it first
 * @messages:	(owned, with their labels) @n of them
 * @seq:	Sequence number of the first, once numbered
 */
struct nl_batch {
	uint8_t *bytes; /* (owned) */
	size_t len, size;
	struct nl_message {
		size_t at; /* in bytes */
		char *label;
		bool answered;
	} * messages;
	size_t n, cap;
	uint32_t seq;
};

/* What the kernel says of one message. */
struct nl_answer {
	int error;	/* errno, positive; 0 = done */
	uint32_t off;	/* of the attribute that was refused, 0 = unknown */
	char text[160]; /* the kernel's words, may be empty */
};

/* Memory of @room bytes for the next message, which the caller fills in from its header on; valid
 * until the next call. @label says what it does, for messages. */
void *nl_batch_add(struct nl_batch *b, size_t room, const char *label);
struct nlmsghdr *nl_batch_message(const struct nl_batch *b, size_t i);
size_t nl_batch_len(struct nl_batch *b); /* bytes of all messages */
void nl_batch_free(struct nl_batch *b);

/* Gives the messages their sequence numbers: after the last nl_batch_add(), before sending. */
void nl_batch_number(struct nl *n, struct nl_batch *b);
/* Sends messages [from, to) as one datagram; the last that asks for an acknowledgement asks for all. 0, or -1 with errno. */
int nl_batch_send(struct nl *n, struct nl_batch *b, size_t from, size_t to);
/* Called for each message that is refused; false: wait for no more answers. */
typedef bool nl_refused_fn(void *arg, size_t i, const struct nl_answer *a);
/* Reads until each of [from, to) that asks for an acknowledgement has its answer. 0, or -1 with
 * errno: *@missing answers did not come. */
int nl_batch_answers(struct nl *n, struct nl_batch *b, size_t from, size_t to, nl_refused_fn *fn,
		     void *arg, size_t *missing);

/* ---- rtnetlink ---- */

/* Appends a request and returns its header; NLM_F_REQUEST | NLM_F_ACK are added, the sequence
 * number is set. The label says what it does, for messages: "add route 1.2.3.0/24". Fill the rest
 * with mnl_nlmsg_put_extra_header() and mnl_attr_put...(), at most NL_MESSAGE_MAX bytes in all; the
 * pointer is valid until the next call. */
#define NL_MESSAGE_MAX 4096
struct nlmsghdr *nl_add(struct nl *n, uint16_t type, uint16_t flags, const char *label, ...)
	__attribute__((format(printf, 4, 5)));
/* Sends the queue and reads until every request is acknowledged. 0, or -1 with @e set from the
 * first that failed: "node: label: reason (kernel's words)"; later errors go to the debug log.
 * ENOMEM, EPERM, EOPNOTSUPP and the like give EXIT_ENV. */
int nl_commit(struct nl *n, struct err *e);

#endif
