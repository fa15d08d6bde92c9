// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * call_pstn.c - calls to the telephone network
 *
 * Model. The client speaks L1 to L4 with the PSTN gateway's server (Ehlert and Petgang, section
 * 5.2.3: 195.215.8.140 and 212.72.49.155, only when a telephone number is called), then media runs
 * over UDP with the gateway's port 12340: the first four bytes are the same in all packets of a
 * call and direction, the fifth differs (Bonfiglio et al. 2007). Where UDP gets no answer the media
 * goes over the TCP connection, in records.
 *
 * Limits. Sizes and pacing are those of calls between clients.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/skype/call.h"
#include "replay/skype/login_server.h"

#define UDP_WAIT_S 3.0

struct pstn_call {
	struct sc *c;
	struct ptimer tick, end;
	struct endpoint to;
	double seconds;
	uint64_t start_ns, talk_ns;
	uint32_t tag;
	uint8_t count;
	bool tcp;
	uint64_t received;
	long outcome;
};

static void pstn_finish(struct pstn_call *p, enum outcome_result result, const char *path)
{
	struct sc *c = p->c;
	struct overlay_outcome *out = &c->o->outcomes[p->outcome];

	out->result = result;
	out->sn = p->to;
	snprintf(out->path, sizeof(out->path), "%s", path);
	out->seconds = (double)(overlay_now(c->o) - p->start_ns) / 1e9;
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
	script_next(c);
}

static void pstn_tick(void *arg)
{
	struct pstn_call *p = arg;
	struct sc *c = p->c;
	size_t size = dist_draw(&c->v->call.media, &c->rng);
	uint8_t out[DATAGRAM_MAX];

	if (size < 8)
		size = 8;
	if (!p->received && overlay_now(c->o) - p->talk_ns > (uint64_t)(UDP_WAIT_S * 1e9))
		p->tcp = true;
	if (p->tcp && c->pstn.conn) {
		conn_send(c->pstn.conn, "media", out, login_data(out, c->pstn.key, size, &c->rng));
	} else if (!p->tcp) {
		rng_fill(&c->rng, out, size);
		memcpy(out, &p->tag, 4);
		out[4] = p->count++;
		usock_send(&c->udp, &p->to,
			   sc_flow(c, IPPROTO_UDP, &c->udp.local, &p->to,
				   "pstn media (model 2013-14)"),
			   false, "media", out, size);
	}
	ptimer_after(c->o, &p->tick, dist_draw(&c->v->call.gap_ms, &c->rng) / 1000.0, pstn_tick, p);
}

/* The conversation with the server is through (or has failed). */
void pstn_ready(struct sc *c, bool ok)
{
	struct pstn_call *p = c->pstn_call;

	if (!p)
		return;
	if (!ok) {
		pstn_finish(p, OUTCOME_GAVE_UP, "pstn no way");
		script_next(c);
		return;
	}
	p->talk_ns = overlay_now(c->o);
	ptimer_after(c->o, &p->end, p->seconds, pstn_over, p);
	pstn_tick(p);
}

bool pstn_media(struct sc *c, const struct endpoint *from)
{
	if (!c->pstn_call || !endpoint_eq(from, &c->pstn_call->to))
		return false;
	c->pstn_call->received++;
	return true;
}

int call_pstn(struct sc *c, const char *number, double seconds)
{
	struct server *s = find_server(c->o, ROLE_SKYPEOUT, 0);
	struct overlay_outcome *out;
	struct pstn_call *p;

	if (!s || c->state != SC_CONNECTED || !c->authed || c->pstn_call)
		return -1;
	out = outcome_add(c->o);
	out->kind = OUTCOME_CALL;
	out->attempt = ++c->calls;
	snprintf(out->client, sizeof(out->client), "%s", c->name);
	snprintf(out->version, sizeof(out->version), "%s", c->v->name);
	snprintf(out->mode, sizeof(out->mode), "%s", number);
	snprintf(out->probe, sizeof(out->probe), "none");
	p = c->pstn_call = xcalloc(1, sizeof(*p));
	p->c = c;
	p->outcome = (long)c->o->outcome_count - 1;
	p->to = (struct endpoint){s->spec.ip, PORT_MEDIA};
	p->seconds = seconds;
	p->start_ns = overlay_now(c->o);
	p->tag = rng_u32(&c->rng);
	sc_errand(c, &c->pstn, FOR_PSTN);
	return 0;
}

void pstn_free(struct sc *c)
{
	if (!c->pstn_call)
		return;
	ptimer_cancel(&c->pstn_call->tick);
	ptimer_cancel(&c->pstn_call->end);
	free(c->pstn_call);
	c->pstn_call = NULL;
}

/* --- gateway ------------------------------------------------------------------------------ */

void pstn_datagram(void *owner, const struct endpoint *from, const uint8_t *p, size_t n, long flow)
{
	struct server *s = owner;
	uint8_t out[DATAGRAM_MAX];

	if (flow < 0 || n < 8 || n > sizeof(out))
		return;
	rng_fill(&s->rng, out, n);
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)~p[i]; /* constant in this direction as well */
	out[4] = p[4];
	usock_send_later(&s->media, s->rtt_s, from, (uint32_t)flow, true, "media", out, n);
}
