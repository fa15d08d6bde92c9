// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dialog.c - flows played message by message over real sockets
 *
 * Model. Both parties of a flow live in this process, each with a socket in its own network
 * namespace; everything between them (routes, firewalls, NAT) is the kernel's. A dialog asks its
 * owner for one turn after the other. The side whose turn it is sends when (1) it has received
 * everything the other side sent before and (2) the turn's gap has passed since its own last
 * message or since that receipt, whichever is later.
 *
 * States of a dialog; UDP has neither CONNECTING nor CLOSING:
 *
 *  state      | what enters it                      | what leaves it
 *  -----------+-------------------------------------+-------------------------------------------
 *  CONNECTING | TCP: dialog_open()                  | both sockets connected -> SPEAKING;
 *             |                                     | an error, or the patience -> end, NEVER
 *  SPEAKING   | connected; UDP: dialog_open()       | next() has no more turns -> LAST;
 *             |                                     | a message lost (see below), or the connection
 *             |                                     | broken -> end, CUT
 *  LAST       | all is sent                         | all has arrived -> RESTING or conclusion;
 *             |                                     | the patience, or the connection broken
 *             |                                     | -> end, CUT
 *  RESTING    | all has arrived, and spec.rest_ns   | the rest time -> conclusion;
 *             | is not 0                            | the connection broken -> end, COMPLETE
 *  CLOSING    | TCP: conclusion with an orderly     | both sides have closed, the connection
 *             | close                               | broken, or CLOSE_NS -> end, COMPLETE
 *
 * The conclusion of UDP, and of TCP with CLOSE_RESET or CLOSE_NOT, is the end itself. An end in
 * which nothing ever arrived is reported as NEVER instead of CUT.
 *
 * Time. Gaps count from loop_due(), the time for which the event was planned that the turn follows:
 * the real time that packets take moves no turn, so one seed gives one order of messages. What is
 * reported (truth, results) is the clock's time, as in the captures.
 *
 * Loss. A message that has not arrived after the patience is lost. A UDP dialog goes on without it
 * if anything of the dialog has arrived before: a path that let a request out lets its answer in.
 * If nothing ever arrived (a firewall), or over TCP, the dialog is cut.
 *
 * Recognition behind NAT. An acceptor knows neither the opener's public address nor its port. It
 * recognises a UDP dialog by its first datagram's size and digest (udp.c), and a TCP connection by
 * the opener's initial sequence number, which NAT does not change (tcp.c).
 *
 * Limits. A side that sends without being asked (media) is still held to the order of turns: over a
 * link with delay, streams in both directions slow each other down.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "replay/dialog/tcp.h"
#include "replay/dialog/udp.h"

#define PATIENCE_NS (3 * NS_PER_SEC)
#define CLOSE_NS    (2 * NS_PER_SEC)
#define NAP_NS	    20000000 /* TCP's shortest retransmission timeout is ten times that */
#define NAPS	    75	     /* enough for three retransmissions */

static void advance(struct dialog *d);

const struct endpoint *dialog_seen(const struct dialog *d)
{
	return &d->peer[1];
}

const struct tuple *dialog_tuple(const struct dialog *d)
{
	return &d->tuple;
}

uint32_t dialog_under_way(const struct dialog *d, bool to_opener)
{
	return d->flights[to_opener ? FROM_ACCEPTOR : FROM_OPENER];
}

/* --- the end ------------------------------------------------------------------------------ */

static void dialog_free(struct dialog *d)
{
	loop_timer_cancel(d->ds->loop, &d->timer);
	for (int i = 0; i < 2; i++) {
		free(d->flight[i]);
		free(d->sock[i].out);
	}
	free(d);
}

static void dialog_release(struct dialog *d)
{
	if (d->prev)
		d->prev->next = d->next;
	else
		d->ds->first = d->next;
	if (d->next)
		d->next->prev = d->prev;
	dialog_free(d);
}

static void dialog_close_sockets(struct dialog *d, bool reset)
{
	if (d->port[1])
		port_wait_end(d->port[1], d);
	if (d->spec.proto == IPPROTO_TCP)
		tcp_close(d, reset);
	else
		udp_close(d);
}

/* Closes the sockets, tells the owner, and frees the dialog. */
static void dialog_end(struct dialog *d, enum dialog_end end, bool reset)
{
	struct dialog_result *r = &d->result;

	dialog_close_sockets(d, reset);
	r->end = end;
	if (end != DIALOG_COMPLETE && !r->received)
		r->end = DIALOG_NEVER;
	for (int dir = 0; dir < 2; dir++)
		for (uint32_t i = 0; i < d->flights[dir]; i++)
			if (!r->first_lost || d->flight[dir][i].index < r->first_lost)
				r->first_lost = d->flight[dir][i].index;
	r->ended_ns = loop_now(d->ds->loop);
	r->tuple = d->tuple;
	r->opened = true;
	truth_close(d->ds->truth, d->flow, r->ended_ns);
	if (d->spec.ops->ended)
		d->spec.ops->ended(d->spec.arg, r);
	dialog_release(d);
}

static void on_broken(struct dialog *d)
{
	dialog_end(d, d->state >= DIALOG_RESTING ? DIALOG_COMPLETE : DIALOG_CUT, true);
}

static void on_closed(struct dialog *d)
{
	dialog_end(d, DIALOG_COMPLETE, false);
}

/* Every message was sent and has arrived. */
static void dialog_conclude(struct dialog *d)
{
	enum dialog_close how = d->spec.close;

	if (d->spec.proto == IPPROTO_UDP || how == CLOSE_RESET || how == CLOSE_NOT) {
		dialog_end(d, DIALOG_COMPLETE, how == CLOSE_RESET);
		return;
	}
	d->state = DIALOG_CLOSING;
	loop_timer_after(d->ds->loop, &d->timer, CLOSE_NS);
	tcp_shutdown(d, how == CLOSE_ACCEPTOR);
}

/* --- turns -------------------------------------------------------------------------------- */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t patience(const struct dialog *d)
{
	return d->spec.patience_ns ? d->spec.patience_ns : PATIENCE_NS;
}

static void flight_add(struct dialog *d, int dir, uint32_t size, uint64_t digest)
{
	if (d->flights[dir] == d->flight_cap[dir]) {
		d->flight_cap[dir] = d->flight_cap[dir] ? d->flight_cap[dir] * 2 : 4;
		d->flight[dir] =
			xrealloc(d->flight[dir], d->flight_cap[dir] * sizeof(*d->flight[dir]));
	}
	d->flight[dir][d->flights[dir]++] =
		(struct flight){d->result.sent, size, digest, d->stream[dir]};
}

static void flight_drop(struct dialog *d, int dir, uint32_t from, uint32_t n)
{
	d->flights[dir] -= n;
	memmove(d->flight[dir] + from, d->flight[dir] + from + n,
		(d->flights[dir] - from) * sizeof(*d->flight[dir]));
}

/* Gives up on what is under way in @dir. */
static void flight_lost(struct dialog *d, int dir)
{
	uint32_t *first = &d->result.first_lost;

	if (d->flights[dir] && (!*first || d->flight[dir][0].index < *first))
		*first = d->flight[dir][0].index;
	d->flights[dir] = 0;
}

static void send_turn(struct dialog *d)
{
	struct dialogs *ds = d->ds;
	int dir = d->turn.to_opener ? FROM_ACCEPTOR : FROM_OPENER;
	const uint8_t *data = NULL;
	const char *name = NULL;
	uint64_t now = loop_now(ds->loop);
	uint32_t len = d->spec.ops->build(d->spec.arg, d, &data, &name);
	bool tcp = d->spec.proto == IPPROTO_TCP;

	d->have_turn = false;
	d->last_sent_ns[dir] = loop_due(ds->loop);
	d->result.sent++;
	d->result.sent_bytes += len;
	d->stream[dir] += len;
	truth_message(ds->truth, d->flow, dir == FROM_ACCEPTOR, name, now, data, len);
	flight_add(d, dir, len, tcp ? 0 : udp_digest(data, len));
	if ((tcp ? tcp_send : udp_send)(d, dir, data, len) < 0)
		on_broken(d);
	else
		advance(d);
}

static void advance(struct dialog *d)
{
	uint64_t due;
	int dir;

	if (d->state == DIALOG_SPEAKING && !d->have_turn) {
		memset(&d->turn, 0, sizeof(d->turn));
		d->have_turn = d->spec.ops->next(d->spec.arg, &d->turn);
		if (!d->have_turn)
			d->state = DIALOG_LAST;
	}
	if (d->state == DIALOG_LAST) {
		if (d->flights[0] || d->flights[1]) {
			loop_timer_after(d->ds->loop, &d->timer, patience(d));
		} else if (d->spec.rest_ns) {
			d->state = DIALOG_RESTING;
			loop_timer_after(d->ds->loop, &d->timer, d->spec.rest_ns);
		} else {
			dialog_conclude(d);
		}
		return;
	}
	if (d->state != DIALOG_SPEAKING)
		return;
	dir = d->turn.to_opener ? FROM_ACCEPTOR : FROM_OPENER;
	d->blocked = d->flights[!dir] != 0;
	/* A UDP acceptor that has received nothing has no address to send to. */
	if (dir == FROM_ACCEPTOR && d->spec.proto == IPPROTO_UDP && !d->peer[1].ip.family)
		d->blocked = true;
	if (d->blocked) {
		loop_timer_after(d->ds->loop, &d->timer, patience(d) + d->turn.gap_ns);
		return;
	}
	due = later(d->last_sent_ns[dir], d->last_got_ns[!dir]) + d->turn.gap_ns;
	if (d->turn.at_ns)
		due = later(d->turn.at_ns, due - d->turn.gap_ns / 10);
	if (d->spec.grid_ns)
		due += d->spec.grid_ns - due % d->spec.grid_ns;
	loop_timer_set(d->ds->loop, &d->timer, due);
}

/* True while the kernel still has to retransmit something. It does so on the real clock, so the
 * loop waits a moment of real time instead of jumping the emulated clock past it. */
static bool kernel_resends(struct dialog *d)
{
	struct timespec nap = {0, NAP_NS};

	if (d->spec.proto != IPPROTO_TCP || d->naps >= NAPS || !tcp_unacked(d))
		return false;
	d->naps++;
	nanosleep(&nap, NULL);
	loop_timer_after(d->ds->loop, &d->timer, NS_PER_MS);
	return true;
}

static void on_timer(void *arg)
{
	struct dialog *d = arg;
	int dir = d->turn.to_opener ? FROM_ACCEPTOR : FROM_OPENER;

	if ((d->state == DIALOG_LAST || (d->state == DIALOG_SPEAKING && d->blocked)) &&
	    kernel_resends(d))
		return;

	if (d->state == DIALOG_CLOSING) {
		dialog_end(d, DIALOG_COMPLETE, true);
	} else if (d->state == DIALOG_RESTING) {
		dialog_conclude(d);
	} else if (d->state != DIALOG_SPEAKING) {
		dialog_end(d, DIALOG_CUT, true);
	} else if (!d->blocked) {
		send_turn(d);
	} else if (d->spec.proto == IPPROTO_UDP && (d->proven[0] || d->proven[1]) &&
		   d->flights[!dir]) {
		flight_lost(d, !dir);
		advance(d);
	} else {
		dialog_end(d, DIALOG_CUT, true);
	}
}

static void arrived(struct dialog *d, int dir)
{
	d->proven[dir] = true;
	d->last_got_ns[dir] = loop_due(d->ds->loop);
	if (d->flights[dir])
		return;
	if (d->state == DIALOG_LAST || (d->state == DIALOG_SPEAKING && d->blocked))
		advance(d);
}

static void on_datagram(struct dialog *d, int dir, const uint8_t *data, uint32_t len)
{
	uint64_t digest = udp_digest(data, len);

	for (uint32_t i = 0; i < d->flights[dir]; i++) {
		if (d->flight[dir][i].digest != digest || d->flight[dir][i].size != len)
			continue;
		d->result.received++;
		d->result.received_bytes += len;
		flight_drop(d, dir, i, 1);
		arrived(d, dir);
		return;
	}
}

static void on_bytes(struct dialog *d, int dir, uint32_t len)
{
	uint32_t n = 0;

	d->arrived[dir] += len;
	d->result.received_bytes += len;
	while (n < d->flights[dir] && d->flight[dir][n].end <= d->arrived[dir])
		n++;
	if (!n)
		return;
	d->result.received += n;
	flight_drop(d, dir, 0, n);
	arrived(d, dir);
}

static void on_connected(struct dialog *d)
{
	uint64_t now = loop_due(d->ds->loop);

	d->state = DIALOG_SPEAKING;
	d->last_got_ns[0] = d->last_got_ns[1] = d->last_sent_ns[0] = d->last_sent_ns[1] = now;
	advance(d);
}

/* --- opening ------------------------------------------------------------------------------ */

static void dialog_log(struct dialog *d)
{
	struct truth_flow f = d->spec.flow;

	f.tuple = d->tuple;
	f.opened_ns = d->result.opened_ns;
	f.closed_ns = 0;
	f.messages = 0;
	snprintf(f.node, sizeof(f.node), "%s", d->spec.opener.node ? d->spec.opener.node : "");
	d->flow = truth_flow(d->ds->truth, &f);
}

struct dialog *dialog_open(struct dialogs *ds, const struct dialog_spec *spec, struct err *e)
{
	struct dialog *d = xcalloc(1, sizeof(*d));
	bool tcp = spec->proto == IPPROTO_TCP;
	struct rng rng;

	d->ds = ds;
	d->spec = *spec;
	d->timer = (struct loop_timer){.fn = on_timer, .arg = d};
	d->sock[0] = d->sock[1] = (struct dialog_socket){.dialog = d, .fd = -1};
	if (!d->spec.target.port)
		d->spec.target = spec->acceptor.at;
	d->next = ds->first;
	if (ds->first)
		ds->first->prev = d;
	ds->first = d;
	d->result.opened_ns = loop_now(ds->loop);
	d->last_got_ns[0] = d->last_got_ns[1] = loop_due(ds->loop);
	d->last_sent_ns[0] = d->last_sent_ns[1] = d->last_got_ns[0];
	rng_init(&rng, spec->seed, "port");
	if ((tcp ? tcp_open : udp_open)(d, &rng, e) < 0) {
		dialog_close_sockets(d, true);
		dialog_release(d);
		return NULL;
	}
	d->tuple.proto = spec->proto;
	d->tuple.src = d->spec.opener.at;
	d->tuple.dst = d->spec.target;
	dialog_log(d);
	if (tcp) {
		d->state = DIALOG_CONNECTING;
		loop_timer_after(ds->loop, &d->timer, patience(d));
	} else {
		d->state = DIALOG_SPEAKING;
		advance(d);
	}
	return d;
}

void dialog_finish(struct dialog *d)
{
	bool well = (d->result.received || d->state >= DIALOG_RESTING) && !d->flights[0] &&
		    !d->flights[1];

	dialog_end(d, well ? DIALOG_COMPLETE : DIALOG_CUT, false);
}

/* --- all dialogs of a loop ---------------------------------------------------------------- */

struct dialogs *dialogs_new(struct loop *loop, struct truth_log *truth)
{
	static const struct dialog_events events = {
		.connected = on_connected,
		.datagram = on_datagram,
		.bytes = on_bytes,
		.broken = on_broken,
		.closed = on_closed,
	};
	struct dialogs *ds = xcalloc(1, sizeof(*ds));

	ds->loop = loop;
	ds->truth = truth;
	ds->events = &events;
	return ds;
}

void dialogs_free(struct dialogs *ds)
{
	if (!ds)
		return;
	for (struct dialog *d = ds->first, *next; d; d = next) {
		next = d->next;
		dialog_close_sockets(d, true);
		dialog_free(d);
	}
	ports_free(ds);
	free(ds);
}

struct loop *dialogs_loop(const struct dialogs *ds)
{
	return ds->loop;
}

struct truth_log *dialogs_truth(const struct dialogs *ds)
{
	return ds->truth;
}

int dialogs_serve(struct dialogs *ds, uint8_t proto, const struct dialog_side *side, struct err *e)
{
	return port_get(ds, proto, side->netns, &side->at,
			proto == IPPROTO_UDP ? udp_port_open : tcp_port_open, e)
		       ? 0
		       : -1;
}
