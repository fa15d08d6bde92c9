// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * supernode_visit.c - nodes that come to a client from outside
 *
 * Model. Some nodes that hear of a client come by on their own. A visit is a request of 19 to 21
 * bytes, which the client acknowledges with function 5, and then a TCP connection to the client's
 * own port that is closed after one exchange (SkypeIRC.cap: three such requests and two connections
 * in five minutes, `<29 >14 <12 >4`). Visits show whether a NAT or a firewall lets anything in.
 *
 * The visitor is a super node. It knows the client's public address and port from the publication
 * that the client sent. The visitor opens the flow. The client's side is in client_visited.c.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/skype/flow_log.h"
#include "replay/skype/message.h"
#include "replay/skype/overlay_private.h"
#include "replay/skype/supernode_visit.h"
#include "replay/skype/version.h"

#define VISIT_SIZE_LO 19
#define VISIT_SIZE_HI 21
#define VISITOR_WAITS 6.0

struct visit {
	struct visit *next, **prev;
	struct server *s;
	struct peer_timer t;
	struct endpoint to;
	struct flow_opener opener;
	char client[32], version[16];
	bool tcp;
};

static void visit_over(void *arg)
{
	conn_close(arg, false);
}

static void visitor_connected(struct tcp_conn *k)
{
	struct server *s = k->owner;
	uint8_t out[128];
	size_t pad = rng_range(&s->rng, 0, 58);

	peer_timer_after(k->o, &k->timer, VISITOR_WAITS, visit_over, k);
	conn_send_later(k, 0.01 + 0.03 * rng_unit(&s->rng), "visit", out,
			key_block(out, pad ? PAD_RANDOM : PAD_NONE, pad, false, &k->tx, &s->rng));
}

static void visitor_data(struct tcp_conn *k, const uint8_t *p, size_t n)
{
	struct server *s = k->owner;
	uint8_t out[64];
	size_t size;

	if (k->stage++ == 0 && key_block_parse(p, n, &k->rx)) {
		size = record_make(out, rng_range(&s->rng, 11, 12), REC_ASK, 1, NULL, 0, &s->rng);
		stream_apply(&k->tx, out, size);
		conn_send_later(k, 0.05 + 0.1 * rng_unit(&s->rng), "visit", out, size);
	} else {
		peer_timer_after(k->o, &k->timer, 0.05, visit_over, k);
	}
}

static const struct conn_ops visitor_ops = {.connected = visitor_connected, .data = visitor_data};

static void visit_free(struct visit *v)
{
	peer_timer_cancel(&v->t);
	*v->prev = v->next;
	if (v->next)
		v->next->prev = v->prev;
	free(v);
}

void visits_free(struct overlay *o)
{
	for (struct visit *v = o->visits, *next; v; v = next) {
		next = v->next;
		peer_timer_cancel(&v->t);
		free(v);
	}
	o->visits = NULL;
}

static void visit_go(void *arg)
{
	struct visit *v = arg;
	struct server *s = v->s;
	struct overlay *o = s->o;
	uint8_t out[DATAGRAM_MAX];
	struct endpoint local;
	struct tcp_conn *k;

	if (s->udp.fd < 0) {
		visit_free(v);
		return;
	}
	if (!v->tcp) {
		struct plain p;
		size_t size = rng_range(&s->rng, VISIT_SIZE_LO, VISIT_SIZE_HI);
		uint32_t flow;

		s->id = version_id_after(s->version, s->id, 2);
		plain_make(&p, CMD_VISIT, (uint16_t)(s->id - 1), size, NULL, 0, &s->rng);
		flow = flow_log_open(o, &v->opener, IPPROTO_UDP, &s->udp.local, &v->to,
				     "visit udp");
		/* the client may have opened it before */
		udp_sock_send(&s->udp, &v->to, flow,
			      endpoint_eq(&truth_flow_at(o->truth, flow)->tuple.dst, &s->udp.local),
			      "visit", out,
			      datagram_payload(out, s->id, &s->spec.ip, &v->to.ip, &p, &s->rng));
		v->tcp = true;
		peer_timer_after(o, &v->t, 0.13, visit_go, v);
		return;
	}
	local = (struct endpoint){s->spec.ip, (uint16_t)rng_range(&s->rng, 1025, 5000)};
	k = conn_open(o, s->spec.netns, &local, &v->to, VISITOR_WAITS, &visitor_ops, s);
	if (k)
		k->flow = (long)flow_log_open(o, &v->opener, IPPROTO_TCP, &local, &v->to,
					      "visit tcp");
	visit_free(v);
}

void visit_plan(struct server *publisher, const struct endpoint *client, long flow)
{
	struct overlay *o = publisher->o;
	const struct truth_flow *f = truth_flow_at(o->truth, (size_t)flow);
	struct server *s = NULL;
	struct visit *v;
	size_t start;

	/* the version's visits: percent of publications that bring one about */
	if (!publisher->version ||
	    rng_unit(&publisher->rng) >= publisher->version->login.visits / 100.0)
		return;
	start = rng_range(&publisher->rng, 0, (uint32_t)o->server_count - 1);
	for (size_t i = 0; i < o->server_count && !s; i++) {
		struct server *x = o->servers[(start + i) % o->server_count];

		if (x->spec.role == ROLE_SN && x->spec.mood != SN_GONE && x != publisher &&
		    !endpoint_eq(&x->udp.local, client))
			s = x;
	}
	if (!s)
		return;
	v = xcalloc(1, sizeof(*v));
	v->s = s;
	v->to = *client;
	snprintf(v->client, sizeof(v->client), "%s", f->client);
	snprintf(v->version, sizeof(v->version), "%s", f->version);
	v->opener = (struct flow_opener){s->node, v->client, v->version, f->client_ip};
	v->next = o->visits;
	v->prev = &o->visits;
	if (v->next)
		v->next->prev = &v->next;
	o->visits = v;
	peer_timer_after(o, &v->t, 1.5 + 12.0 * rng_unit(&s->rng), visit_go, v);
}
