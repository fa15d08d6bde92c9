// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_login.c - the client's login, and its other servers
 *
 * Model. Once a super node stands, a manual login goes to a login server: L1 to L4, on 33033, then
 * 443, then 80, one server after the other; when none can be reached, L3 and L4 are exchanged with
 * a randomly chosen super node that relays them (Ehlert and Petgang, section 5.2.3). An automatic
 * login has its credentials and asks nobody. The connection is closed 30 s after its last message
 * (SkypeIRC.cap). The update check follows 1.0 to 1.3 s after the login server's SYN. The event
 * server (contacts) and the PSTN gateway's server speak the same language.
 *
 * Limits. The relaying super node is asked on a new connection that carries L3 and L4 in clear: the
 * paper says what is seen, not how it gets there.
 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "replay/skype/login_server.h"
#include "replay/skype/client.h"

#define RELAY_TRIES 12

static void errand_step(struct errand *t);
static const struct conn_ops errand_ops;

static enum overlay_role role_of(enum purpose p)
{
	return p == FOR_EVENT ? ROLE_EVENT : p == FOR_PSTN ? ROLE_SKYPEOUT : ROLE_LS;
}

static void errand_close(void *arg)
{
	struct errand *t = arg;

	if (t->conn)
		conn_close(t->conn, false);
	t->conn = NULL;
}

static void authenticated(struct errand *t, int result)
{
	struct sc *c = t->sc;

	t->done = true;
	if (t->purpose == FOR_PSTN)
		pstn_ready(c, true);
	if (t->purpose != FOR_LS || c->authed || c->wrong)
		return;
	if (c->outcome >= 0)
		snprintf(c->o->outcomes[c->outcome].login_by,
			 sizeof(c->o->outcomes[c->outcome].login_by), "%s",
			 t->relay ? "relay" : "ls");
	snprintf(c->way_login, sizeof(c->way_login), "%s", t->relay ? "L3 L4" : "L1 L2 L3 L4");
	c->authed = result == 1;
	c->wrong = result != 1;
	sc_done(c, result == 1 ? OUTCOME_IN : OUTCOME_REFUSED);
}

static void send_l3(struct errand *t)
{
	struct sc *c = t->sc;
	const struct version_login *v = &c->v->login;
	size_t blob =
		t->purpose == FOR_LS ? dist_draw(&v->blob, &c->rng) : rng_range(&c->rng, 42, 45);
	uint8_t out[1300];
	size_t n = login_l3(out, c->name, t->purpose == FOR_LS && c->mode == LOGIN_WRONG, blob,
			    &t->key, &c->rng);

	conn_send(t->conn, "L3", out, n);
}

static void errand_connected(struct conn *k)
{
	struct errand *t = k->owner;
	uint8_t out[8], text[96];

	if (t->rung == RUNG_PROXY && k->stage != LS_PROXY) {
		k->stage = LS_PROXY;
		conn_send(k, "CONNECT", text, sc_proxy_request(text, sizeof(text), &t->to));
		return;
	}
	k->stage = LS_START;
	if (t->relay) {
		k->stage = LS_HELLO;
		send_l3(t);
		return;
	}
	conn_send_later(k, k->rtt_s, "L1", out, login_l1(out));
}

/* What is said after L4: nothing after a login, more after a wrong password and with the event and
 * PSTN servers. Sizes from SkypeIRC.cap. */
static void errand_more(struct errand *t, int result, size_t n)
{
	struct sc *c = t->sc;
	uint8_t out[256];
	size_t size = 0;
	bool more = t->purpose != FOR_LS || result == 0 || rng_unit(&c->rng) < c->v->login.more;

	if (more && !t->further)
		size = t->purpose == FOR_LS ? 18 : 0; /* there the server goes on */
	else if (t->further == 1 && t->purpose != FOR_LS)
		size = n == 68 ? 25 : 31;
	else if (t->further == 1 && result == 0)
		size = 18; /* a wrong password: once more */
	t->further++;
	if (size)
		conn_send(t->conn, "L-data", out,
			  login_data(out, t->key, size - TLS_HEAD, &c->rng));
}

static void errand_silent(void *arg);

static void errand_data(struct conn *k, const uint8_t *p, size_t n)
{
	struct errand *t = k->owner;
	struct sc *c = t->sc;
	int result;

	if (k->stage == LS_PROXY) {
		uint8_t head[256];

		memcpy(head, p, n < sizeof(head) ? n : sizeof(head));
		result = sc_proxy_answer(head, n < sizeof(head) ? n : sizeof(head));
		if (result > 0)
			errand_connected(k);
		else if (result < 0)
			errand_silent(t);
		return;
	}
	ptimer_after(c->o, &t->t, c->v->login.linger, errand_close, t);
	if (k->stage == LS_START && login_is_l2(p, n)) {
		k->stage = LS_HELLO;
		send_l3(t);
	} else if (k->stage == LS_HELLO) {
		result = login_l4_result(p, n, t->key);
		if (result < 0)
			return;
		k->stage = LS_ANSWERED;
		errand_more(t, result, n);
		if (t->purpose != FOR_LS || result || t->relay)
			authenticated(t, result);
	} else {
		bool wrong = t->purpose == FOR_LS && c->mode == LOGIN_WRONG;

		errand_more(t, !wrong, n);
		if (wrong && t->further > 2)
			authenticated(t, 0);
	}
}

static void errand_closed(struct conn *k, int error)
{
	struct errand *t = k->owner;

	(void)error;
	t->conn = NULL;
	ptimer_cancel(&t->t);
	if (t->done || k->stage >= LS_ANSWERED)
		return;
	t->rung++;
	errand_step(t);
}

static void errand_silent(void *arg)
{
	struct errand *t = arg;

	errand_close(t);
	t->rung++;
	errand_step(t);
}

static void errand_retry(void *arg)
{
	errand_step(arg);
}

static const struct conn_ops errand_ops = {
	.connected = errand_connected,
	.data = errand_data,
	.closed = errand_closed,
};

/* Where to go next: a server of the role, or a super node that relays. False: nowhere. */
static bool next_place(struct errand *t, struct endpoint *to, const char **reason)
{
	struct sc *c = t->sc;
	struct server *s;

	if (t->rung >= RUNGS + (c->spec.proxy.port && !t->relay)) {
		t->rung = 0;
		t->server++;
	}
	if (!t->relay) {
		s = find_server(c->o, role_of(t->purpose), t->server);
		*reason = t->purpose == FOR_LS	    ? "login server"
			  : t->purpose == FOR_EVENT ? "event server"
						    : "pstn server";
		if (s) {
			*to = s->udp.local;
		} else {
			t->relay = true;
			t->server = 0;
		}
	}
	if (t->relay) {
		size_t n = 0, pick;

		*reason = "login relay";
		if (t->server >= RELAY_TRIES)
			return false;
		for (size_t i = 0; i < c->host_count; i++)
			n += i != c->sn_host && c->hosts[i].ep.port != PORT_LS;
		if (!n)
			return false;
		if (t->rung == 0)
			t->key = rng_range(&c->rng, 0, (uint32_t)n - 1); /* which one */
		pick = t->key;
		for (size_t i = 0; i < c->host_count; i++)
			if (i != c->sn_host && c->hosts[i].ep.port != PORT_LS && pick-- == 0)
				*to = c->hosts[i].ep;
	}
	t->to = *to;
	if (t->rung == RUNG_PROXY) {
		t->to.port = 443;
		*to = c->spec.proxy;
		*reason = "login proxy";
	} else if (t->rung) {
		to->port = t->rung == 1 ? 443 : 80;
	}
	return true;
}

static void errand_step(struct errand *t)
{
	struct sc *c = t->sc;
	const char *reason;
	struct endpoint to;

	if (c->state != SC_CONNECTED || t->done)
		return;
	if (!next_place(t, &to, &reason)) {
		t->done = true;
		if (t->purpose == FOR_LS)
			sc_done(c, OUTCOME_GAVE_UP);
		else if (t->purpose == FOR_PSTN)
			pstn_ready(c, false);
		return;
	}
	t->conn = sc_connect(c, &to, reason, &errand_ops, c->v->login.timeout);
	if (c->outcome >= 0)
		c->o->outcomes[c->outcome].connects++;
	if (t->conn) {
		t->conn->owner = t;
		t->conn->purpose = (int)t->purpose;
		ptimer_after(c->o, &t->t, 2 * c->v->login.timeout, errand_silent, t);
	} else {
		t->rung++;
		ptimer_after(c->o, &t->t, 0.5, errand_retry, t);
	}
}

static void errand_start(void *arg)
{
	struct errand *t = arg;

	t->syn_ns = overlay_now(t->sc->o);
	errand_step(t);
}

void sc_errand(struct sc *c, struct errand *t, enum purpose purpose)
{
	errand_close(t);
	ptimer_cancel(&t->t);
	t->sc = c;
	t->purpose = purpose;
	t->rung = 0;
	t->server = 0;
	t->relay = t->done = false;
	t->further = 0;
	errand_start(t);
}

/* --- update check ------------------------------------------------------------------------- */

static void web_connected(struct conn *k)
{
	struct sc *c = k->owner;
	const struct version_http *h = &c->v->http;
	const char *host = "ui.skype.com", *what = "getlatestversion";
	char text[600], agent[200] = "";
	uint64_t user = fnv1a(c->name, strlen(c->name));
	int n;

	if (h->agent && h->agent[0])
		snprintf(agent, sizeof(agent), "User-Agent: %s\r\n", h->agent);
	if (h->installed_first && c->fresh)
		what = "installed";
	n = snprintf(text, sizeof(text), "GET %s%s/ui/%u/%s/en/%s", h->absolute ? "http://" : "",
		     h->absolute ? host : "", h->platform, h->build, what);
	if (strcmp(what, "installed") != 0)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "?ver=%s&uhash=%016llx%016llx",
			      h->build, (unsigned long long)user,
			      (unsigned long long)(user * 0x9e3779b97f4a7c15ULL));
	if (h->absolute)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      " HTTP/1.1\r\nconnection: Keep-Alive\r\nhost: %s\r\n%s\r\n", host,
			      agent);
	else
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      " HTTP/1.1\r\n%sHost: %s\r\nCache-Control: no-cache\r\n\r\n", agent,
			      host);
	conn_send_later(k, k->rtt_s, "http-get", text, (size_t)n);
}

static void web_data(struct conn *k, const uint8_t *p, size_t n)
{
	(void)k;
	(void)p;
	(void)n;
}

static void web_closed(struct conn *k, int error)
{
	struct sc *c = k->owner;

	(void)error;
	c->web = NULL;
}

static const struct conn_ops web_ops = {
	.connected = web_connected,
	.data = web_data,
	.closed = web_closed,
};

static void web_start(void *arg)
{
	struct sc *c = arg;
	struct server *s = find_server(c->o, ROLE_UPDATE, 0);

	if (s && !c->web)
		c->web =
			sc_connect(c, &s->udp.local, "update check", &web_ops, c->v->login.timeout);
}

/* --- after the super node ----------------------------------------------------------------- */

static void event_udp(void *arg)
{
	struct sc *c = arg;
	struct server *s = find_server(c->o, ROLE_EVENT, 0);

	if (!s)
		return;
	sc_request(c, &s->udp.local, -1, CMD_EVENT, 27, "event", NULL, 0, NULL);
}

static void log_in_now(void *arg)
{
	struct sc *c = arg;

	ptimer_after(c->o, &c->web_timer, 1.0 + 0.3 * rng_unit(&c->rng), web_start, c);
	if (c->v->login.event_at > 0)
		ptimer_after(c->o, &c->event_timer, c->v->login.event_at, event_udp, c);
	if (c->mode == LOGIN_AUTOMATIC) {
		c->authed = true;
		return;
	}
	sc_errand(c, &c->login, FOR_LS);
}

void sc_authenticate(struct sc *c)
{
	if (c->outcome < 0)
		return; /* a change of the super node: the user stays logged in */
	if (c->mode == LOGIN_AUTOMATIC) {
		snprintf(c->o->outcomes[c->outcome].login_by,
			 sizeof(c->o->outcomes[c->outcome].login_by), "cached");
		sc_done(c, OUTCOME_IN);
	}
	ptimer_after(c->o, &c->login_timer,
		     0.5 + dist_draw(&c->v->login.delay_ms, &c->rng) / 1000.0, log_in_now, c);
}

void sc_login_stop(struct sc *c)
{
	struct errand *errands[] = {&c->login, &c->event, &c->pstn};

	ptimer_cancel(&c->login_timer);
	ptimer_cancel(&c->web_timer);
	ptimer_cancel(&c->event_timer);
	for (size_t i = 0; i < ARRAY_LEN(errands); i++) {
		ptimer_cancel(&errands[i]->t);
		errand_close(errands[i]);
	}
	if (c->web)
		conn_close(c->web, false);
	c->web = NULL;
}
