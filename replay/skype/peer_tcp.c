// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * peer_tcp.c - the emulated peers' TCP connections
 *
 * Model. A connection is a real socket in some network namespace, with three things of ours: a
 * connect timeout (the kernel's runs in real time), a queue of delayed messages that keeps their
 * order (the RC4 stream needs it), and the protocol state that its owner keeps in it. One message
 * is one segment with PSH: one send with Nagle off.
 *
 * Connections come from a pool. The generation number tells a handler that its connection has been
 * closed, and perhaps given to another owner, while the handler ran.
 *
 * A listener may be filtered: a socket filter that drops everything makes the kernel swallow SYNs,
 * as a host that is switched off or a firewall in front of it does.
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
#include "replay/skype/delayed_send.h"
#include "replay/skype/flow_log.h"
#include "replay/skype/overlay_private.h"
#include "replay/skype/peer_bind.h"
#include "replay/skype/peer_tcp.h"

#define SEND_GAP_NS (200 * 1000ULL) /* between two messages of a connection */

static void conn_ended(struct tcp_conn *c, int error)
{
	const struct conn_ops *ops = c->ops;
	unsigned generation = c->generation;

	peer_timer_cancel(&c->timer);
	if (c->flow >= 0 && !c->server)
		truth_close(c->o->truth, (uint32_t)c->flow, loop_now(c->o->loop));
	loop_fd_del(c->o->loop, c->fd);
	close(c->fd);
	c->fd = -1;
	delayed_send_drop(&c->later);
	if (ops && ops->closed)
		ops->closed(c, error);
	if (c->generation == generation)
		conn_close(c, false);
}

static void conn_timeout(void *arg)
{
	conn_ended(arg, ETIMEDOUT);
}

static void cover(const struct tcp_conn *c, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n && c->mask; i++)
		p[i] ^= c->mask;
}

static void conn_read(struct tcp_conn *c)
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
			long flow = flow_log_find(c->o, c->o->rx, (size_t)n);

			if (flow >= 0)
				c->flow = flow;
		} else {
			flow_log_find(c->o, c->o->rx, (size_t)n);
		}
		cover(c, c->o->rx, (size_t)n);
		if (c->ops && c->ops->data)
			c->ops->data(c, c->o->rx, (size_t)n);
		if (c->generation != generation || c->fd < 0)
			return;
	}
}

static void conn_ready(void *arg, uint32_t events)
{
	struct tcp_conn *c = arg;

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
		peer_timer_cancel(&c->timer);
		loop_fd_mod(c->o->loop, c->fd, EPOLLIN);
		c->ops->connected(c);
		return;
	}
	conn_read(c);
}

static struct tcp_conn *conn_new(struct overlay *o, int fd)
{
	struct tcp_conn *c = o->idle_conns;
	unsigned generation = 0;
	struct tcp_conn *all;
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

void conn_close(struct tcp_conn *c, bool abort)
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
	peer_timer_cancel(&c->timer);
	delayed_send_drop(&c->later);
	c->generation++;
	c->ops = NULL;
	c->next = c->o->idle_conns;
	c->o->idle_conns = c;
}

void conn_vanish(struct tcp_conn *c)
{
	int on = 1;

	/* a socket in repair mode is closed without FIN or RST */
	if (c->fd >= 0)
		setsockopt(c->fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on));
	conn_close(c, false);
}

struct tcp_conn *conn_open(struct overlay *o, int netns, const struct endpoint *local,
			   const struct endpoint *remote, double timeout_s,
			   const struct conn_ops *ops, void *owner)
{
	int fd = netns_socket(netns, AF_INET, SOCK_STREAM, 0, NULL), one = 1;
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(remote, &ss);
	struct tcp_conn *c;

	if (fd < 0)
		return NULL;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (peer_bind(fd, local) < 0 ||
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
	peer_timer_after(o, &c->timer, timeout_s, conn_timeout, c);
	return c;
}

static void send_segment(struct tcp_conn *c, const char *name, const uint8_t *p, size_t n)
{
	if (c->flow >= 0)
		flow_log_sent(c->o, (uint32_t)c->flow, c->server, name, p, n);
	if (send(c->fd, p, n, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
		return; /* the reset shows up as an event */
}

/* Sends now, past whatever waits. */
static void send_now(struct tcp_conn *c, const char *name, const void *message, size_t n)
{
	const uint8_t *p = message;
	size_t first = c->cut && c->cut < n ? c->cut : 0;
	uint8_t covered[DATAGRAM_MAX];

	if (c->fd < 0)
		return;
	if (c->mask && n <= sizeof(covered)) {
		memcpy(covered, p, n);
		cover(c, covered, n);
		p = covered;
	}
	if (first)
		send_segment(c, name, p, first);
	send_segment(c, name, p + first, n - first);
}

static void send_delayed(const struct delayed_send *d)
{
	send_now(d->sender, d->name, d->p, d->n);
}

void conn_send(struct tcp_conn *c, const char *name, const void *p, size_t n)
{
	if (c->later) /* never past a message that waits: the RC4 stream has an order */
		conn_send_later(c, 0, name, p, n);
	else
		send_now(c, name, p, n);
}

void conn_send_later(struct tcp_conn *c, double delay_s, const char *name, const void *p, size_t n)
{
	struct delayed_send *d;
	uint64_t now = peer_now(c->o), at = now + (uint64_t)(delay_s * 1e9);

	if (c->fd < 0)
		return;
	if (c->later && at <= c->last_send_ns)
		at = c->last_send_ns + SEND_GAP_NS;
	c->last_send_ns = at;
	d = delayed_send_new(c->o, &c->later, send_delayed, c, name, p, n);
	delayed_send_after(d, (double)(at - now) / 1e9);
}

static void listener_ready(void *arg, uint32_t events)
{
	struct listener *l = arg;
	struct sockaddr_storage ss;

	(void)events;
	for (;;) {
		socklen_t len = sizeof(ss);
		int fd = accept4(l->fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct tcp_conn *c;

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
	else if (peer_bind(l->fd, local) < 0 || listen(l->fd, 512) < 0)
		err_sys(e, "TCP %s: cannot listen", endpoint_text(local, text));
	else if (loop_fd_add(o->loop, l->fd, EPOLLIN, listener_ready, l, e) == 0)
		return 0;
	close(l->fd);
	l->fd = -1;
	return -1;
}

void conn_seed(struct tcp_conn *c)
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
