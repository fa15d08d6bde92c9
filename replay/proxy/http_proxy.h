/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_HTTP_PROXY_H
#define REPLAY_HTTP_PROXY_H

#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/truth.h"

/* An HTTP proxy of a site, which its hosts ask to connect them to others. It knows nothing of what
 * it carries. */
struct http_proxy;

#define HTTP_PROXY_PORT 3128 /* squid's */

/**
 * struct http_proxy_spec - where it is
 * @netns:	Namespace its sockets are opened in; -1 = the current one
 * @node:	Lab node's name, for the truth log (copied)
 * @ip:		Its own address there
 * @seed:	Of the source ports that it connects from
 */
struct http_proxy_spec {
	int netns;
	const char *node;
	struct ip ip;
	uint64_t seed;
};

/* Opens it at HTTP_PROXY_PORT. A flow that comes to it and is in @truth has its way onwards logged
 * as a flow of the proxy's that carries it. @loop and @truth must outlive it. NULL with @e set. */
struct http_proxy *http_proxy_open(const struct http_proxy_spec *spec, struct loop *loop,
				   struct truth_log *truth, struct err *e);
/* Closes every connection. NULL is fine. */
void http_proxy_free(struct http_proxy *p);

#endif
