// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_udp.c - the client's datagrams: requests, retransmissions, the probe U1-U4
 *
 * Model. Every new request takes the next id (+2, whoever it goes to; SkypeIRC.cap and the paper's
 * figure 2) and is encrypted with both addresses as the client knows them. A client that does not
 * know its public address yet uses 0.0.0.0, so the receiver's check fails and it answers U2, from
 * which the client learns the address; it sends the request again as U3. From then on U1 is
 * answered at once: the partial probe.
 *
 * Probes come in rounds of one, then after a second more at once, then a pause; a negative answer
 * is followed at once by the next host. A host that answered negatively is not asked again in the
 * session. Requests after the login are sent again, with the same id and check sum and a new IV.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "replay/skype/call.h"
#include "replay/skype/client.h"

const char *host_reason(struct sc *c, const struct endpoint *to)
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

static void put_on_wire(struct request *q)
{
	struct sc *c = q->sc;
	uint8_t out[DATAGRAM_MAX];
	size_t n = datagram_payload(out, q->id, &c->public_ip, &q->to.ip, &q->plain, &c->rng);

	usock_send(&c->udp, &q->to, q->flow, false, q->name, out, n);
}

static void request_end(struct request *q, unsigned command, const uint8_t *body, size_t n)
{
	ptimer_cancel(&q->t);
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
	put_on_wire(q);
	ptimer_after(q->sc->o, &q->t, q->tries < u->retry_count ? u->retry[q->tries] : 4.0,
		     request_timer, q);
}

struct request *sc_request(struct sc *c, const struct endpoint *to, int host, unsigned command,
			   size_t size, const char *name, const void *body, size_t body_len,
			   void (*reply)(struct request *, unsigned, const uint8_t *, size_t))
{
	struct request *q = NULL;

	for (size_t i = 0; i < REQUESTS_MAX && !q; i++)
		if (!c->requests[i].used)
			q = &c->requests[i];
	if (!q || c->udp.fd < 0)
		return NULL;
	q->sc = c;
	q->used = true;
	q->refused = false;
	q->id = sc_id(c, command == CMD_PUBLISH ? 1 : 2);
	q->command = command;
	q->tries = 0;
	q->host = host;
	q->to = *to;
	q->reply = reply;
	q->left = 0;
	q->vocab = NULL;
	q->run = NULL;
	snprintf(q->name, sizeof(q->name), "%s", name);
	q->flow = sc_flow(c, IPPROTO_UDP, &c->udp.local, to, host_reason(c, to));
	if (command == CMD_PUBLISH) {
		struct rng same;

		rng_init(&same, c->publish_draw, "publish");
		plain_make(&q->plain, command, 0, size, body, body_len, &same);
	} else {
		plain_make(&q->plain, command, (uint16_t)(q->id - 1), size, body, body_len,
			   &c->rng);
	}
	put_on_wire(q);
	ptimer_after(c->o, &q->t, c->v->udp.retry_count ? c->v->udp.retry[0] : 4.0, request_timer,
		     q);
	return q;
}

void sc_requests_drop(struct sc *c)
{
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		ptimer_cancel(&c->requests[i].t);
		c->requests[i].used = false;
	}
}

static struct request *by_id(struct sc *c, const struct endpoint *from, uint16_t id)
{
	for (size_t i = 0; i < REQUESTS_MAX; i++) {
		struct request *q = &c->requests[i];

		if (q->used && q->id == id && endpoint_eq(&q->to, from))
			return q;
	}
	return NULL;
}

/* U2: the other side could not decrypt; it says which address it sees. */
static void refused(struct sc *c, struct request *q, const struct datagram *d)
{
	uint8_t out[DATAGRAM_MAX];
	size_t n;

	if (q->refused)
		return;
	c->public_ip = d->ip;
	q->refused = true;
	n = datagram_resend(out, q->id, d->challenge, &q->to.ip, &q->plain, &c->rng);
	usock_send(&c->udp, &q->to, q->flow, false, q->command == CMD_PROBE ? "U3" : "resend", out,
		   n);
}

void sc_datagram(void *owner, const struct endpoint *from, const uint8_t *p, size_t n, long flow)
{
	struct sc *c = owner;
	const uint8_t *body;
	struct datagram d;
	struct request *q;
	unsigned command;
	uint16_t reqid;
	size_t body_len;

	if (pstn_media(c, from) || !datagram_parse(p, n, &from->ip, &c->public_ip, &d))
		return;
	switch (d.fn) {
	case FN_NACK:
		if ((q = by_id(c, from, d.id)))
			refused(c, q, &d);
		break;
	case FN_ACK:
		if ((q = by_id(c, from, d.id)))
			request_end(q, CMD_PUBLISH, NULL, 0);
		break;
	case FN_FRAGMENT:
		if (n > 6 && p[5] & 0x80 && (q = by_id(c, from, get_be16(p + 3))))
			request_end(q, CMD_SEARCH_REPLY, NULL, 0);
		break;
	case FN_MEDIA:
		call_media(c, from, n);
		break;
	case FN_PAYLOAD:
	case FN_RESEND:
		if (!d.ok || !plain_parse(&d.plain, &command, &reqid, &body, &body_len))
			break;
		q = by_id(c, from, (uint16_t)(reqid + 1));
		if (q)
			request_end(q, command, body, body_len);
		else if (call_datagram(c, from, command, body, body_len, flow))
			break;
		else if (command == CMD_NAT_TEST)
			buddy_asked(c, from, reqid, flow);
		else if (command == CMD_VISIT)
			sc_visited(c, from, &d, flow);
		break;
	default:
		break;
	}
}

/* --- probes ------------------------------------------------------------------------------- */

static void probe_next(struct sc *c);

static void probe_answer(struct request *q, unsigned command, const uint8_t *body, size_t n)
{
	struct sc *c = q->sc;
	struct host *h = &c->hosts[q->host];

	if (!command)
		return;
	c->udp_alive = true;
	h->full = q->refused;
	if (command == CMD_ACCEPT) {
		h->state = HOST_POSITIVE;
		if (c->state == SC_SEARCHING)
			sc_tcp_try(c, (size_t)q->host);
	} else if (command == CMD_REFUSE) {
		h->state = HOST_NEGATIVE;
		sc_learn_list(c, body, n);
		if (c->state == SC_SEARCHING)
			probe_next(c);
	}
}

void sc_probe(struct sc *c, size_t host)
{
	struct host *h = &c->hosts[host];

	if (h->state == HOST_FRESH)
		h->state = HOST_ASKED;
	h->asked_ns = overlay_now(c->o);
	if (c->outcome >= 0)
		c->o->outcomes[c->outcome].probes++;
	sc_request(c, &h->ep, (int)host, CMD_PROBE, dist_draw(&c->v->udp.probe, &c->rng), "U1",
		   NULL, 0, probe_answer);
}

/* Next host not asked yet; when all were, those that were silent again. */
static void probe_next(struct sc *c)
{
	for (size_t k = 0; k < c->host_count; k++) {
		if (c->hosts[k].state == HOST_FRESH) {
			sc_probe(c, k);
			return;
		}
	}
	for (size_t k = 0; k < c->host_count; k++) {
		size_t i = c->next_host++ % c->host_count;

		if (c->hosts[i].state == HOST_ASKED &&
		    overlay_now(c->o) - c->hosts[i].asked_ns > 10 * NS_PER_SEC) {
			sc_probe(c, i);
			return;
		}
	}
}

static void probe_round(void *arg)
{
	struct sc *c = arg;
	uint32_t n = c->round_no % 2 ? dist_draw(&c->v->udp.round, &c->rng) : 1;

	for (uint32_t i = 0; i < n; i++)
		probe_next(c);
	ptimer_after(c->o, &c->round,
		     (c->round_no % 2 ? c->v->udp.round_pause : c->v->udp.round_gap) +
			     0.02 * rng_unit(&c->rng),
		     probe_round, c);
	c->round_no++;
}

static void out_of_patience(void *arg)
{
	struct sc *c = arg;

	if (c->state == SC_SEARCHING && !c->udp_alive)
		sc_tcp_start(c);
}

void sc_probe_start(struct sc *c)
{
	c->round_no = 0;
	ptimer_after(c->o, &c->patience, c->v->udp.patience, out_of_patience, c);
	probe_round(c);
}

void sc_probe_stop(struct sc *c)
{
	ptimer_cancel(&c->round);
	ptimer_cancel(&c->patience);
}
