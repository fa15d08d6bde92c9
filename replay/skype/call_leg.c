// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * call_leg.c - the legs of a client's calls: their list, their signals, their end
 *
 * Model. A leg sends its signals on the client's SN connection, or on that with the other end. At
 * its end it stops its timers, closes its connection with the relay or the other end and writes its
 * outcome; when all legs that the script began are over, the script goes on.
 *
 *   state        entered when                              left when
 *   LEG_ASKING   a TCP connection with the other end is    it stands, or cannot be had; offline
 *                wanted (call_direct.c)
 *   LEG_INVITED  the caller has sent SIG_INVITE            SIG_ACCEPT arrives; refused; 30 s are
 *                                                          over
 *   LEG_RINGING  the callee has got SIG_INVITE             it picks up after 3 s; the caller ends
 *   LEG_PROBING  SIG_ACCEPT is sent or has arrived, and    the caller chooses the way (SIG_PATH)
 *                no TCP connection with the other end
 *                stands
 *   LEG_JOINING  the way is a relay                        the relay answers; no port of it does
 *   LEG_TALKING  the way is direct, over UDP or TCP, or    the caller hangs up (SIG_BYE)
 *                the relay has answered
 *   LEG_OVER     refused, offline, SIG_BYE, no way, or     (freed with the next call)
 *                hung up
 *
 * SIG_BYE ends a leg in every state.
 */
#include <stdio.h>
#include <stdlib.h>

#include "replay/skype/call.h"
#include "replay/skype/call_leg.h"
#include "replay/skype/client_private.h"
#include "replay/skype/client_request.h"
#include "replay/skype/flow_log.h"
#include "replay/skype/message.h"

#define LINK_S 2.0 /* grace for the other side to come up */

struct leg *leg_new(struct sc *c, const char *peer, uint32_t id, bool caller)
{
	struct leg *l = xcalloc(1, sizeof(*l));

	l->c = c;
	l->id = id;
	l->caller = caller;
	l->outcome = -1;
	snprintf(l->peer, sizeof(l->peer), "%s", peer);
	l->next = c->calls.legs;
	c->calls.legs = l;
	return l;
}

struct leg *leg_by_id(struct sc *c, uint32_t id)
{
	for (struct leg *l = c->calls.legs; l; l = l->next)
		if (l->id == id && l->state != LEG_OVER)
			return l;
	return NULL;
}

static void stop(struct leg *l)
{
	peer_timer_cancel(&l->t);
	peer_timer_cancel(&l->media);
	if (l->conn)
		conn_close(l->conn, false);
	l->conn = NULL;
}

void legs_free(struct sc *c, bool all)
{
	struct leg **p = &c->calls.legs;

	while (*p) {
		struct leg *l = *p;

		if (all || l->state == LEG_OVER) {
			*p = l->next;
			stop(l);
			free(l);
		} else {
			p = &l->next;
		}
	}
}

struct overlay_outcome *leg_outcome(const struct leg *l)
{
	return l->outcome < 0 ? NULL : &l->c->o->outcomes[l->outcome];
}

void leg_signal(const struct leg *l, enum call_signal_kind kind, const uint8_t *more, size_t n)
{
	struct sc *c = l->c;
	struct tcp_conn *on = l->direct_tcp ? l->conn : c->supernode.conn;
	struct call_signal signal = {.kind = kind, .id = l->id, .more = more, .n = n};
	uint8_t body[SIGNAL_MAX], out[SIGNAL_MAX + 96];
	size_t k, size;

	if (!on)
		return;
	snprintf(signal.to, sizeof(signal.to), "%s", l->peer);
	snprintf(signal.from, sizeof(signal.from), "%s", c->name);
	k = call_signal_make(body, &signal);
	size = k + 8 + rng_range(&c->rng, 20, 80);
	size = record_make(out, size, REC_CALL, request_next_id(c, 1), body, k, &c->rng);
	stream_apply(&on->tx, out, size);
	conn_send(on, "call-signal", out, size);
}

/* --- the end ------------------------------------------------------------------------------ */

/* Lets the script go on when all that it began is over. */
static void script_if_all_over(struct sc *c)
{
	if (!c->calls.scripted)
		return;
	for (struct leg *l = c->calls.legs; l; l = l->next)
		if (l->caller && l->state != LEG_OVER)
			return;
	c->calls.scripted = false;
	c->action_ended(c);
}

void leg_over(struct leg *l, enum outcome_result result, const char *path)
{
	struct sc *c = l->c;
	struct overlay_outcome *out = leg_outcome(l);

	if (l->state == LEG_OVER)
		return;
	if (l->state == LEG_TALKING)
		flow_log_call(c->o, l->flow, false);
	l->state = LEG_OVER;
	stop(l);
	if (out) {
		out->result = result;
		snprintf(out->path, sizeof(out->path), "%s", path);
		out->seconds = (double)(peer_now(c->o) - l->start_ns) / 1e9;
	}
	if (l->caller)
		script_if_all_over(c);
}

void leg_over_after_media(struct leg *l)
{
	static const char *const ways[] = {
		[WAY_NONE] = "no way",		 [WAY_DIRECT] = "udp direct",
		[WAY_UDP_RELAY] = "udp relayed", [WAY_TCP_RELAY] = "tcp relayed",
		[WAY_TCP_DIRECT] = "tcp direct",
	};

	leg_over(l, l->received ? OUTCOME_IN : OUTCOME_GAVE_UP,
		 l->way <= WAY_TCP_DIRECT ? ways[l->way] : ways[WAY_NONE]);
}

void leg_hang_up(struct leg *l)
{
	leg_signal(l, SIG_BYE, (const uint8_t *)"", 0);
	leg_over_after_media(l);
}

static void time_is_over(void *arg)
{
	leg_hang_up(arg);
}

void leg_hang_up_after(struct leg *l, double seconds)
{
	peer_timer_after(l->c->o, &l->t, seconds + LINK_S, time_is_over, l);
}
