// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_session.c - what a client sends once it has a super node
 *
 * Model. The version's session list says which requests follow: name, size, how many hosts, when,
 * how often (a table of the capture SkypeIRC.cap for the clients of 2006). Each entry runs on its
 * own: it asks so many hosts of the cache, spread over a time, and begins again after its period.
 * client_request.c repeats a request that is not answered. Small requests keep the connection to
 * the super node alive: when nothing has come from it for SILENT_LO_S to SILENT_HI_S after one, it is
 * taken for gone, as when a firewall has begun to drop the connection.
 *
 *   an entry is  entered when                                      left when
 *   waiting      the session starts, or a batch is done and it     its time comes: a batch is drawn
 *                repeats
 *   asking       a batch is drawn                                  the batch's last host was asked
 *
 * With a window, the next host of a batch is asked when an answer comes; without, by a timer.
 *
 * Limits. Which hosts are asked is drawn, not computed from a directory.
 */
#include <stdlib.h>

#include "replay/skype/client_contacts.h"
#include "replay/skype/client_hosts.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_probe.h"
#include "replay/skype/client_request.h"
#include "replay/skype/client_session.h"

/* One entry of the session list, running. */
struct vocab_run {
	struct sc *sc;
	const struct vocab *vocab;
	unsigned left, open; /* hosts still to be asked; without an answer yet */
	struct peer_timer t;
};

static void nothing_came(void *arg)
{
	struct sc *c = arg;

	/* A node that leaves by the script is noticed in its own time. */
	if (c->supernode.conn && !peer_timer_armed(&c->supernode.silent))
		c->session.gone(c);
}

static void expect_answer(struct sc *c)
{
	double wait = SILENT_LO_S + (SILENT_HI_S - SILENT_LO_S) * rng_unit(&c->session.patience);

	if (!peer_timer_armed(&c->session.unheard))
		peer_timer_after(c->o, &c->session.unheard, wait, nothing_came, c);
}

void client_session_heard(struct sc *c)
{
	peer_timer_cancel(&c->session.unheard);
	standing_heard(c);
}

static void ping(struct sc *c)
{
	uint8_t out[64];

	conn_send(c->supernode.conn, "ping", out,
		  connect_record(c->supernode.conn, out, 13, REC_PING, false));
	expect_answer(c);
}

void client_session_ask(struct sc *c)
{
	c->standing.ping_ns = peer_now(c->o);
	if (c->supernode.conn)
		ping(c);
}

static void keepalive(void *arg)
{
	struct sc *c = arg;

	if (!c->supernode.conn)
		return;
	ping(c);
	peer_timer_after(c->o, &c->session.keepalive,
			 c->v->tcp.keepalive * (0.7 + 0.6 * rng_unit(&c->rng)), keepalive, c);
}

static void run_fill(struct vocab_run *r);

static void answered(struct request *q, unsigned command, const uint8_t *body, size_t n)
{
	struct sc *c = q->sc;
	const struct vocab *v = q->vocab;
	struct vocab_run *run = q->run;
	unsigned left = q->left;

	if (command == CMD_NAT_REPLY && n >= ADDR_BYTES) {
		struct endpoint seen;

		get_address(body, &seen);
		c->public_ip = seen.ip;
		c->public_port = seen.port;
	}
	if (command == CMD_SEARCH_REPLY && q->host >= 0)
		c->hosts.at[q->host].useful = true;
	if (command == CMD_PEERS_REPLY)
		hosts_learn_list(c, body, n);
	if (command && left && v) {
		struct request *next =
			request_send(c, &q->to, q->host, v->command, dist_draw(&v->size, &c->rng),
				     v->request, NULL, 0, answered);

		if (next) {
			next->left = left - 1;
			next->vocab = v;
		}
	}
	if (run) {
		run->open--;
		run_fill(run);
	}
}

/* For some requests, another to the same node before the answer. */
static void ask_beside(struct sc *c, int host)
{
	if (c->v->udp.beside > 0 && rng_unit(&c->rng) < c->v->udp.beside)
		request_send(c, &c->hosts.at[host].ep, host, CMD_NAT_TEST, 18, "nat-test", NULL, 0,
			     answered);
}

static void run_one(struct vocab_run *r)
{
	struct sc *c = r->sc;
	const struct vocab *v = r->vocab;
	int host = hosts_pick(c, v->command);
	uint8_t out[256];
	struct request *q;

	r->left--;
	if (v->command == CMD_NONE) {
		size_t size = dist_draw(&v->size, &c->rng);

		conn_send(c->supernode.conn, v->request, out,
			  connect_record(c->supernode.conn, out, size < 200 ? size : 200,
					 size == 13 ? REC_PING : REC_ASK, false));
	} else if (host >= 0 && v->command == CMD_PROBE) {
		if (c->hosts.at[host].state != HOST_NEGATIVE)
			probing_send_u1(c, (size_t)host);
	} else if (host >= 0) {
		q = request_send(c, &c->hosts.at[host].ep, host, v->command,
				 dist_draw(&v->size, &c->rng), v->request, NULL, 0, answered);
		if (q) {
			q->left = v->repeat - 1;
			q->vocab = v;
			q->run = v->window ? r : NULL;
			r->open++;
			ask_beside(c, host);
		}
	}
}

/* With a window: so many requests are open at once, the next goes out with an answer. */
static void run_fill(struct vocab_run *r)
{
	while (r->left && r->open < r->vocab->window && r->sc->supernode.conn)
		run_one(r);
}

static void run_step(void *arg)
{
	struct vocab_run *r = arg;
	struct sc *c = r->sc;
	const struct vocab *v = r->vocab;

	if (!c->supernode.conn)
		return;
	if (!r->left) {
		r->left = dist_draw(&v->hosts, &c->rng);
		if (c->guest && r->left > 1)
			r->left = 1; /* it knows one node */
		r->open = 0;
		if (v->command == CMD_PUBLISH)
			c->requests.publish_draw = rng_u64(&c->rng);
	}
	if (v->window)
		run_fill(r);
	else if (r->left)
		run_one(r);
	if (r->left && !v->window)
		peer_timer_after(c->o, &r->t, v->spread_s * rng_unit(&c->rng) / 2, run_step, r);
	else if (v->every_s > 0)
		peer_timer_after(c->o, &r->t, v->every_s * (0.9 + 0.2 * rng_unit(&c->rng)),
				 run_step, r);
}

void client_session_start(struct sc *c)
{
	if (!c->session.runs)
		c->session.runs = xcalloc(c->v->vocab_count + 1, sizeof(*c->session.runs));
	peer_timer_after(c->o, &c->session.keepalive, c->v->tcp.keepalive, keepalive, c);
	c->session.connections++;
	contacts_ask_after(c);
	for (unsigned i = 0; i < c->v->vocab_count; i++) {
		struct vocab_run *r = &c->session.runs[i];

		r->sc = c;
		r->vocab = &c->v->vocab[i];
		if (r->vocab->when == (c->session.connections == 1 ? WHEN_AGAIN : WHEN_FIRST))
			continue;
		r->left = r->open = 0;
		peer_timer_after(c->o, &r->t, r->vocab->at_s, run_step, r);
	}
}

void client_session_stop(struct sc *c)
{
	peer_timer_cancel(&c->session.keepalive);
	peer_timer_cancel(&c->session.unheard);
	contacts_stop(c);
	for (size_t i = 0; i < REQUESTS_MAX; i++)
		c->requests.slot[i].run = NULL;
	for (unsigned i = 0; c->session.runs && i < c->v->vocab_count; i++)
		peer_timer_cancel(&c->session.runs[i].t);
}

void client_session_free(struct sc *c)
{
	free(c->session.runs);
	c->session.runs = NULL;
}

void client_session_search(struct sc *c)
{
	request_from_hosts(c, 3, CMD_SEARCH, 47, "search");
}

void client_session_presence(struct sc *c)
{
	request_from_hosts(c, 6, CMD_PUBLISH, 346, "publish");
}
