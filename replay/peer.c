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
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/netns.h"
#include "replay/peer.h"

#define SEND_GAP_NS (200 * 1000ULL) /* between two messages of a connection */

struct delayed {
	struct delayed *next, *all, **list; /* list it waits in */
	struct ptimer t;
	struct usock *sock;
	struct conn *conn;
	struct endpoint to;
	uint32_t flow;
	bool to_opener;
	char name[16];
	size_t n;
	uint8_t p[DATAGRAM_MAX];
};

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

static uint64_t digest(const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t h = 0xcbf29ce484222325ULL;

	while (n--)
		h = (h ^ *b++) * 0x100000001b3ULL;
	return h;
}

uint32_t flow_open(struct overlay *o, const struct opener *by, uint8_t proto,
		   const struct endpoint *src, const struct endpoint *dst, const char *reason)
{
	struct truth_flow f = {
		.tuple = {.proto = proto, .src = *src, .dst = *dst},
		.label = TRUTH_SKYPE,
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
	uint64_t d = digest(p, n);
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
	uint64_t d = digest(p, n);
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

static void conn_push(struct conn *c, const char *name, const void *p, size_t n);

static void delayed_fire(void *arg)
{
	struct delayed *d = arg;

	if (d->conn)
		conn_push(d->conn, d->name, d->p, d->n);
	else
		usock_send(d->sock, &d->to, d->flow, d->to_opener, d->name, d->p, d->n);
	delayed_unlink(d); /* neither send closes anything */
}

static void delayed_drop_all(struct delayed **list)
{
	while (*list) {
		struct delayed *d = *list;

		ptimer_cancel(&d->t);
		delayed_unlink(d);
	}
}

static struct delayed *delayed_new(struct overlay *o, struct delayed **list, const char *name,
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

static int bind_to(int fd, const struct endpoint *local)
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

/* --- TCP ---------------------------------------------------------------------------------- */

static void conn_ended(struct conn *c, int error)
{
	const struct conn_ops *ops = c->ops;
	unsigned generation = c->generation;

	ptimer_cancel(&c->timer);
	if (c->flow >= 0 && !c->server)
		truth_close(c->o->truth, (uint32_t)c->flow, loop_now(c->o->loop));
	loop_fd_del(c->o->loop, c->fd);
	close(c->fd);
	c->fd = -1;
	delayed_drop_all(&c->later);
	if (ops && ops->closed)
		ops->closed(c, error);
	if (c->generation == generation)
		conn_close(c, false);
}

static void conn_timeout(void *arg)
{
	conn_ended(arg, ETIMEDOUT);
}

static void conn_read(struct conn *c)
{
	unsigned generation = c->generation;

	for (;;) {
		ssize_t n = recv(c->fd, c->o->rx, sizeof(c->o->rx), 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			conn_ended(c, n < 0 ? errno : 0);
			return;
		}
		if (c->server) {
			long flow = flow_of(c->o, c->o->rx, (size_t)n);

			if (flow >= 0)
				c->flow = flow;
		} else {
			flow_of(c->o, c->o->rx, (size_t)n);
		}
		if (c->ops && c->ops->data)
			c->ops->data(c, c->o->rx, (size_t)n);
		if (c->generation != generation || c->fd < 0)
			return;
	}
}

static void conn_ready(void *arg, uint32_t events)
{
	struct conn *c = arg;

	if (c->connecting) {
		int error = 0;
		socklen_t len = sizeof(error);

		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error) {
			conn_ended(c, error);
			return;
		}
		if (!(events & EPOLLOUT))
			return;
		c->connecting = false;
		ptimer_cancel(&c->timer);
		loop_fd_mod(c->o->loop, c->fd, EPOLLIN);
		c->ops->connected(c);
		return;
	}
	conn_read(c);
}

static struct conn *conn_new(struct overlay *o, int fd)
{
	struct conn *c = o->idle_conns;
	unsigned generation = 0;
	struct conn *all;
	int one = 1;

	if (c) {
		o->idle_conns = c->next;
		generation = c->generation;
		all = c->all;
	} else {
		c = xcalloc(1, sizeof(*c));
		all = o->conns;
		o->conns = c;
	}
	memset(c, 0, sizeof(*c));
	c->all = all;
	c->generation = generation + 1;
	c->o = o;
	c->fd = fd;
	c->flow = -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return c;
}

void conn_close(struct conn *c, bool abort)
{
	if (c->fd >= 0) {
		if (abort) {
			struct linger l = {1, 0};

			setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
		}
		if (c->flow >= 0 && !c->server)
			truth_close(c->o->truth, (uint32_t)c->flow, loop_now(c->o->loop));
		loop_fd_del(c->o->loop, c->fd);
		close(c->fd);
		c->fd = -1;
	}
	ptimer_cancel(&c->timer);
	delayed_drop_all(&c->later);
	c->generation++;
	c->ops = NULL;
	c->next = c->o->idle_conns;
	c->o->idle_conns = c;
}

struct conn *conn_open(struct overlay *o, int netns, const struct endpoint *local,
		       const struct endpoint *remote, double timeout_s, const struct conn_ops *ops,
		       void *owner)
{
	int fd = netns_socket(netns, AF_INET, SOCK_STREAM, 0, NULL), one = 1;
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(remote, &ss);
	struct conn *c;

	if (fd < 0)
		return NULL;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind_to(fd, local) < 0 ||
	    (connect(fd, (struct sockaddr *)&ss, len) < 0 && errno != EINPROGRESS)) {
		int saved = errno;

		close(fd);
		errno = saved;
		return NULL;
	}
	c = conn_new(o, fd);
	c->connecting = true;
	c->local = *local;
	c->remote = *remote;
	c->ops = ops;
	c->owner = owner;
	if (loop_fd_add(o->loop, fd, EPOLLIN | EPOLLOUT, conn_ready, c, NULL) < 0) {
		conn_close(c, true);
		return NULL;
	}
	ptimer_after(o, &c->timer, timeout_s, conn_timeout, c);
	return c;
}

static void conn_push(struct conn *c, const char *name, const void *p, size_t n)
{
	if (c->fd < 0)
		return;
	if (c->flow >= 0)
		flow_sent(c->o, (uint32_t)c->flow, c->server, name, p, n);
	if (send(c->fd, p, n, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
		return; /* the reset shows up as an event */
}

void conn_send(struct conn *c, const char *name, const void *p, size_t n)
{
	if (c->later) /* never past a message that waits: the RC4 stream has an order */
		conn_send_later(c, 0, name, p, n);
	else
		conn_push(c, name, p, n);
}

void conn_send_later(struct conn *c, double delay_s, const char *name, const void *p, size_t n)
{
	struct delayed *d;
	uint64_t now = overlay_now(c->o), at = now + (uint64_t)(delay_s * 1e9);

	if (c->fd < 0)
		return;
	if (c->later && at <= c->last_send_ns)
		at = c->last_send_ns + SEND_GAP_NS;
	c->last_send_ns = at;
	d = delayed_new(c->o, &c->later, name, p, n);
	d->conn = c;
	d->sock = NULL;
	ptimer_after(c->o, &d->t, (double)(at - now) / 1e9, delayed_fire, d);
}

static void listener_ready(void *arg, uint32_t events)
{
	struct listener *l = arg;
	struct sockaddr_storage ss;

	(void)events;
	for (;;) {
		socklen_t len = sizeof(ss);
		int fd = accept4(l->fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct conn *c;

		if (fd < 0)
			return;
		c = conn_new(l->o, fd);
		c->server = true;
		c->local = l->local;
		endpoint_from_sockaddr(&ss, &c->remote);
		l->accepted(l, c);
		if (loop_fd_add(l->o->loop, fd, EPOLLIN, conn_ready, c, NULL) < 0)
			conn_close(c, true);
	}
}

int listener_open(struct listener *l, struct overlay *o, int netns, const struct endpoint *local,
		  bool filtered, struct err *e)
{
	struct sock_filter drop[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	struct sock_fprog prog = {ARRAY_LEN(drop), drop};
	char text[ENDPOINT_TEXT_LEN];
	int one = 1;

	l->o = o;
	l->local = *local;
	l->fd = netns_socket(netns, AF_INET, SOCK_STREAM, 0, e);
	if (l->fd < 0)
		return -1;
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (filtered && setsockopt(l->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0)
		err_sys(e, "TCP %s: cannot filter", endpoint_text(local, text));
	else if (bind_to(l->fd, local) < 0 || listen(l->fd, 512) < 0)
		err_sys(e, "TCP %s: cannot listen", endpoint_text(local, text));
	else if (loop_fd_add(o->loop, l->fd, EPOLLIN, listener_ready, l, e) == 0)
		return 0;
	close(l->fd);
	l->fd = -1;
	return -1;
}

void conn_seed(struct conn *c)
{
	char name[48];

	snprintf(name, sizeof(name), "conn/%08x/%u", skype_crc32(c->in, c->in_len), c->remote.port);
	rng_init(&c->rng, c->o->seed, name);
}

void listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	loop_fd_del(l->o->loop, l->fd);
	close(l->fd);
	l->fd = -1;
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
