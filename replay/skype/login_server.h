/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_LOGIN_SERVER_H
#define REPLAY_LOGIN_SERVER_H

#include "replay/skype/server.h"

/* Handlers of the roles ROLE_LS, ROLE_EVENT and ROLE_SKYPEOUT, for struct server_ops. */
void login_server_datagram(void *server, const struct endpoint *from, const uint8_t *p, size_t n,
			   long flow);
void login_server_accepted(struct listener *l, struct tcp_conn *c);

/* Answers the L3 at @p on a connection of any server: a login server's, or that of a super node
 * that relays the login. Needs the server's ->version. */
void login_server_answer_l3(struct tcp_conn *c, const uint8_t *p, size_t n);

#endif
