// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * peer_udp.c - the emulated peers' UDP sockets
 *
 * Model. Every socket is a real one in some network namespace, served by the overlay's epoll loop.
 * One message is one datagram. What arrives is handed to the owner with the truth flow it came on.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/netns.h"
#include "replay/skype/delayed_send.h"
#include "replay/skype/flow_log.h"
#include "replay/skype/overlay_private.h"
#include "replay/skype/peer_bind.h"
#include "replay/skype/peer_udp.h"

void udp_sock_init(struct udp_sock *s)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

void udp_sock_borrow(struct udp_sock *s, const struct udp_sock *of)
{
	s->o = of->o;
	s->fd = of->fd;
	s->local = of->local;
	s->mask = of->mask;
	s->borrowed = true;
}

static void udp_sock_ready(void *arg, uint32_t events)
{
	struct udp_sock *s = arg;
	struct sockaddr_storage ss;

	(void)events;
	for (int i = 0; i < 64 && s->fd >= 0; i++) {
		socklen_t len = sizeof(ss);
		ssize_t n = recvfrom(s->fd, s->o->rx, sizeof(s->o->rx), 0, (struct sockaddr *)&ss,
				     &len);
		struct endpoint from;
		long flow;

		if (n < 0)
			return; /* nothing more; an ICMP error ends this round of reading only */
		endpoint_from_sockaddr(&ss, &from);
		flow = flow_log_find(s->o, s->o->rx, (size_t)n);
		datagram_mask(s->o->rx, (size_t)n, s->mask);
		s->rx(s->owner, &from, s->o->rx, (size_t)n, flow);
	}
}

int udp_sock_open(struct udp_sock *s, struct overlay *o, int netns, const struct endpoint *local,
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
	if (peer_bind(s->fd, local) < 0) {
		err_sys(e, "UDP %s: cannot bind", endpoint_text(local, text));
		close(s->fd);
		s->fd = -1;
		return -1;
	}
	if (loop_fd_add(o->loop, s->fd, EPOLLIN, udp_sock_ready, s, e) < 0) {
		close(s->fd);
		s->fd = -1;
		return -1;
	}
	return 0;
}

void udp_sock_close(struct udp_sock *s)
{
	if (s->fd < 0)
		return;
	delayed_send_drop(&s->later);
	if (!s->borrowed) {
		loop_fd_del(s->o->loop, s->fd);
		close(s->fd);
	}
	s->fd = -1;
}

void udp_sock_send(struct udp_sock *s, const struct endpoint *to, uint32_t flow, bool to_opener,
		   const char *name, const void *p, size_t n)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(to, &ss);
	uint8_t covered[DATAGRAM_MAX];

	if (s->fd < 0)
		return;
	if (s->mask != MASK_NONE && n <= sizeof(covered)) {
		memcpy(covered, p, n);
		datagram_mask(covered, n, s->mask);
		p = covered;
	}
	flow_log_sent(s->o, flow, to_opener, name, p, n);
	/* A pending ICMP error is reported by the next send: clear it and send again. A firewall
	 * that drops on the way out says EPERM: the message was sent as far as the peer knows. */
	for (int i = 0; i < 3; i++)
		if (sendto(s->fd, p, n, 0, (struct sockaddr *)&ss, len) >= 0 || errno == EPERM)
			return;
}

static void send_delayed(const struct delayed_send *d)
{
	udp_sock_send(d->sender, &d->to, d->flow, d->to_opener, d->name, d->p, d->n);
}

void udp_sock_send_later(struct udp_sock *s, double delay_s, const struct endpoint *to,
			 uint32_t flow, bool to_opener, const char *name, const void *p, size_t n)
{
	struct delayed_send *d;

	if (s->fd < 0)
		return;
	d = delayed_send_new(s->o, &s->later, send_delayed, s, name, p, n);
	d->to = *to;
	d->flow = flow;
	d->to_opener = to_opener;
	delayed_send_after(d, delay_s);
}
