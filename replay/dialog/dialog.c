// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dialog.c - flows spoken message by message over real sockets
 *
 * Model. Both parties of a flow live in this process, each with a socket in its own network
 * namespace; everything between them (routes, firewalls, NAT) is the kernel's. A talk asks its
 * owner for one turn after the other. The side whose turn it is sends when (1) it has received
 * everything the other side said before and (2) the turn's gap has passed since its own last
 * message or since that receipt, whichever is later.
 *
 * States. CONNECTING (TCP only): until both sides have the connection. SPEAKING: turns. LAST: all
 * is sent, some of it under way. RESTING (TCP): open and idle. CLOSING (TCP): the orderly close. A
 * message that has not arrived after the patience is lost. Over UDP a talk goes on without it when
 * any message of it arrived before (loss: who lets a request out lets its answer in); when nothing
 * ever arrived (a firewall), or over TCP, the talk is cut.
 *
 * Who is who behind NAT? An acceptor knows neither the opener's public address nor its port. It
 * recognises a UDP talk by its first datagram's size and digest, and a TCP connection by the
 * opener's initial sequence number, which NAT does not change (talk_tcp.c).
 *
 * Limits. A side that talks without being asked (media) is still held to turn order: over a link
 * with delay, streams in both directions slow each other down.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "replay/dialog/dialog_private.h"

#define PATIENCE_NS (3 * NS_PER_SEC)
#define CLOSE_NS    (2 * NS_PER_SEC)
#define NAP_NS	    20000000 /* TCP's shortest retransmission timeout is ten times that */
#define NAPS	    75	     /* enough for three retransmissions */

static void advance(struct talk *t);

uint64_t payload_digest(const uint8_t *p, uint32_t n)
{
	return fnv1a_more(FNV1A_START ^ n, p, n);
}

static struct talks *all_talks;

struct talks *talks_get(struct loop *loop, struct truth_log *truth)
{
	struct talks *ts = all_talks;

	while (ts && (ts->loop != loop || ts->truth != truth))
		ts = ts->next;
	if (!ts) {
		ts = xcalloc(1, sizeof(*ts));
		ts->loop = loop;
		ts->truth = truth;
		ts->next = all_talks;
		all_talks = ts;
	}
	ts->users++;
	return ts;
}

const struct endpoint *talk_seen(const struct talk *t)
{
	return &t->peer[1];
}

const struct tuple *talk_tuple(const struct talk *t)
{
	return &t->tuple;
}

uint32_t talk_under_way(const struct talk *t, bool to_opener)
{
	return t->flights[to_opener ? FROM_ACCEPTOR : FROM_OPENER];
}

/* --- the end ------------------------------------------------------------------------------ */

static void talk_free(struct talk *t)
{
	loop_timer_cancel(t->ts->loop, &t->timer);
	for (int i = 0; i < 2; i++) {
		free(t->flight[i]);
		free(t->sock[i].out);
	}
	free(t);
}

static void talk_release(struct talk *t)
{
	if (t->prev)
		t->prev->next = t->next;
	else
		t->ts->first = t->next;
	if (t->next)
		t->next->prev = t->prev;
	talk_free(t);
}

static void talk_close_sockets(struct talk *t, bool reset)
{
	if (t->port[1])
		waiting_remove(t->port[1], t);
	if (t->spec.proto == IPPROTO_TCP)
		tcp_talk_close(t, reset);
	else
		udp_talk_close(t);
}

/* Sockets are closed, the owner hears of it, the talk is gone. */
static void talk_end(struct talk *t, enum talk_end end, bool reset)
{
	struct talk_result *r = &t->result;

	talk_close_sockets(t, reset);
	r->end = end;
	if (end != TALK_COMPLETE && !r->received)
		r->end = TALK_NEVER;
	for (int d = 0; d < 2; d++)
		for (uint32_t i = 0; i < t->flights[d]; i++)
			if (!r->first_lost || t->flight[d][i].index < r->first_lost)
				r->first_lost = t->flight[d][i].index;
	r->ended_ns = loop_now(t->ts->loop);
	r->tuple = t->tuple;
	r->opened = true;
	truth_close(t->ts->truth, t->flow, r->ended_ns);
	if (t->spec.ops->ended)
		t->spec.ops->ended(t->spec.arg, r);
	talk_release(t);
}

void talk_broken(struct talk *t)
{
	talk_end(t, t->state >= TALK_RESTING ? TALK_COMPLETE : TALK_CUT, true);
}

void talk_closed(struct talk *t)
{
	talk_end(t, TALK_COMPLETE, false);
}

/* Everything was said and has arrived. */
static void talk_conclude(struct talk *t)
{
	enum talk_close how = t->spec.close;

	if (t->spec.proto == IPPROTO_UDP || how == CLOSE_RESET || how == CLOSE_NOT) {
		talk_end(t, TALK_COMPLETE, how == CLOSE_RESET);
		return;
	}
	t->state = TALK_CLOSING;
	loop_timer_after(t->ts->loop, &t->timer, CLOSE_NS);
	tcp_talk_shutdown(t, how == CLOSE_ACCEPTOR);
}

/* --- turns -------------------------------------------------------------------------------- */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t patience(const struct talk *t)
{
	return t->spec.patience_ns ? t->spec.patience_ns : PATIENCE_NS;
}

static void flight_add(struct talk *t, int dir, uint32_t size, uint64_t digest)
{
	if (t->flights[dir] == t->flight_cap[dir]) {
		t->flight_cap[dir] = t->flight_cap[dir] ? t->flight_cap[dir] * 2 : 4;
		t->flight[dir] =
			xrealloc(t->flight[dir], t->flight_cap[dir] * sizeof(*t->flight[dir]));
	}
	t->flight[dir][t->flights[dir]++] =
		(struct flight){t->result.sent, size, digest, t->stream[dir]};
}

static void flight_drop(struct talk *t, int dir, uint32_t from, uint32_t n)
{
	t->flights[dir] -= n;
	memmove(t->flight[dir] + from, t->flight[dir] + from + n,
		(t->flights[dir] - from) * sizeof(*t->flight[dir]));
}

/* Gives up on what is under way in @dir. */
static void flight_lost(struct talk *t, int dir)
{
	uint32_t *first = &t->result.first_lost;

	if (t->flights[dir] && (!*first || t->flight[dir][0].index < *first))
		*first = t->flight[dir][0].index;
	t->flights[dir] = 0;
}

static void send_turn(struct talk *t)
{
	struct talks *ts = t->ts;
	int dir = t->turn.to_opener ? FROM_ACCEPTOR : FROM_OPENER;
	const uint8_t *data = NULL;
	const char *name = NULL;
	uint64_t now = loop_now(ts->loop);
	uint32_t len = t->spec.ops->build(t->spec.arg, t, &data, &name);
	bool tcp = t->spec.proto == IPPROTO_TCP;

	t->have_turn = false;
	t->last_sent_ns[dir] = now;
	t->result.sent++;
	t->result.sent_bytes += len;
	t->stream[dir] += len;
	truth_message(ts->truth, t->flow, dir == FROM_ACCEPTOR, name, now, data, len);
	flight_add(t, dir, len, tcp ? 0 : payload_digest(data, len));
	if ((tcp ? tcp_talk_send : udp_talk_send)(t, dir, data, len) < 0)
		talk_broken(t);
	else
		advance(t);
}

static void advance(struct talk *t)
{
	uint64_t due;
	int dir;

	if (t->state == TALK_SPEAKING && !t->have_turn) {
		memset(&t->turn, 0, sizeof(t->turn));
		t->have_turn = t->spec.ops->next(t->spec.arg, &t->turn);
		if (!t->have_turn)
			t->state = TALK_LAST;
	}
	if (t->state == TALK_LAST) {
		if (t->flights[0] || t->flights[1]) {
			loop_timer_after(t->ts->loop, &t->timer, patience(t));
		} else if (t->spec.rest_ns) {
			t->state = TALK_RESTING;
			loop_timer_after(t->ts->loop, &t->timer, t->spec.rest_ns);
		} else {
			talk_conclude(t);
		}
		return;
	}
	if (t->state != TALK_SPEAKING)
		return;
	dir = t->turn.to_opener ? FROM_ACCEPTOR : FROM_OPENER;
	t->blocked = t->flights[!dir] != 0;
	/* An acceptor that was never spoken to knows no address to send to. */
	if (dir == FROM_ACCEPTOR && t->spec.proto == IPPROTO_UDP && !t->peer[1].ip.family)
		t->blocked = true;
	if (t->blocked) {
		loop_timer_after(t->ts->loop, &t->timer, patience(t) + t->turn.gap_ns);
		return;
	}
	due = later(t->last_sent_ns[dir], t->last_got_ns[!dir]) + t->turn.gap_ns;
	if (t->turn.at_ns)
		due = later(t->turn.at_ns, due - t->turn.gap_ns / 10);
	if (t->spec.grid_ns)
		due += t->spec.grid_ns - due % t->spec.grid_ns;
	loop_timer_set(t->ts->loop, &t->timer, due);
}

/* The kernel still has to send something again, on its own clock, which is the real one: the loop
 * stands still for a moment instead of jumping over it. */
static bool kernel_at_work(struct talk *t)
{
	struct timespec nap = {0, NAP_NS};

	if (t->spec.proto != IPPROTO_TCP || t->naps >= NAPS || !tcp_talk_unacked(t))
		return false;
	t->naps++;
	nanosleep(&nap, NULL);
	loop_timer_after(t->ts->loop, &t->timer, NS_PER_MS);
	return true;
}

static void on_timer(void *arg)
{
	struct talk *t = arg;
	int dir = t->turn.to_opener ? FROM_ACCEPTOR : FROM_OPENER;

	if ((t->state == TALK_LAST || (t->state == TALK_SPEAKING && t->blocked)) &&
	    kernel_at_work(t))
		return;

	if (t->state == TALK_CLOSING) {
		talk_end(t, TALK_COMPLETE, true);
	} else if (t->state == TALK_RESTING) {
		talk_conclude(t);
	} else if (t->state != TALK_SPEAKING) {
		talk_end(t, TALK_CUT, true);
	} else if (!t->blocked) {
		send_turn(t);
	} else if (t->spec.proto == IPPROTO_UDP && (t->proven[0] || t->proven[1]) &&
		   t->flights[!dir]) {
		flight_lost(t, !dir);
		advance(t);
	} else {
		talk_end(t, TALK_CUT, true);
	}
}

static void arrived(struct talk *t, int dir)
{
	t->proven[dir] = true;
	t->last_got_ns[dir] = loop_now(t->ts->loop);
	if (t->flights[dir])
		return;
	if (t->state == TALK_LAST || (t->state == TALK_SPEAKING && t->blocked))
		advance(t);
}

void talk_got_datagram(struct talk *t, int dir, const uint8_t *data, uint32_t len)
{
	uint64_t digest = payload_digest(data, len);

	for (uint32_t i = 0; i < t->flights[dir]; i++) {
		if (t->flight[dir][i].digest != digest || t->flight[dir][i].size != len)
			continue;
		t->result.received++;
		t->result.received_bytes += len;
		flight_drop(t, dir, i, 1);
		arrived(t, dir);
		return;
	}
}

void talk_got_bytes(struct talk *t, int dir, uint32_t len)
{
	uint32_t n = 0;

	t->arrived[dir] += len;
	t->result.received_bytes += len;
	while (n < t->flights[dir] && t->flight[dir][n].end <= t->arrived[dir])
		n++;
	if (!n)
		return;
	t->result.received += n;
	flight_drop(t, dir, 0, n);
	arrived(t, dir);
}

void talk_connected(struct talk *t)
{
	uint64_t now = loop_now(t->ts->loop);

	t->state = TALK_SPEAKING;
	t->last_got_ns[0] = t->last_got_ns[1] = t->last_sent_ns[0] = t->last_sent_ns[1] = now;
	advance(t);
}

/* --- opening ------------------------------------------------------------------------------ */

static void talk_log(struct talk *t)
{
	struct truth_flow f = t->spec.flow;

	f.tuple = t->tuple;
	f.opened_ns = t->result.opened_ns;
	f.closed_ns = 0;
	f.messages = 0;
	snprintf(f.node, sizeof(f.node), "%s", t->spec.opener.node ? t->spec.opener.node : "");
	t->flow = truth_flow(t->ts->truth, &f);
}

struct talk *talk_open(struct talks *ts, const struct talk_spec *spec, struct err *e)
{
	struct talk *t = xcalloc(1, sizeof(*t));
	bool tcp = spec->proto == IPPROTO_TCP;
	struct rng rng;

	t->ts = ts;
	t->spec = *spec;
	t->timer = (struct loop_timer){.fn = on_timer, .arg = t};
	t->sock[0] = t->sock[1] = (struct talk_socket){.talk = t, .fd = -1};
	if (!t->spec.target.port)
		t->spec.target = spec->acceptor.at;
	t->next = ts->first;
	if (ts->first)
		ts->first->prev = t;
	ts->first = t;
	t->result.opened_ns = loop_now(ts->loop);
	t->last_got_ns[0] = t->last_got_ns[1] = t->result.opened_ns;
	t->last_sent_ns[0] = t->last_sent_ns[1] = t->result.opened_ns;
	rng_init(&rng, spec->seed, "port");
	if ((tcp ? tcp_talk_open : udp_talk_open)(t, &rng, e) < 0) {
		talk_close_sockets(t, true);
		talk_release(t);
		return NULL;
	}
	t->tuple.proto = spec->proto;
	t->tuple.src = t->spec.opener.at;
	t->tuple.dst = t->spec.target;
	talk_log(t);
	if (tcp) {
		t->state = TALK_CONNECTING;
		loop_timer_after(ts->loop, &t->timer, patience(t));
	} else {
		t->state = TALK_SPEAKING;
		advance(t);
	}
	return t;
}

void talk_finish(struct talk *t)
{
	bool well = (t->result.received || t->state >= TALK_RESTING) && !t->flights[0] &&
		    !t->flights[1];

	talk_end(t, well ? TALK_COMPLETE : TALK_CUT, false);
}

void talks_put(struct talks *ts)
{
	struct port *p, *next;

	if (!ts || --ts->users)
		return;
	for (struct talk *t = ts->first, *after; t; t = after) {
		after = t->next;
		talk_close_sockets(t, true);
		talk_free(t);
	}
	p = ts->ports;
	HASH_CLEAR(hh, ts->ports);
	for (; p; p = next) {
		next = p->hh.next;
		port_free(p);
	}
	for (struct talks **i = &all_talks; *i; i = &(*i)->next)
		if (*i == ts) {
			*i = ts->next;
			break;
		}
	free(ts);
}
