// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * client_probe.c - the probe U1 to U4, by which a client looks for super nodes over UDP
 *
 * Model. U1 asks a host of the cache whether it takes the client. Full probe: a client that does
 * not know its public address gets U2, answers with U3 and gets U4 (client_request.c). Partial
 * probe: U1 is answered by U4 at once. U4 of 18 bytes is an invitation to come over TCP, a longer
 * one is a refusal with a list of other hosts.
 *
 * Probes come in rounds: one host, then after a second several at once, then a pause. A negative
 * answer is followed at once by the next host. Probes are not sent again; hosts that were silent
 * are asked anew when all others have been asked. A host that answered negatively is left alone for
 * the session.
 */
#include "replay/skype/client_hosts.h"
#include "replay/skype/client_outcome.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_probe.h"
#include "replay/skype/client_request.h"
#include "replay/skype/flow_log.h"

static void probe_next(struct sc *c);

static void probe_answer(struct request *q, unsigned command, const uint8_t *body, size_t n)
{
	struct sc *c = q->sc;
	struct cached_host *h = &c->hosts.at[q->host];

	if (!command)
		return;
	c->probing.udp_alive = true;
	h->full = q->refused;
	if (command == CMD_ACCEPT) {
		flow_log_event(c->o, q->flow, "probe-accepted");
		h->state = HOST_POSITIVE;
		if (c->state == SC_SEARCHING)
			c->probing.positive(c, (size_t)q->host);
	} else if (command == CMD_REFUSE) {
		h->state = HOST_NEGATIVE;
		hosts_learn_list(c, body, n);
		if (c->state == SC_SEARCHING)
			probe_next(c);
	}
}

void probing_send_u1(struct sc *c, size_t host)
{
	struct cached_host *h = &c->hosts.at[host];

	if (h->state == HOST_FRESH)
		h->state = HOST_ASKED;
	h->asked_ns = peer_now(c->o);
	if (outcome_login(c))
		outcome_login(c)->probes++;
	request_send(c, &h->ep, (int)host, CMD_PROBE, dist_draw(&c->v->udp.probe, &c->rng), "U1",
		     NULL, 0, probe_answer);
}

/* Next host not asked yet; when all were, those that were silent again. */
static void probe_next(struct sc *c)
{
	for (size_t k = 0; k < c->hosts.count; k++) {
		if (c->hosts.at[k].state == HOST_FRESH) {
			probing_send_u1(c, k);
			return;
		}
	}
	for (size_t k = 0; k < c->hosts.count; k++) {
		size_t i = c->hosts.next_probe++ % c->hosts.count;

		if (c->hosts.at[i].state == HOST_ASKED &&
		    peer_now(c->o) - c->hosts.at[i].asked_ns > 10 * NS_PER_SEC) {
			probing_send_u1(c, i);
			return;
		}
	}
}

static void probe_round(void *arg)
{
	struct sc *c = arg;
	uint32_t n = c->probing.round_no % 2 ? dist_draw(&c->v->udp.round, &c->rng) : 1;

	for (uint32_t i = 0; i < n; i++)
		probe_next(c);
	peer_timer_after(c->o, &c->probing.round,
			 (c->probing.round_no % 2 ? c->v->udp.round_pause : c->v->udp.round_gap) +
				 0.02 * rng_unit(&c->rng),
			 probe_round, c);
	c->probing.round_no++;
}

static void out_of_patience(void *arg)
{
	struct sc *c = arg;

	if (c->state == SC_SEARCHING && !c->probing.udp_alive)
		c->probing.silent(c);
}

void probing_start(struct sc *c)
{
	c->probing.round_no = 0;
	peer_timer_after(c->o, &c->probing.patience, c->v->udp.patience, out_of_patience, c);
	probe_round(c);
}

void probing_stop(struct sc *c)
{
	peer_timer_cancel(&c->probing.round);
	peer_timer_cancel(&c->probing.patience);
}
