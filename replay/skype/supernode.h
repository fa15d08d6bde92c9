/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SUPERNODE_H
#define REPLAY_SUPERNODE_H

#include "replay/skype/server.h"

/* Handlers of the roles ROLE_SN and ROLE_BOOTSTRAP, for struct server_ops. */
void supernode_datagram(void *server, const struct endpoint *from, const uint8_t *p, size_t n,
			long flow);
void supernode_accepted(struct listener *l, struct tcp_conn *c);

#endif
