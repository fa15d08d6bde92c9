/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_NETLINK_H
#define LAB_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A netlink socket of one namespace with a queue of labelled requests (see netlink.c). */
struct nl;

/* @protocol NETLINK_ROUTE or NETLINK_NETFILTER; @netns -1 = where the thread is. @where names the
 * node in messages (copied). NULL with @e set. */
struct nl *nl_open(int netns, int protocol, const char *where, struct err *e);
void nl_close(struct nl *n); /* NULL is allowed; queued messages are dropped */
int nl_fd(const struct nl *n);

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
