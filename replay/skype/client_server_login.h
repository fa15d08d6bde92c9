/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_SERVER_LOGIN_H
#define REPLAY_CLIENT_SERVER_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "replay/skype/overlay.h"
#include "replay/skype/peer_timer.h"

/* L1 to L4 with a login server, or with another server that speaks it. */

struct sc;
struct tcp_conn;
struct server_login;

enum login_result {
	LOGIN_RESULT_WRONG, /* wrong password */
	LOGIN_RESULT_IN,
	LOGIN_RESULT_NOWHERE, /* no server could be reached */
};

typedef void server_login_ended_fn(struct server_login *t, enum login_result result);

/**
 * struct server_login - one such conversation, with its own way through servers and ports
 * @role:	ROLE_LS, ROLE_EVENT or ROLE_SKYPEOUT
 * @t:		Until the server counts as silent; after an answer, until the connection closes
 * @server:	How many servers were tried
 * @rung:	enum rung: the port that is tried
 * @relay:	The servers cannot be reached: a super node relays L3 and L4
 * @done:	It has its result
 * @to:		The server, also when a proxy is between
 * @key:	From L3, to read L4; before that, which super node relays
 * @further:	Messages of the server after L4
 * @ended:	Called with the result; may be NULL
 */
struct server_login {
	struct sc *sc;
	enum overlay_role role;
	struct tcp_conn *conn;
	struct peer_timer t;
	size_t server;
	int rung;
	bool relay, done;
	struct endpoint to;
	uint32_t key;
	unsigned further;
	server_login_ended_fn *ended;
};

/* Begins it anew, whatever it was doing. */
void server_login_start(struct sc *c, struct server_login *t, enum overlay_role role,
			server_login_ended_fn *ended);
void server_login_stop(struct server_login *t);

#endif
