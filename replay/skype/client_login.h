/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_LOGIN_H
#define REPLAY_CLIENT_LOGIN_H

#include <stdbool.h>

#include "replay/skype/client_server_login.h"
#include "replay/skype/peer_timer.h"

/* The login once a super node is found. */

/**
 * struct login - the client's logins
 * @authed:	The password was right, or is cached
 * @wrong:	The server has said that the password is wrong
 * @account, @event, @pstn: With a login server, the event server, the PSTN gateway's server
 * @timer:	Until the login begins
 * @event_timer: Until the event server is sent a datagram
 */
struct login {
	bool authed, wrong;
	struct server_login account, event, pstn;
	struct peer_timer timer, event_timer;
};

/* A super node stands: logs in unless the client is in already. */
void login_start(struct sc *c);
void login_stop(struct sc *c);

#endif
