// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_login.c - the client's login, once it has a super node
 *
 * Model. A manual login goes to a login server (client_server_login.c). An automatic login has its
 * credentials and asks nobody. The update check follows, and for some versions a datagram to the
 * event server. After a change of the super node the user stays logged in: nothing is sent.
 */
#include <stdio.h>

#include "replay/skype/client_login.h"
#include "replay/skype/client_outcome.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_request.h"
#include "replay/skype/client_server_login.h"
#include "replay/skype/client_standing.h"
#include "replay/skype/client_update.h"
#include "replay/skype/server.h"

static void account_ended(struct server_login *t, enum login_result result)
{
	struct sc *c = t->sc;

	if (result == LOGIN_RESULT_NOWHERE) {
		outcome_login_ended(c, OUTCOME_GAVE_UP);
		return;
	}
	if (c->login.authed || c->login.wrong)
		return;
	if (outcome_login(c))
		outcome_login(c)->login_by = t->relay ? LOGIN_BY_RELAY : LOGIN_BY_LS;
	snprintf(c->outcome.way_login, sizeof(c->outcome.way_login), "%s",
		 t->relay ? "L3 L4" : "L1 L2 L3 L4");
	c->login.authed = result == LOGIN_RESULT_IN;
	c->login.wrong = result == LOGIN_RESULT_WRONG;
	standing_now(c);
	outcome_login_ended(c, result == LOGIN_RESULT_IN ? OUTCOME_IN : OUTCOME_REFUSED);
}

static void tell_event_server(void *arg)
{
	struct sc *c = arg;
	const struct server *s = server_find(c->o, ROLE_EVENT, 0);

	if (s)
		request_send(c, &s->udp.local, NO_HOST, CMD_EVENT, 27, "event", NULL, 0, NULL);
}

static void log_in(void *arg)
{
	struct sc *c = arg;

	update_check_after(c, 1.0 + 0.3 * rng_unit(&c->rng));
	if (c->v->login.event_at > 0)
		peer_timer_after(c->o, &c->login.event_timer, c->v->login.event_at,
				 tell_event_server, c);
	if (c->mode == LOGIN_AUTOMATIC)
		c->login.authed = true;
	else
		server_login_start(c, &c->login.account, ROLE_LS, account_ended);
}

void login_start(struct sc *c)
{
	struct overlay_outcome *out = outcome_login(c);

	if (!out)
		return; /* a change of the super node */
	if (c->mode == LOGIN_AUTOMATIC) {
		out->login_by = LOGIN_BY_CACHED;
		outcome_login_ended(c, OUTCOME_IN);
	}
	peer_timer_after(c->o, &c->login.timer,
			 0.5 + dist_draw(&c->v->login.delay_ms, &c->rng) / 1000.0, log_in, c);
}

void login_stop(struct sc *c)
{
	peer_timer_cancel(&c->login.timer);
	peer_timer_cancel(&c->login.event_timer);
	server_login_stop(&c->login.account);
	server_login_stop(&c->login.event);
	server_login_stop(&c->login.pstn);
	update_check_stop(c);
}
