// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tcp.c - the TCP sockets of talks
 *
 * One listener per server address and port. Which waiting talk does an accepted connection belong
 * to? Without NAT the peer's address says it. Behind NAT the opener's sequence number does: it is
 * read from both sockets through TCP_REPAIR, which any process may use that has CAP_NET_ADMIN over
 * the socket's namespace, as the lab's process has. Where that is refused, connections are taken
 * in the order in which they were opened.
 *
 * An acceptor that stays silent does so by a socket filter on its listener. The SYNs it is to pass
 * over are known by their sequence number, again set through TCP_REPAIR: all have the same upper 24
 * bits, so that connections of others to the same port are still taken.
 *
 * Every message is one send() with TCP_NODELAY, so it travels as segments of its own, the last with
 * PSH.
 */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/netns.h"
#include "replay/dialog/dialog_private.h"

#define BACKLOG	    512
#define SILENT_SEQ  0x5b1d7300u /* any value: it only has to be ours */
#define SILENT_MASK 0xffffff00u

static void on_socket(void *arg, uint32_t events);

static void watch_out(struct talk_socket *s, bool on)
{
	if (s->watched_out == on)
		return;
	s->watched_out = on;
	loop_fd_mod(s->talk->ts->loop, s->fd, EPOLLIN | (on ? EPOLLOUT : 0));
}

/* Next sequence number of a socket's queue (TCP_SEND_QUEUE or TCP_RECV_QUEUE). */
static int queue_seq(int fd, int queue, uint32_t *seq)
{
	int on = 1, off = -1 /* TCP_REPAIR_OFF_NO_WP */, r = -1;
	socklen_t len = sizeof(*seq);

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) < 0)
		return -1;
	if (!setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) &&
	    !getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, seq, &len))
		r = 0;
	setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off));
	return r;
}

/* The sequence number that a socket, not yet connected, will begin with. */
static int start_seq(int fd, uint32_t seq, struct err *e)
{
	int on = 1, off = -1, queue = TCP_SEND_QUEUE;

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, sizeof(seq)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)) < 0)
		return err_sys(e, "cannot choose a sequence number");
	return 0;
}

/* From now on the listener drops SYNs that carry the mark. */
static int listener_ignore(const struct port *p, struct err *e)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4), /* TCP's sequence number */
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, SILENT_MASK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SILENT_SEQ, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog prog = {ARRAY_LEN(code), code};

	if (setsockopt(p->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0)
		return err_sys(e, "cannot make a listener silent");
	return 0;
}

static struct talk *find_waiting(struct port *p, int fd, const struct endpoint *peer)
{
	struct talk *oldest = NULL;
	uint32_t theirs, ours;
	bool by_seq = !queue_seq(fd, TCP_RECV_QUEUE, &theirs);

	for (struct talk *t = p->waiting; t; t = t->wait_next)
		if (endpoint_eq(&t->tuple.src, peer))
			return t;
	for (struct talk *t = p->waiting; t; t = t->wait_next) {
		struct tcp_info info;
		socklen_t len = sizeof(info);

		if (getsockopt(t->sock[0].fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
		    info.tcpi_state != TCP_ESTABLISHED)
			continue;
		if (!by_seq)
			return t;
		if (!queue_seq(t->sock[0].fd, TCP_SEND_QUEUE, &ours) && ours == theirs)
			return t;
		if (!oldest)
			oldest = t;
	}
	return by_seq ? NULL : oldest;
}

static void joined(struct talk *t)
{
	if (t->connected && t->sock[1].fd >= 0 && t->state == TALK_CONNECTING)
		talk_connected(t);
}

static void on_listener(void *arg, uint32_t events)
{
	struct port *p = arg;

	(void)events;
	p->refs++;
	for (;;) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		struct endpoint peer;
		struct talk *t;
		int one = 1,
		    fd = accept4(p->fd, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			break;
		memset(&peer, 0, sizeof(peer));
		endpoint_from_sockaddr(&ss, &peer);
		t = find_waiting(p, fd, &peer);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (!t || loop_fd_add(p->ts->loop, fd, EPOLLIN, on_socket, &t->sock[1], NULL) < 0) {
			close(fd); /* of a talk that gave up */
			continue;
		}
		waiting_remove(p, t);
		t->sock[1].fd = fd;
		t->peer[1] = peer;
		joined(t);
	}
	port_put(p);
}

int tcp_port_open(struct port *p, struct err *e)
{
	int one = 1, family = p->key.at.ip.family == 6 ? AF_INET6 : AF_INET;

	p->fd = netns_socket(p->key.netns, family, SOCK_STREAM, 0, e);
	if (p->fd < 0)
		return -1;
	setsockopt(p->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(p->fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind_drawn(p->fd, &p->key.at, NULL, e) < 0)
		return -1;
	if (listen(p->fd, BACKLOG) < 0)
		return err_sys(e, "listen");
	return loop_fd_add(p->ts->loop, p->fd, EPOLLIN, on_listener, p, e);
}

int tcp_talk_open(struct talk *t, struct rng *rng, struct err *e)
{
	struct talk_side *a = &t->spec.opener, *b = &t->spec.acceptor;
	int family = a->at.ip.family == 6 ? AF_INET6 : AF_INET, one = 1;
	struct sockaddr_storage ss;
	char text[ENDPOINT_TEXT_LEN];
	socklen_t len;

	if (t->spec.answer != ANSWER_REFUSE) {
		t->port[1] = port_get(t->ts, IPPROTO_TCP, b->netns, &b->at, e);
		if (!t->port[1])
			return -1;
	}
	t->sock[0].fd = netns_socket(a->netns, family, SOCK_STREAM, 0, e);
	if (t->sock[0].fd < 0)
		return -1;
	setsockopt(t->sock[0].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(t->sock[0].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(t->sock[0].fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind_drawn(t->sock[0].fd, &a->at, rng, e) < 0)
		return -1;
	t->tuple.src = a->at;
	len = endpoint_to_sockaddr(&t->spec.target, &ss);
	if (t->spec.answer == ANSWER_ACCEPT)
		waiting_add(t->port[1], t);
	else if (t->spec.answer == ANSWER_SILENT &&
		 (listener_ignore(t->port[1], e) < 0 ||
		  start_seq(t->sock[0].fd, SILENT_SEQ | (uint32_t)rng_range(rng, 0, ~SILENT_MASK),
			    e) < 0))
		return -1;
	if (connect(t->sock[0].fd, (struct sockaddr *)&ss, len) < 0 && errno != EINPROGRESS)
		return err_sys(e, "cannot connect to %s", endpoint_text(&t->spec.target, text));
	t->sock[0].watched_out = true;
	return loop_fd_add(t->ts->loop, t->sock[0].fd, EPOLLIN | EPOLLOUT, on_socket, &t->sock[0],
			   e);
}

/* Writes what is kept for a socket. 0, or -1: the connection is gone. */
static int flush(struct talk_socket *s)
{
	while (s->out_off < s->out_len) {
		ssize_t n = send(s->fd, s->out + s->out_off, s->out_len - s->out_off, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		s->out_off += (uint32_t)n;
	}
	s->out_off = s->out_len = 0;
	return 0;
}

int tcp_talk_send(struct talk *t, int dir, const uint8_t *data, uint32_t len)
{
	struct talk_socket *s = &t->sock[dir];
	ssize_t n = 0;

	if (!s->out_len) {
		n = send(s->fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return -1;
		n = n < 0 ? 0 : n;
	}
	if ((uint32_t)n < len) {
		uint32_t rest = len - (uint32_t)n;

		if (s->out_len + rest > s->out_cap) {
			s->out_cap = s->out_len + rest;
			s->out = xrealloc(s->out, s->out_cap);
		}
		memcpy(s->out + s->out_len, data + n, rest);
		s->out_len += rest;
		watch_out(s, true);
	}
	return 0;
}

bool tcp_talk_unacked(const struct talk *t)
{
	for (int side = 0; side < 2; side++) {
		struct tcp_info info;
		socklen_t len = sizeof(info);

		if (t->sock[side].fd >= 0 &&
		    !getsockopt(t->sock[side].fd, IPPROTO_TCP, TCP_INFO, &info, &len) &&
		    info.tcpi_state == TCP_ESTABLISHED && info.tcpi_unacked)
			return true;
	}
	return false;
}

void tcp_talk_shutdown(struct talk *t, int side)
{
	if (t->sock[side].fd >= 0)
		shutdown(t->sock[side].fd, SHUT_WR);
	if (t->sock[!side].eof) /* the other side went first */
		talk_closed(t);
}

void tcp_talk_close(struct talk *t, bool reset)
{
	struct linger hard = {1, 0};

	for (int side = 0; side < 2; side++) {
		int fd = t->sock[side].fd;

		if (fd < 0)
			continue;
		if (reset && t->state != TALK_CONNECTING)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		loop_fd_del(t->ts->loop, fd);
		close(fd);
		t->sock[side].fd = -1;
	}
	port_put(t->port[1]);
	t->port[1] = NULL;
}

/* The stream from the other side ended. In an orderly close: answer with our own end, then done. */
static void got_eof(struct talk_socket *s)
{
	struct talk *t = s->talk;
	int side = s == &t->sock[1];

	s->eof = true;
	if (t->state != TALK_CLOSING) {
		talk_broken(t);
		return;
	}
	if (t->sock[!side].eof) {
		talk_closed(t);
		return;
	}
	shutdown(s->fd, SHUT_WR);
	loop_fd_del(t->ts->loop, s->fd);
}

static void on_socket(void *arg, uint32_t events)
{
	static uint8_t sink[65536];
	struct talk_socket *s = arg;
	struct talk *t = s->talk;
	int side = s == &t->sock[1], error = 0;
	socklen_t len = sizeof(error);
	ssize_t n;

	if (t->state == TALK_CONNECTING && side == 0 && (events & (EPOLLOUT | EPOLLERR))) {
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error) {
			talk_broken(t);
			return;
		}
		t->connected = true;
		watch_out(s, false);
		joined(t);
		return;
	}
	if (events & EPOLLOUT) {
		if (flush(s) < 0) {
			talk_broken(t);
			return;
		}
		watch_out(s, s->out_len != 0);
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || s->eof)
		return;
	/* One read per event: a talk may end inside, and the loop comes back for the rest. */
	n = recv(s->fd, sink, sizeof(sink), 0);
	if (n > 0)
		talk_got_bytes(t, !side, (uint32_t)n);
	else if (n == 0)
		got_eof(s);
	else if (errno != EAGAIN)
		talk_broken(t);
}
