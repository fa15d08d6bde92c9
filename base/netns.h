/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_NETNS_H
#define BASE_NETNS_H

#include "base/err.h"

/* Network namespaces are file descriptors. -1 stands for "the one this thread is in". */

/* Moves the calling thread into @netns and returns a descriptor of where it was, or -1 with @e
 * set. Pass the result to netns_leave(). */
int netns_enter(int netns, struct err *e);
void netns_leave(int previous);
/* socket(2) inside @netns; SOCK_CLOEXEC | SOCK_NONBLOCK are added. -1 with @e set. */
int netns_socket(int netns, int domain, int type, int protocol, struct err *e);

#endif
