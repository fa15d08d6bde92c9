// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * call.c - calls: who rings whom, and how it ends
 *
 * Model. Call signalling goes through the super nodes: a record on the caller's SN connection, from
 * there to the SN of the callee (that leg runs between SNs and is not seen by any client's
 * network), and down the callee's SN connection. Both tell where they are: their public endpoint as
 * a NAT test showed it, and their own. The callee answers after some ringing, or does not, or is
 * busy, or has blocked the caller. Then both look for a way for the media (call_path.c). The caller
 * hangs up after the time its script says; a conference of three is two such calls of its host.
 *
 * Limits. The form of the signalling of 2006 is not known: sizes are our choice, and it is
 * encrypted. No detector rule of that time looks at it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "replay/skype/call.h"

#define RING_S	    3.0	 /* until the callee picks up */
#define NO_ANSWER_S 30.0 /* until a caller gives up ringing */
#define LEGS_MAX    2
#define LINK_S	    2.0 /* grace for the other side to come up */

struct call {
	struct leg *legs;
	bool scripted; /* the script waits for its end */
	char blocked[8][32];
	size_t blocked_count;
};

static struct call *calls_of(struct sc *c)
{
	if (!c->call)
		c->call = xcalloc(1, sizeof(*c->call));
	return c->call;
}

struct leg *call_legs(struct sc *c)
{
	return c->call ? c->call->legs : NULL;
}

struct leg *leg_by_id(struct sc *c, uint32_t id)
{
	for (struct leg *l = c->call ? c->call->legs : NULL; l; l = l->next)
		if (l->id == id && l->state != LEG_OVER)
			return l;
	return NULL;
}

size_t put_endpoint(uint8_t *out, const struct endpoint *ep)
{
	memcpy(out, ep->ip.b, 4);
	put_be16(out + 4, ep->port);
	return ADDR_BYTES;
}

void get_endpoint(const uint8_t *p, struct endpoint *ep)
{
	*ep = (struct endpoint){.ip = {.family = 4}, .port = get_be16(p + 4)};
	memcpy(ep->ip.b, p, 4);
}

/* --- signalling --------------------------------------------------------------------------- */

static size_t put_name(uint8_t *out, const char *name)
{
	size_t n = strlen(name);

	out[0] = (uint8_t)n;
	memcpy(out + 1, name, n); /* NOLINT(bugprone-not-null-terminated-result): length first */
	return n + 1;
}

static size_t get_name(const uint8_t *p, size_t n, char name[32])
{
	if (!n || p[0] > 31 || n < 1U + p[0])
		return 0;
	memcpy(name, p + 1, p[0]);
	name[p[0]] = '\0';
	return 1U + p[0];
}

void call_signal(struct leg *l, enum call_signal what, const uint8_t *more, size_t n)
{
	struct sc *c = l->c;
	uint8_t body[160], out[256];
	size_t k = 0, size;

	if (!c->sn)
		return;
	k += put_name(body, l->peer);
	k += put_name(body + k, c->name);
	body[k++] = (uint8_t)what;
	memcpy(body + k, &l->id, 4);
	k += 4;
	memcpy(body + k, more, n);
	k += n;
	size = k + 8 + rng_range(&c->rng, 20, 80);
	size = record_make(out, size, REC_CALL, sc_id(c, 1), body, k, &c->rng);
	stream_apply(&c->sn->tx, out, size);
	conn_send(c->sn, "call-signal", out, size);
}

static size_t own_endpoints(struct sc *c, uint8_t *out)
{
	struct endpoint pub = {c->public_ip, c->public_port};
	size_t n = put_endpoint(out, &pub);

	n += put_endpoint(out + n, &c->udp.local);
	out[n++] = c->udp_alive && c->public_port;
	return n;
}

static void peer_endpoints(struct leg *l, const uint8_t *p, size_t n)
{
	if (n < 2 * ADDR_BYTES + 1)
		return;
	get_endpoint(p, &l->peer_pub);
	get_endpoint(p + ADDR_BYTES, &l->peer_priv);
	l->peer_udp = p[2 * ADDR_BYTES];
}

/* --- legs --------------------------------------------------------------------------------- */

static struct leg *leg_new(struct sc *c, const char *peer, uint32_t id, bool caller)
{
	struct leg *l = xcalloc(1, sizeof(*l));

	l->c = c;
	l->id = id;
	l->caller = caller;
	l->outcome = -1;
	snprintf(l->peer, sizeof(l->peer), "%s", peer);
	l->next = calls_of(c)->legs;
	c->call->legs = l;
	return l;
}

static void script_if_all_over(struct sc *c)
{
	if (!c->call->scripted)
		return;
	for (struct leg *l = c->call->legs; l; l = l->next)
		if (l->caller && l->state != LEG_OVER)
			return;
	c->call->scripted = false;
	script_next(c);
}

void leg_over(struct leg *l, enum outcome_result result, const char *path)
{
	struct sc *c = l->c;

	if (l->state == LEG_OVER)
		return;
	l->state = LEG_OVER;
	leg_stop(l);
	if (l->outcome >= 0) {
		struct overlay_outcome *out = &c->o->outcomes[l->outcome];

		out->result = result;
		snprintf(out->path, sizeof(out->path), "%s", path);
		out->seconds = (double)(overlay_now(c->o) - l->start_ns) / 1e9;
	}
	if (l->caller)
		script_if_all_over(c);
}

static const char *way_text(const struct leg *l)
{
	return l->way == WAY_DIRECT	 ? "udp direct"
	       : l->way == WAY_UDP_RELAY ? "udp relayed"
	       : l->way == WAY_TCP_RELAY ? "tcp relayed"
					 : "no way";
}

static void hang_up(void *arg)
{
	struct leg *l = arg;

	call_signal(l, SIG_BYE, (const uint8_t *)"", 0);
	leg_over(l, l->received ? OUTCOME_IN : OUTCOME_GAVE_UP, way_text(l));
}

static void not_answered(void *arg)
{
	struct leg *l = arg;

	call_signal(l, SIG_BYE, (const uint8_t *)"", 0);
	leg_over(l, OUTCOME_REFUSED, "not answered");
}

static void free_legs(struct sc *c, bool all)
{
	struct leg **p = &c->call->legs;

	while (*p) {
		struct leg *l = *p;

		if (all || l->state == LEG_OVER) {
			*p = l->next;
			leg_stop(l);
			free(l);
		} else {
			p = &l->next;
		}
	}
}

static void invite(struct sc *c, const char *to, double seconds)
{
	struct leg *l = leg_new(c, to, rng_u32(&c->rng), true);
	struct overlay_outcome *out = outcome_add(c->o);
	uint8_t more[16] = {0};
	size_t n = own_endpoints(c, more);

	l->outcome = (long)c->o->outcome_count - 1;
	l->seconds = seconds;
	l->start_ns = overlay_now(c->o);
	out->kind = OUTCOME_CALL;
	out->attempt = ++c->calls;
	snprintf(out->client, sizeof(out->client), "%s", c->name);
	snprintf(out->version, sizeof(out->version), "%s", c->v->name);
	snprintf(out->mode, sizeof(out->mode), "%s", to);
	snprintf(out->probe, sizeof(out->probe), "none");
	call_signal(l, SIG_INVITE, more, n);
	ptimer_after(c->o, &l->t, NO_ANSWER_S, not_answered, l);
}

int call_start(struct sc *c, const char *to, const char *third, double seconds)
{
	if (c->state != SC_CONNECTED || !c->authed)
		return -1;
	calls_of(c);
	free_legs(c, false);
	c->call->scripted = true;
	invite(c, to, seconds);
	if (third)
		invite(c, third, seconds);
	return 0;
}

void call_end(struct sc *c)
{
	if (!c->call)
		return;
	c->call->scripted = false;
	for (struct leg *l = c->call->legs; l; l = l->next)
		if (l->state != LEG_OVER)
			hang_up(l);
}

void call_block(struct sc *c, const char *name)
{
	struct call *k = calls_of(c);

	if (k->blocked_count < ARRAY_LEN(k->blocked))
		snprintf(k->blocked[k->blocked_count++], sizeof(k->blocked[0]), "%s", name);
}

void call_free(struct sc *c)
{
	if (!c->call)
		return;
	free_legs(c, true);
	free(c->call);
	c->call = NULL;
}

/* --- what is signalled to us -------------------------------------------------------------- */

static void pick_up(void *arg)
{
	struct leg *l = arg;
	uint8_t more[16] = {0};
	size_t n = own_endpoints(l->c, more);

	call_signal(l, SIG_ACCEPT, more, n);
	leg_probe(l);
}

static void refuse(struct leg *l, enum call_refusal why)
{
	uint8_t b = (uint8_t)why;

	call_signal(l, SIG_REFUSE, &b, 1);
	leg_over(l, OUTCOME_REFUSED, "");
}

static void invited(struct sc *c, const char *from, uint32_t id, const uint8_t *p, size_t n)
{
	struct call *k = calls_of(c);
	struct leg *l;
	size_t open = 0;

	for (l = k->legs; l; l = l->next)
		open += l->state != LEG_OVER;
	l = leg_new(c, from, id, false);
	peer_endpoints(l, p, n);
	for (size_t i = 0; i < k->blocked_count; i++)
		if (!strcmp(k->blocked[i], from)) {
			refuse(l, BLOCKED);
			return;
		}
	if (c->busy || open >= LEGS_MAX) {
		refuse(l, BUSY);
		return;
	}
	l->state = LEG_RINGING;
	if (c->answers)
		ptimer_after(c->o, &l->t, RING_S, pick_up, l);
}

void call_signalled(struct sc *c, const uint8_t *body, size_t n)
{
	static const char *const refusals[] = {"not answered", "busy", "blocked"};
	char to[32], from[32];
	size_t k = get_name(body, n, to), m = k ? get_name(body + k, n - k, from) : 0;
	enum call_signal what;
	struct leg *l;
	uint32_t id;

	if (!m || n < k + m + 5)
		return;
	body += k + m;
	n -= k + m + 5;
	what = (enum call_signal)body[0];
	memcpy(&id, body + 1, 4);
	body += 5;
	if (what == SIG_INVITE) {
		invited(c, from, id, body, n);
		return;
	}
	l = leg_by_id(c, id);
	if (!l)
		return;
	if (what == SIG_ACCEPT && l->caller && l->state == LEG_INVITED) {
		peer_endpoints(l, body, n);
		leg_probe(l);
	} else if (what == SIG_REFUSE && n && body[0] <= BLOCKED) {
		leg_over(l, OUTCOME_REFUSED, refusals[body[0]]);
	} else if (what == SIG_OFFLINE) {
		leg_over(l, OUTCOME_REFUSED, "offline");
	} else if (what == SIG_PATH && !l->caller && n >= 1 + ADDR_BYTES) {
		l->way = (enum way)body[0];
		get_endpoint(body + 1, &l->relay);
		leg_take_way(l);
	} else if (what == SIG_BYE) {
		leg_over(l, l->received ? OUTCOME_IN : OUTCOME_GAVE_UP, way_text(l));
	}
}

void leg_hang_up_after(struct leg *l, double seconds)
{
	ptimer_after(l->c->o, &l->t, seconds + LINK_S, hang_up, l);
}
