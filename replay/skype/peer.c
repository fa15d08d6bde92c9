// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * peer.c - sockets, delayed sends and truth of the emulated peers
 *
 * Model. Every peer's sockets are real sockets in some network namespace, served by one epoll loop.
 * A peer answers after its round-trip time by a timer, so emulated distance costs no real time. One
 * message is one send with Nagle off: one datagram, or one TCP segment with PSH.
 *
 * Truth. The opener of a flow knows the flow's tuple on its own side; the other end sees what NAT
 * made of it. What joins the two is the message itself: each sent message's digest is kept in a
 * small set-associative table, the receiver looks its payload up there and so finds the flow under
 * which its answers are logged. Equal payloads (L1) are found in the order of sending.
 *
 * Time. With the virtual clock, plans are made from the time of the timer whose consequences are
 * being handled, not from the clock: the real time that work takes does not move later events, so
 * one seed gives one order.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/netns.h"
#include "replay/skype/delayed.h"
#include "replay/skype/peer.h"

uint64_t overlay_now(struct overlay *o)
{
	return loop_kind(o->loop) == LOOP_VIRTUAL ? o->now_ns : loop_now(o->loop);
}

static void ptimer_fire(void *arg)
{
	struct ptimer *t = arg;

	t->o->now_ns = t->t.at_ns;
	t->fn(t->arg);
}

void ptimer_after(struct overlay *o, struct ptimer *t, double seconds, void (*fn)(void *),
		  void *arg)
{
	t->o = o;
	t->fn = fn;
	t->arg = arg;
	t->t.fn = ptimer_fire;
	t->t.arg = t;
	loop_timer_set(o->loop, &t->t,
		       overlay_now(o) + (uint64_t)(seconds < 0 ? 0 : seconds * 1e9));
}

void ptimer_cancel(struct ptimer *t)
{
	if (t->o)
		loop_timer_cancel(t->o->loop, &t->t);
}

/* --- truth -------------------------------------------------------------------------------- */

uint32_t flow_open(struct overlay *o, const struct opener *by, uint8_t proto,
		   const struct endpoint *src, const struct endpoint *dst, const char *reason)
{
	struct truth_flow f = {
		.tuple = {.proto = proto, .src = *src, .dst = *dst},
		.label = LABEL_SKYPE,
		.client_ip = by->ip,
		.opened_ns = loop_now(o->loop),
	};

	snprintf(f.node, sizeof(f.node), "%s", by->node);
	snprintf(f.client, sizeof(f.client), "%s", by->client);
	snprintf(f.version, sizeof(f.version), "%s", by->version);
	snprintf(f.reason, sizeof(f.reason), "%s", reason);
	return truth_flow(o->truth, &f);
}

void flow_sent(struct overlay *o, uint32_t flow, bool to_opener, const char *name, const void *p,
	       size_t n)
{
	uint64_t d = fnv1a(p, n);
	struct sighting *set = &o->sightings[d % SIGHTING_SETS * SIGHTING_WAYS], *oldest = set;

	for (int i = 0; i < SIGHTING_WAYS; i++) {
		if (set[i].used) {
			oldest = &set[i];
			break;
		}
		if (set[i].order < oldest->order)
			oldest = &set[i];
	}
	*oldest = (struct sighting){.digest = d, .flow = flow, .order = ++o->sighting_order};
	truth_message(o->truth, flow, to_opener, name, loop_now(o->loop), p, (uint32_t)n);
	o->messages++;
}

long flow_of(struct overlay *o, const void *p, size_t n)
{
	uint64_t d = fnv1a(p, n);
	struct sighting *set = &o->sightings[d % SIGHTING_SETS * SIGHTING_WAYS], *first = NULL;

	for (int i = 0; i < SIGHTING_WAYS; i++)
		if (set[i].order && !set[i].used && set[i].digest == d &&
		    (!first || set[i].order < first->order))
			first = &set[i];
	if (!first)
		return -1;
	first->used = 1;
	return (long)first->flow;
}

/* --- delayed sends ------------------------------------------------------------------------ */

static void delayed_unlink(struct delayed *d)
{
	struct delayed **p = d->list;

	while (*p && *p != d)
		p = &(*p)->next;
	if (*p)
		*p = d->next;
	d->next = d->conn ? d->conn->o->idle_delayed : d->sock->o->idle_delayed;
	if (d->conn)
		d->conn->o->idle_delayed = d;
	else
		d->sock->o->idle_delayed = d;
}

void delayed_fire(void *arg)
{
	struct delayed *d = arg;

	if (d->conn)
		conn_push(d->conn, d->name, d->p, d->n);
	else
		usock_send(d->sock, &d->to, d->flow, d->to_opener, d->name, d->p, d->n);
	delayed_unlink(d); /* neither send closes anything */
}

void delayed_drop_all(struct delayed **list)
{
	while (*list) {
		struct delayed *d = *list;

		ptimer_cancel(&d->t);
		delayed_unlink(d);
	}
}

struct delayed *delayed_new(struct overlay *o, struct delayed **list, const char *name,
			    const void *p, size_t n)
{
	struct delayed *d = o->idle_delayed;

	if (d) {
		o->idle_delayed = d->next;
	} else {
		d = xcalloc(1, sizeof(*d));
		d->all = o->all_delayed;
		o->all_delayed = d;
	}
	d->list = list;
	d->next = *list;
	*list = d;
	snprintf(d->name, sizeof(d->name), "%s", name);
	d->n = n < sizeof(d->p) ? n : sizeof(d->p);
	memcpy(d->p, p, d->n);
	return d;
}

/* --- UDP ---------------------------------------------------------------------------------- */

void usock_init(struct usock *s)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

static void usock_ready(void *arg, uint32_t events)
{
	struct usock *s = arg;
	struct sockaddr_storage ss;

	(void)events;
	for (int i = 0; i < 64 && s->fd >= 0; i++) {
		socklen_t len = sizeof(ss);
		ssize_t n = recvfrom(s->fd, s->o->rx, sizeof(s->o->rx), 0, (struct sockaddr *)&ss,
				     &len);
		struct endpoint from;

		if (n < 0)
			return; /* nothing more; an ICMP error only costs this turn */
		endpoint_from_sockaddr(&ss, &from);
		s->rx(s->owner, &from, s->o->rx, (size_t)n, flow_of(s->o, s->o->rx, (size_t)n));
	}
}

int bind_to(int fd, const struct endpoint *local)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(local, &ss);

	return bind(fd, (struct sockaddr *)&ss, len);
}

int usock_open(struct usock *s, struct overlay *o, int netns, const struct endpoint *local,
	       struct err *e)
{
	char text[ENDPOINT_TEXT_LEN];
	int buf = 1 << 20;

	s->o = o;
	s->local = *local;
	s->fd = netns_socket(netns, AF_INET, SOCK_DGRAM, 0, e);
	if (s->fd < 0)
		return -1;
	setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &buf, sizeof(buf));
	if (bind_to(s->fd, local) < 0) {
		err_sys(e, "UDP %s: cannot bind", endpoint_text(local, text));
		close(s->fd);
		s->fd = -1;
		return -1;
	}
	if (loop_fd_add(o->loop, s->fd, EPOLLIN, usock_ready, s, e) < 0) {
		close(s->fd);
		s->fd = -1;
		return -1;
	}
	return 0;
}

void usock_close(struct usock *s)
{
	if (s->fd < 0)
		return;
	delayed_drop_all(&s->later);
	loop_fd_del(s->o->loop, s->fd);
	close(s->fd);
	s->fd = -1;
}

void usock_send(struct usock *s, const struct endpoint *to, uint32_t flow, bool to_opener,
		const char *name, const void *p, size_t n)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(to, &ss);

	if (s->fd < 0)
		return;
	flow_sent(s->o, flow, to_opener, name, p, n);
	/* A pending ICMP error is reported by the next send: clear it and send again. A firewall
	 * that drops on the way out says EPERM: the message was sent as far as the peer knows. */
	for (int i = 0; i < 3; i++)
		if (sendto(s->fd, p, n, 0, (struct sockaddr *)&ss, len) >= 0 || errno == EPERM)
			return;
}

void usock_send_later(struct usock *s, double delay_s, const struct endpoint *to, uint32_t flow,
		      bool to_opener, const char *name, const void *p, size_t n)
{
	struct delayed *d;

	if (s->fd < 0)
		return;
	d = delayed_new(s->o, &s->later, name, p, n);
	d->sock = s;
	d->conn = NULL;
	d->to = *to;
	d->flow = flow;
	d->to_opener = to_opener;
	ptimer_after(s->o, &d->t, delay_s, delayed_fire, d);
}

void peer_pool_free(struct overlay *o)
{
	while (o->all_delayed) {
		struct delayed *d = o->all_delayed;

		o->all_delayed = d->all;
		ptimer_cancel(&d->t);
		free(d);
	}
}
