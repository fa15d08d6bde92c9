// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_session.c - what a client sends once it has a super node
 *
 * Model. The version's session list says which requests follow: name, size, how many hosts, when,
 * how often (a table of the capture SkypeIRC.cap for the clients of 2006). Each entry runs on its
 * own: it asks so many hosts of the cache, spread over a time, and begins again after its period.
 * A request that is not answered is repeated by sc_udp.c. The connection to the super node is kept
 * alive by small requests.
 *
 * Limits. Which hosts are asked is drawn, not computed from a directory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "replay/skype/client.h"

static void keepalive(void *arg)
{
	struct sc *c = arg;
	uint8_t out[64];

	if (!c->sn)
		return;
	conn_send(c->sn, "ping", out, sc_record(c->sn, out, 13, REC_PING, false));
	ptimer_after(c->o, &c->keepalive, c->v->tcp.keepalive * (0.7 + 0.6 * rng_unit(&c->rng)),
		     keepalive, c);
}

enum pick { PICK_USEFUL, PICK_LISTED, PICK_ANY };

static bool fits(const struct host *h, enum pick pick)
{
	if (h->ep.port == PORT_LS || h->state == HOST_FAILED)
		return false;
	return pick == PICK_ANY || (pick == PICK_LISTED && h->listed) ||
	       (pick == PICK_USEFUL && h->useful);
}

/* Publications, list and look-up requests go to nodes that answered a search, the others to nodes
 * from other nodes' lists, as long as there are such. */
static int session_host(struct sc *c, unsigned command)
{
	bool known = command == CMD_PUBLISH || command == CMD_LIST || command == CMD_LOOKUP;

	for (enum pick pick = known ? PICK_USEFUL : PICK_LISTED; pick <= PICK_ANY; pick++)
		for (size_t k = 0; k < c->host_count; k++) {
			size_t i = c->next_session_host[pick]++ % c->host_count;

			if (fits(&c->hosts[i], pick))
				return (int)i;
		}
	return -1;
}

static void run_fill(struct vocab_run *r);

static void answered(struct request *q, unsigned command, const uint8_t *body, size_t n)
{
	struct sc *c = q->sc;
	const struct vocab *v = q->vocab;
	struct vocab_run *run = q->run;
	unsigned left = q->left;

	if (command == CMD_NAT_REPLY && n >= ADDR_BYTES) {
		memcpy(c->public_ip.b, body, 4);
		c->public_ip.family = 4;
		c->public_port = get_be16(body + 4);
	}
	if (command == CMD_SEARCH_REPLY && q->host >= 0)
		c->hosts[q->host].useful = true;
	if (command == CMD_PEERS_REPLY)
		sc_learn_list(c, body, n);
	if (command && left && v) {
		struct request *next =
			sc_request(c, &q->to, q->host, v->command, dist_draw(&v->size, &c->rng),
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

static void run_one(struct vocab_run *r)
{
	struct sc *c = r->sc;
	const struct vocab *v = r->vocab;
	int host = session_host(c, v->command);
	uint8_t out[256];
	struct request *q;

	r->left--;
	if (v->command == CMD_NONE) {
		size_t size = dist_draw(&v->size, &c->rng);

		conn_send(c->sn, v->request, out,
			  sc_record(c->sn, out, size < 200 ? size : 200,
				    size == 13 ? REC_PING : REC_ASK, false));
	} else if (host >= 0 && v->command == CMD_PROBE) {
		if (c->hosts[host].state != HOST_NEGATIVE)
			sc_probe(c, (size_t)host);
	} else if (host >= 0) {
		q = sc_request(c, &c->hosts[host].ep, host, v->command,
			       dist_draw(&v->size, &c->rng), v->request, NULL, 0, answered);
		if (q) {
			q->left = v->repeat - 1;
			q->vocab = v;
			q->run = v->window ? r : NULL;
			r->open++;
		}
	}
}

/* With a window: so many requests are open at once, the next goes out with an answer. */
static void run_fill(struct vocab_run *r)
{
	while (r->left && r->open < r->vocab->window && r->sc->sn)
		run_one(r);
}

static void run_step(void *arg)
{
	struct vocab_run *r = arg;
	struct sc *c = r->sc;
	const struct vocab *v = r->vocab;

	if (!c->sn)
		return;
	if (!r->left) {
		r->left = dist_draw(&v->hosts, &c->rng);
		r->open = 0;
		if (v->command == CMD_PUBLISH)
			c->publish_draw = rng_u64(&c->rng);
	}
	if (v->window)
		run_fill(r);
	else if (r->left)
		run_one(r);
	if (r->left && !v->window)
		ptimer_after(c->o, &r->t, v->spread_s * rng_unit(&c->rng) / 2, run_step, r);
	else if (v->every_s > 0)
		ptimer_after(c->o, &r->t, v->every_s * (0.9 + 0.2 * rng_unit(&c->rng)), run_step,
			     r);
}

void sc_session_start(struct sc *c)
{
	if (!c->runs)
		c->runs = xcalloc(c->v->vocab_count + 1, sizeof(*c->runs));
	ptimer_after(c->o, &c->keepalive, c->v->tcp.keepalive, keepalive, c);
	c->connections++;
	buddies_session(c);
	for (unsigned i = 0; i < c->v->vocab_count; i++) {
		struct vocab_run *r = &c->runs[i];

		r->sc = c;
		r->vocab = &c->v->vocab[i];
		if (r->vocab->when == (c->connections == 1 ? WHEN_AGAIN : WHEN_FIRST))
			continue;
		r->left = r->open = 0;
		ptimer_after(c->o, &r->t, r->vocab->at_s, run_step, r);
	}
}

void sc_session_stop(struct sc *c)
{
	ptimer_cancel(&c->keepalive);
	ptimer_cancel(&c->buddy_timer);
	for (size_t i = 0; i < REQUESTS_MAX; i++)
		c->requests[i].run = NULL;
	for (unsigned i = 0; c->runs && i < c->v->vocab_count; i++)
		ptimer_cancel(&c->runs[i].t);
}

void sc_ask_hosts(struct sc *c, unsigned count, unsigned command, size_t size, const char *name)
{
	c->publish_draw = rng_u64(&c->rng);
	for (unsigned i = 0; i < count && c->state == SC_CONNECTED; i++) {
		int host = session_host(c, command);

		if (host >= 0)
			sc_request(c, &c->hosts[host].ep, host, command, size, name, NULL, 0, NULL);
	}
}

void sc_search(struct sc *c)
{
	sc_ask_hosts(c, 3, CMD_SEARCH, 47, "search");
}

void sc_contacts(struct sc *c)
{
	struct server *s = find_server(c->o, ROLE_EVENT, 0);

	if (!s || c->state != SC_CONNECTED)
		return;
	sc_request(c, &s->udp.local, -1, CMD_EVENT, 27, "event", NULL, 0, NULL);
	sc_errand(c, &c->event, FOR_EVENT);
}

void sc_presence(struct sc *c)
{
	sc_ask_hosts(c, 6, CMD_PUBLISH, 346, "publish");
}
