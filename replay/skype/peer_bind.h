/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PEER_BIND_H
#define REPLAY_PEER_BIND_H

#include <sys/socket.h>

#include "base/addr.h"

/* bind() to an endpoint: 0, or -1 with errno. */
static inline int peer_bind(int fd, const struct endpoint *local)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(local, &ss);

	return bind(fd, (struct sockaddr *)&ss, len);
}

#endif
