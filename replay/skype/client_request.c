// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_request.c - the client's requests over UDP: ids, answers, retransmissions
 *
 * Model. Every new request takes the next id (+2, whoever it goes to; SkypeIRC.cap and the paper's
 * figure 2) and is encrypted with both addresses as the client knows them. A client that does not
 * know its public address yet uses 0.0.0.0. The receiver's check then fails, and it answers U2,
 * from which the client learns the address; it sends the request again as U3.
 *
 *   a request is  entered when               left when
 *   open          it is sent                 an answer arrives, or its last retransmission stays
 *                                            without one (a probe: its first sending)
 *   refused       U2 answers it, U3 is sent  the same; a second U2 is ignored
 *
 * Requests other than probes are sent again, with the same id and check sum and a new IV.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "replay/skype/client_hosts.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_request.h"
#include "replay/skype/server.h"

#define LAST_WAIT_S 4.0 /* for an answer, after the last retransmission */

uint16_t request_next_id(struct sc *c, unsigned step)
{
	uint16_t id = c->requests.next_id;

	c->requests.next_id = version_id_after(c->v, id, step);
	return id;
}

/* Words for the truth log: what kind of node is asked. */
static const char *reason_of(const struct sc *c, const struct endpoint *to)
{
	for (size_t i = 0; i < c->o->server_count; i++)
		if (endpoint_eq(&c->o->servers[i]->udp.local, to))
			switch (c->o->servers[i]->spec.role) {
			case ROLE_BOOTSTRAP:
				return "bootstrap udp";
			case ROLE_EVENT:
				return "event udp";
			default:
				return "sn udp";
			}
	return "peer udp";
}

/* What comes before the first request to a node, where the version has it. */
static void send_lead(struct request *q)
{
	struct sc *c = q->sc;
	const struct version_udp *u = &c->v->udp;
	uint8_t out[DATAGRAM_MAX];

	if (!u->lead.parts || truth_flow_at(c->o->truth, q->flow)->messages)
		return;
	for (unsigned i = 0; i < (u->lead_count ? u->lead_count : 1); i++)
		udp_sock_send(&c->udp, &q->to, q->flow, false, "lead", out,
			      datagram_noise(out, dist_draw(&u->lead, &c->rng), &c->rng));
}

static void send_request(struct request *q)
{
	struct sc *c = q->sc;
	uint8_t out[DATAGRAM_MAX];
	size_t n = datagram_payload(out, q->id, &c->public_ip, &q->to.ip, &q->plain, &c->rng);

	udp_sock_send(&c->udp, &q->to, q->flow, false, q->name, out, n);
}

static void request_end(struct request *q, unsigned command, const uint8_t *body, size_t n)
{
	peer_timer_cancel(&q->t);
	q->used = false;
	if (q->reply)
		q->reply(q, command, body, n);
}

static void request_timer(void *arg)
{
	struct request *q = arg;
	const struct version_udp *u = &q->sc->v->udp;

	/* Probes are not repeated (none of 22 in SkypeIRC.cap was); other requests are. */
	if (q->command == CMD_PROBE || q->tries >= u->retry_count) {
		request_end(q, 0, NULL, 0);
		return;
	}
	q->tries++;
	send_request(q);
	peer_timer_after(q->sc->o, &q->t,
			 q->tries < u->retry_count ? u->retry[q->tries] : LAST_WAIT_S,
			 request_timer, q);
}

struct request *request_send(struct sc *c, const struct endpoint *to, int host, unsigned command,
			     size_t size, const char *name, const void *body, size_t body_len,
			     request_reply_fn *reply)
{
	struct request *q = NULL;
	const char *reason;

	for (size_t i = 0; i < REQUESTS_MAX && !q; i++)
		if (!c->requests.slot[i].used)
			q = &c->requests.slot[i];
	if (!q || c->udp.fd < 0)
		return NULL;
	q->sc = c;
	q->used = true;
	q->refused = false;
	q->id = request_next_id(c, command == CMD_PUBLISH ? 1 : 2);
	q->command = command;
	q->tries = 0;
	q->host = host;
	q->to = *to;
	q->reply = reply;
	q->left = 0;
	q->vocab = NULL;
	q->run = NULL;
	snprintf(q->name, sizeof(q->name), "%s", name);
	reason = reason_of(c, to);
	q->flow = flow_log_open(c->o, &c->opener, IPPROTO_UDP, &c->udp.local, to, reason);
	if (!strcmp(reason, "sn udp"))
		flow_log_served(c->o, q->flow, &c->opener);
	if (command == CMD_PUBLISH) {
		struct rng same;

		rng_init(&same, c->requests.publish_draw, "publish");
		plain_make(&q->plain, command, 0, size, body, body_len, &same);
	} else {
		plain_make(&q->plain, command, (uint16_t)(q->id - 1), size, body, body_len,
			   &c->rng);
	}
	send_lead(q);
	send_request(q);
	peer_timer_after(c->o, &q->t, c->v->udp.retry_count ? c->v->udp.retry[0] : LAST_WAIT_S,
			 request_timer, q);
	return q;
}

void request_from_hosts(struct sc *c, unsigned count, unsigned command, size_t size,
			const char *name)
{
	c->requests.publish_draw = rng_u64(&c->rng);
	for (unsigned i = 0; i < count && c->state == SC_CONNECTED; i++) {
		int host = hosts_pick(c, command);

		if (host >= 0)
			request_send(c, &c->hosts.at[host].ep, host, command, size, name, NULL, 0,
				     NULL);
	}
}

void requests_drop(struct sc *c)
{
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		peer_timer_cancel(&c->requests.slot[i].t);
		c->requests.slot[i].used = false;
	}
}

/* --- what arrives ------------------------------------------------------------------------- */

static struct request *by_id(struct sc *c, const struct endpoint *from, uint16_t id)
{
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		struct request *q = &c->requests.slot[i];

		if (q->used && q->id == id && endpoint_eq(&q->to, from))
			return q;
	}
	return NULL;
}

/* U3: the request again, now with the challenge of U2. Logged as "resend" when it is no probe. */
static void send_u3(struct request *q, uint32_t challenge)
{
	struct sc *c = q->sc;
	const char *name = q->command == CMD_PROBE ? "U3" : "resend";
	uint8_t out[DATAGRAM_MAX];
	size_t n = datagram_resend(out, q->id, challenge, &q->to.ip, &q->plain, &c->rng);

	if (c->v->udp.resend_after > 0) {
		udp_sock_send_later(&c->udp, c->v->udp.resend_after, &q->to, q->flow, false, name,
				    out, n);
		q->tries = c->v->udp.retry_count; /* it waits for its answer, and is not repeated */
		peer_timer_after(c->o, &q->t, c->v->udp.resend_after + LAST_WAIT_S, request_timer,
				 q);
	} else {
		udp_sock_send(&c->udp, &q->to, q->flow, false, name, out, n);
	}
}

void request_refused(struct sc *c, const struct endpoint *from, const struct skype_datagram *d)
{
	struct request *q = by_id(c, from, d->id);

	if (!q || q->refused)
		return;
	c->public_ip = d->ip;
	q->refused = true;
	send_u3(q, d->challenge);
}

void request_acknowledged(struct sc *c, const struct endpoint *from, uint16_t id, unsigned command)
{
	struct request *q = by_id(c, from, id);

	if (q)
		request_end(q, command, NULL, 0);
}

bool request_answered(struct sc *c, const struct endpoint *from, uint16_t reqid, unsigned command,
		      const uint8_t *body, size_t n)
{
	struct request *q = by_id(c, from, (uint16_t)(reqid + 1));

	if (q)
		request_end(q, command, body, n);
	return q;
}
