// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * call.c - calls: who rings whom
 *
 * Model. Call signals go through the super nodes: a record on the caller's SN connection, from
 * there to the SN of the callee (that part runs between SNs and is not seen by any client's
 * network), and down the callee's SN connection. Both ends tell where they are: their public
 * endpoint as a NAT test showed it, and their own. The callee answers after some ringing, or does
 * not, or is busy, or has blocked the caller. Then both look for a way for the media
 * (call_media.c). A call may go over one TCP connection between the two instead, signals and media
 * (call_direct.c). The caller hangs up after the time its script says; a conference of three is two
 * such calls of its host. The states of a call are listed in call_leg.c.
 *
 * Limits. The form of the signalling of 2006 is not known: sizes are our choice, and it is
 * encrypted. No detector rule of that time looks at it.
 */
#include <stdio.h>
#include <string.h>

#include "replay/skype/call.h"
#include "replay/skype/call_direct.h"
#include "replay/skype/call_leg.h"
#include "replay/skype/call_media.h"
#include "replay/skype/call_signal.h"
#include "replay/skype/client_private.h"
#include "replay/skype/message.h"

#define RING_S	    3.0	 /* until the callee picks up */
#define NO_ANSWER_S 30.0 /* until a caller gives up ringing */
#define LEGS_MAX    2

/* Writes where this end is: public endpoint, own endpoint, whether UDP works. Returns the size. */
static size_t own_endpoints(const struct sc *c, uint8_t *out)
{
	struct endpoint pub = {c->public_ip, c->public_port};

	put_address(out, &pub);
	put_address(out + ADDR_BYTES, &c->udp.local);
	out[2 * ADDR_BYTES] = c->probing.udp_alive && c->public_port;
	return 2 * ADDR_BYTES + 1;
}

static void peer_endpoints(struct leg *l, const uint8_t *p, size_t n)
{
	if (n < 2 * ADDR_BYTES + 1)
		return;
	get_address(p, &l->peer_pub);
	get_address(p + ADDR_BYTES, &l->peer_priv);
	l->peer_udp = p[2 * ADDR_BYTES];
}

/* --- calling ------------------------------------------------------------------------------ */

static void not_answered(void *arg)
{
	struct leg *l = arg;

	leg_signal(l, SIG_BYE, (const uint8_t *)"", 0);
	leg_over(l, OUTCOME_REFUSED, "not answered");
}

static void invite(struct leg *l)
{
	uint8_t more[16] = {0};
	size_t n = own_endpoints(l->c, more);

	l->state = LEG_INVITED;
	leg_signal(l, SIG_INVITE, more, n);
	peer_timer_after(l->c->o, &l->t, NO_ANSWER_S, not_answered, l);
}

static void call(struct sc *c, const char *to, double seconds, bool tcp)
{
	struct leg *l = leg_new(c, to, rng_u32(&c->rng), true);
	struct overlay_outcome *out =
		outcome_add(c->o, OUTCOME_CALL, c->name, c->v->name, ++c->calls.count);

	snprintf(out->callee, sizeof(out->callee), "%s", to);
	l->outcome = outcome_last(c->o);
	l->seconds = seconds;
	l->start_ns = peer_now(c->o);
	if (tcp || c->v->call.tcp)
		direct_search(l);
	else
		invite(l);
}

int call_start(struct sc *c, const char *to, const char *third, double seconds, bool tcp)
{
	if (c->state != SC_CONNECTED || !c->login.authed)
		return -1;
	legs_free(c, false);
	c->calls.scripted = true;
	call(c, to, seconds, tcp);
	if (third)
		call(c, third, seconds, tcp);
	return 0;
}

void call_end(struct sc *c)
{
	c->calls.scripted = false;
	for (struct leg *l = c->calls.legs; l; l = l->next)
		if (l->state != LEG_OVER)
			leg_hang_up(l);
}

void call_block(struct sc *c, const char *name)
{
	struct calls *k = &c->calls;

	if (k->blocked_count < BLOCKED_MAX)
		snprintf(k->blocked[k->blocked_count++], sizeof(k->blocked[0]), "%s", name);
}

void calls_init(struct sc *c)
{
	c->calls.answers = true;
	c->calls.signalled = call_signalled;
	c->calls.reached = invite;
}

void calls_free(struct sc *c)
{
	legs_free(c, true);
}

/* --- being called ------------------------------------------------------------------------- */

static void pick_up(void *arg)
{
	struct leg *l = arg;
	uint8_t more[16] = {0};
	size_t n = own_endpoints(l->c, more);

	leg_signal(l, SIG_ACCEPT, more, n);
	media_find_way(l);
}

static void refuse(struct leg *l, enum call_refusal why)
{
	uint8_t b = (uint8_t)why;

	leg_signal(l, SIG_REFUSE, &b, 1);
	leg_over(l, OUTCOME_REFUSED, "");
}

static void invited(struct sc *c, struct tcp_conn *over, const struct call_signal *s)
{
	struct calls *k = &c->calls;
	struct leg *l = leg_by_id(c, s->id);
	const char *from = s->from;
	size_t open = 0;

	for (const struct leg *x = k->legs; x; x = x->next)
		open += x != l && x->state != LEG_OVER;
	if (!l)
		l = leg_new(c, from, s->id, false);
	if (over) {
		l->conn = over;
		l->direct_tcp = true;
	}
	peer_endpoints(l, s->more, s->n);
	for (size_t i = 0; i < k->blocked_count; i++)
		if (!strcmp(k->blocked[i], from)) {
			refuse(l, BLOCKED);
			return;
		}
	if (c->calls.busy || open >= LEGS_MAX) {
		refuse(l, BUSY);
		return;
	}
	l->state = LEG_RINGING;
	if (c->calls.answers)
		peer_timer_after(c->o, &l->t, RING_S, pick_up, l);
}

void call_signalled(struct sc *c, struct tcp_conn *over, const uint8_t *body, size_t n)
{
	static const char *const refusals[] = {
		[NO_ANSWER] = "not answered", [BUSY] = "busy", [BLOCKED] = "blocked"};
	struct call_signal s;
	struct leg *l;

	if (c->asleep || !call_signal_parse(body, n, &s))
		return;
	if (s.kind == SIG_INVITE) {
		invited(c, over, &s);
		return;
	}
	l = leg_by_id(c, s.id);
	if (direct_signalled(c, l, &s) || !l)
		return;
	if (s.kind == SIG_ACCEPT && l->caller && l->state == LEG_INVITED) {
		peer_endpoints(l, s.more, s.n);
		media_find_way(l);
	} else if (s.kind == SIG_REFUSE && s.n && s.more[0] <= BLOCKED) {
		leg_over(l, OUTCOME_REFUSED, refusals[s.more[0]]);
	} else if (s.kind == SIG_OFFLINE) {
		leg_over(l, OUTCOME_REFUSED, "offline");
	} else if (s.kind == SIG_PATH && !l->caller && s.n >= 1 + ADDR_BYTES) {
		l->way = (enum way)s.more[0];
		get_address(s.more + 1, &l->relay);
		media_take_way(l);
	} else if (s.kind == SIG_BYE) {
		leg_over_after_media(l);
	}
}
