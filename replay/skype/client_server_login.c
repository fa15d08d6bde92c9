// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_server_login.c - L1 to L4 with a login server, or another that speaks it
 *
 * Model. Login servers, the event server and the PSTN gateway's server speak it. The servers of the
 * role are tried one after the other, each on its own port, then 443, then 80, then through the
 * HTTP proxy where there is one. When none of them can be reached, L3 and L4 are exchanged with a
 * randomly chosen super node that relays them, on the same ladder of ports (Ehlert and Petgang,
 * section 5.2.3). The connection is closed 30 s after its last message (SkypeIRC.cap).
 *
 *   stage           entered when                      left when
 *   (none)          a place is chosen, SYN is sent    the connection stands; refused or silent: the
 *                                                     next place
 *   LOGIN_PROXY     CONNECT is sent to the proxy      the proxy says 200; any other answer, silence
 *                                                     or a close: the next place
 *   LOGIN_START     L1 is sent                        L2 arrives: L3 is sent
 *   LOGIN_HELLO     L3 is sent (to a relay: at once)  L4 arrives
 *   LOGIN_ANSWERED  L4 has arrived                    30 s after the last message: closed
 *
 * A right password ends the login with L4. A wrong one ends it two messages later, since the client
 * asks once more; the event and PSTN servers end it with L4.
 *
 * Limits. The relaying super node is asked on a new connection that carries L3 and L4 in clear: the
 * paper says what is seen, not how it gets there.
 */
#include <string.h>

#include "replay/skype/client_connect.h"
#include "replay/skype/client_hosts.h"
#include "replay/skype/client_outcome.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_server_login.h"
#include "replay/skype/login_message.h"
#include "replay/skype/server.h"

#define RELAY_TRIES 12 /* super nodes that are asked to relay */

static void next_place(struct server_login *t);

static bool with_account(const struct server_login *t)
{
	return t->role == ROLE_LS;
}

static bool wrong_password(const struct server_login *t)
{
	return with_account(t) && t->sc->mode == LOGIN_WRONG;
}

static void disconnect(void *arg)
{
	struct server_login *t = arg;

	if (t->conn)
		conn_close(t->conn, false);
	t->conn = NULL;
}

static void end(struct server_login *t, enum login_result result)
{
	t->done = true;
	if (t->ended)
		t->ended(t, result);
}

/* --- messages ----------------------------------------------------------------------------- */

static void send_l1(struct tcp_conn *k)
{
	const struct server_login *t = k->owner;
	uint8_t out[L1_SIZE];

	k->stage = LOGIN_START;
	/* SkypeIRC.cap: 8 to 11 ms where the password goes, no time to speak of elsewhere */
	conn_send_later(k, connect_think(t->sc->o, k) * (with_account(t) ? 11 : 1), "L1", out,
			login_l1(out));
}

static void send_l3(struct tcp_conn *k)
{
	struct server_login *t = k->owner;
	struct sc *c = t->sc;
	size_t blob = with_account(t) ? dist_draw(&c->v->login.blob, &c->rng)
				      : rng_range(&c->rng, 42, 45);
	uint8_t out[LOGIN_MAX];

	k->stage = LOGIN_HELLO;
	conn_send_later(k, connect_think(c->o, k), "L3", out,
			login_l3(out, c->name, wrong_password(t), blob, &t->key, &c->rng));
}

static void send_connect(struct tcp_conn *k)
{
	struct server_login *t = k->owner;
	uint8_t text[96];

	k->stage = LOGIN_PROXY;
	conn_send(k, "CONNECT", text, proxy_request(text, sizeof(text), &t->to));
}

/* What the client says after L4, when the server has sent @n bytes: nothing after a login, more
 * after a wrong password and to the event and PSTN servers. Sizes from SkypeIRC.cap. */
static void send_more(struct server_login *t, bool right, size_t n)
{
	struct sc *c = t->sc;
	uint8_t out[256];
	size_t size = 0;
	bool more = !with_account(t) || !right || rng_unit(&c->rng) < c->v->login.more;

	if (more && !t->further)
		size = with_account(t) ? 18 : 0; /* the other servers go on by themselves */
	else if (t->further == 1 && !with_account(t))
		size = n == 68 ? 25 : 31;
	else if (t->further == 1 && !right)
		size = 18; /* a wrong password: once more */
	t->further++;
	if (size)
		conn_send_later(t->conn, connect_think(c->o, t->conn), "L-data", out,
				login_data(out, size, t->key, &c->rng));
}

/* --- connection --------------------------------------------------------------------------- */

static void connected(struct tcp_conn *k)
{
	struct server_login *t = k->owner;

	if (t->rung == RUNG_PROXY && k->stage != LOGIN_PROXY) {
		send_connect(k);
		return;
	}
	k->cut = t->sc->v->tcp.cut;
	if (!t->relay)
		k->mask = (uint8_t)t->sc->v->login.mask;
	if (t->relay || t->sc->v->login.no_hello)
		send_l3(k);
	else
		send_l1(k);
}

static void silent(void *arg)
{
	struct server_login *t = arg;

	disconnect(t);
	t->rung++;
	next_place(t);
}

static void proxy_answered(struct tcp_conn *k, const uint8_t *p, size_t n)
{
	int answer = -1;

	if (n <= sizeof(k->in) - k->in_len) {
		memcpy(k->in + k->in_len, p, n);
		k->in_len += n;
		answer = proxy_answer(k->in, k->in_len);
	}
	if (answer > 0)
		connected(k);
	else if (answer < 0)
		silent(k->owner);
}

static void l4_arrived(struct tcp_conn *k, const uint8_t *p, size_t n)
{
	struct server_login *t = k->owner;
	int result = login_l4_result(p, n, t->key);

	if (result < 0)
		return;
	k->stage = LOGIN_ANSWERED;
	k->cut = 0; /* the server answers what comes from now on, piece by piece */
	send_more(t, result, n);
	if (!with_account(t) || result || t->relay)
		end(t, result ? LOGIN_RESULT_IN : LOGIN_RESULT_WRONG);
}

static void data(struct tcp_conn *k, const uint8_t *p, size_t n)
{
	struct server_login *t = k->owner;

	if (k->stage == LOGIN_PROXY) {
		proxy_answered(k, p, n);
		return;
	}
	peer_timer_after(t->sc->o, &t->t, t->sc->v->login.linger, disconnect, t);
	if (k->stage == LOGIN_START && login_is_l2(p, n)) {
		send_l3(k);
	} else if (k->stage == LOGIN_HELLO) {
		l4_arrived(k, p, n);
	} else {
		send_more(t, !wrong_password(t), n);
		if (wrong_password(t) && t->further > 2)
			end(t, LOGIN_RESULT_WRONG);
	}
}

static void closed(struct tcp_conn *k, int error)
{
	struct server_login *t = k->owner;

	(void)error;
	t->conn = NULL;
	peer_timer_cancel(&t->t);
	if (t->done || k->stage == LOGIN_ANSWERED)
		return;
	t->rung++;
	next_place(t);
}

static const struct conn_ops login_ops = {
	.connected = connected,
	.data = data,
	.closed = closed,
};

/* --- places ------------------------------------------------------------------------------- */

static bool may_relay(const struct sc *c, size_t host)
{
	return host != c->supernode.host && c->hosts.at[host].ep.port != PORT_LS;
}

/* A super node to relay the login, drawn anew after each ladder. False: there is none left. */
static bool pick_relay(struct server_login *t, struct endpoint *to)
{
	struct sc *c = t->sc;
	size_t n = 0, pick;

	if (t->server >= RELAY_TRIES)
		return false;
	for (size_t i = 0; i < c->hosts.count; i++)
		n += may_relay(c, i);
	if (!n)
		return false;
	if (t->rung == RUNG_OWN)
		t->key = rng_range(&c->rng, 0, (uint32_t)n - 1);
	pick = t->key;
	for (size_t i = 0; i < c->hosts.count; i++)
		if (may_relay(c, i) && pick-- == 0)
			*to = c->hosts.at[i].ep;
	return true;
}

/* Where to connect to next, and the reason for the truth log. False: nowhere. */
static bool pick_place(struct server_login *t, struct endpoint *to, const char **reason)
{
	const struct sc *c = t->sc;
	const struct server *s;

	if (t->rung >= RUNGS + (c->spec.proxy.port && !t->relay)) {
		t->rung = RUNG_OWN;
		t->server++;
	}
	if (!t->relay) {
		s = server_find(c->o, t->role, t->server);
		*reason = with_account(t)	  ? "login server"
			  : t->role == ROLE_EVENT ? "event server"
						  : "pstn server";
		if (s) {
			*to = s->udp.local;
		} else {
			t->relay = true;
			t->server = 0;
		}
	}
	if (t->relay) {
		*reason = "login relay";
		if (!pick_relay(t, to))
			return false;
	}
	t->to = *to;
	if (t->rung == RUNG_PROXY) {
		t->to.port = 443;
		*to = c->spec.proxy;
		*reason = "login proxy";
	} else {
		to->port = connect_port(t->rung, to->port);
	}
	return true;
}

static void retry(void *arg)
{
	next_place(arg);
}

static void next_place(struct server_login *t)
{
	struct sc *c = t->sc;
	const char *reason;
	struct endpoint to = {0};

	if (c->state != SC_CONNECTED || t->done)
		return;
	if (!pick_place(t, &to, &reason)) {
		end(t, LOGIN_RESULT_NOWHERE);
		return;
	}
	t->conn = connect_open(c, &to, reason, &login_ops, c->v->login.timeout);
	if (outcome_login(c))
		outcome_login(c)->connects++;
	if (t->conn) {
		t->conn->owner = t;
		peer_timer_after(c->o, &t->t, 2 * c->v->login.timeout, silent, t);
	} else {
		t->rung++;
		peer_timer_after(c->o, &t->t, 0.5, retry, t);
	}
}

void server_login_start(struct sc *c, struct server_login *t, enum overlay_role role,
			server_login_ended_fn *ended)
{
	disconnect(t);
	peer_timer_cancel(&t->t);
	t->sc = c;
	t->role = role;
	t->ended = ended;
	t->rung = RUNG_OWN;
	t->server = 0;
	t->relay = t->done = false;
	t->further = 0;
	next_place(t);
}

void server_login_stop(struct server_login *t)
{
	peer_timer_cancel(&t->t);
	disconnect(t);
}
