// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * call_pstn.c - calls to the telephone network
 *
 * Model. The client speaks L1 to L4 with the PSTN gateway's server (Ehlert and Petgang, section
 * 5.2.3: 195.215.8.140 and 212.72.49.155, only when a telephone number is called). Media then runs
 * over UDP with the gateway's port 12340: the first four bytes are the same in all packets of a
 * call and direction, the fifth differs (Bonfiglio et al. 2007). Where UDP gets no answer the media
 * goes over the TCP connection, in records. The gateway's side is in pstn_gateway.c.
 *
 * Limits. Sizes and pacing are those of calls between clients.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/skype/call_pstn.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_server_login.h"
#include "replay/skype/flow_log.h"
#include "replay/skype/login_message.h"
#include "replay/skype/message.h"
#include "replay/skype/server.h"

#define UDP_WAIT_S 3.0

struct pstn_call {
	struct sc *c;
	struct peer_timer tick, end;
	struct endpoint to;
	double seconds;
	uint64_t start_ns, talk_ns;
	uint32_t tag;
	uint8_t count;
	uint32_t flow; /* of the media, when @talks */
	bool tcp, talks;
	uint64_t received;
	long outcome;
};

/* The flow of media over UDP. */
static uint32_t media_flow(const struct pstn_call *p)
{
	struct sc *c = p->c;

	return flow_log_open(c->o, &c->opener, IPPROTO_UDP, &c->udp.local, &p->to,
			     "pstn media (model 2013-14)");
}

/* Media goes both ways on this flow now. */
static void talk_on(struct pstn_call *p, uint32_t flow)
{
	flow_log_call(p->c->o, flow, true);
	p->flow = flow;
	p->talks = true;
}

static void pstn_finish(struct pstn_call *p, enum outcome_result result, const char *path)
{
	struct sc *c = p->c;
	struct overlay_outcome *out = &c->o->outcomes[p->outcome];

	out->result = result;
	out->sn = p->to;
	snprintf(out->path, sizeof(out->path), "%s", path);
	out->seconds = (double)(peer_now(c->o) - p->start_ns) / 1e9;
	pstn_free(c);
}

static void pstn_over(void *arg)
{
	struct pstn_call *p = arg;
	struct sc *c = p->c;

	if (p->received || p->tcp)
		pstn_finish(p, OUTCOME_IN, p->tcp ? "pstn tcp" : "pstn udp");
	else
		pstn_finish(p, OUTCOME_GAVE_UP, "pstn no way");
	c->action_ended(c);
}

static void pstn_tick(void *arg)
{
	struct pstn_call *p = arg;
	struct sc *c = p->c;
	size_t size = dist_draw(&c->v->call.media, &c->rng);
	uint8_t out[DATAGRAM_MAX];

	if (size < 8)
		size = 8;
	if (!p->received && peer_now(c->o) - p->talk_ns > (uint64_t)(UDP_WAIT_S * 1e9))
		p->tcp = true;
	if (p->tcp && c->login.pstn.conn) {
		if (!p->talks && c->login.pstn.conn->flow >= 0)
			talk_on(p, (uint32_t)c->login.pstn.conn->flow);
		conn_send(c->login.pstn.conn, "media", out,
			  login_data(out, RECORD_HEAD + size, c->login.pstn.key, &c->rng));
	} else if (!p->tcp) {
		rng_fill(&c->rng, out, size);
		memcpy(out, &p->tag, 4);
		out[4] = p->count++;
		udp_sock_send(&c->udp, &p->to, media_flow(p), false, "media", out, size);
	}
	peer_timer_after(c->o, &p->tick, dist_draw(&c->v->call.gap_ms, &c->rng) / 1000.0, pstn_tick,
			 p);
}

/* The conversation with the gateway's server is through, or has failed. */
static void server_ended(struct server_login *t, enum login_result result)
{
	struct sc *c = t->sc;
	struct pstn_call *p = c->calls.pstn;

	if (!p)
		return;
	if (result == LOGIN_RESULT_NOWHERE) {
		pstn_finish(p, OUTCOME_GAVE_UP, "pstn no way");
		c->action_ended(c);
		return;
	}
	p->talk_ns = peer_now(c->o);
	peer_timer_after(c->o, &p->end, p->seconds, pstn_over, p);
	pstn_tick(p);
}

bool pstn_media(struct sc *c, const struct endpoint *from)
{
	if (!c->calls.pstn || !endpoint_eq(from, &c->calls.pstn->to))
		return false;
	if (!c->calls.pstn->received++)
		talk_on(c->calls.pstn, media_flow(c->calls.pstn));
	return true;
}

int pstn_start(struct sc *c, const char *number, double seconds)
{
	struct server *s = server_find(c->o, ROLE_SKYPEOUT, 0);
	struct overlay_outcome *out;
	struct pstn_call *p;

	if (!s || c->state != SC_CONNECTED || !c->login.authed || c->calls.pstn)
		return -1;
	out = outcome_add(c->o, OUTCOME_CALL, c->name, c->v->name, ++c->calls.count);
	snprintf(out->callee, sizeof(out->callee), "%s", number);
	p = c->calls.pstn = xcalloc(1, sizeof(*p));
	p->c = c;
	p->outcome = outcome_last(c->o);
	p->to = (struct endpoint){s->spec.ip, PORT_MEDIA};
	p->seconds = seconds;
	p->start_ns = peer_now(c->o);
	p->tag = rng_u32(&c->rng);
	server_login_start(c, &c->login.pstn, ROLE_SKYPEOUT, server_ended);
	return 0;
}

void pstn_free(struct sc *c)
{
	if (!c->calls.pstn)
		return;
	if (c->calls.pstn->talks)
		flow_log_call(c->o, c->calls.pstn->flow, false);
	peer_timer_cancel(&c->calls.pstn->tick);
	peer_timer_cancel(&c->calls.pstn->end);
	free(c->calls.pstn);
	c->calls.pstn = NULL;
}
