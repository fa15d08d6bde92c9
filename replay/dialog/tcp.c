// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tcp.c - the TCP sockets of dialogs
 *
 * There is one listener per server address and port, so an accepted connection must be assigned to
 * the dialog that opened it. Without NAT the peer's address identifies it. Behind NAT the opener's
 * initial sequence number does: it is read from both sockets through TCP_REPAIR, for which a
 * process needs CAP_NET_ADMIN over the socket's namespace, as the lab's process has. Where that is
 * refused, connections are assigned in the order in which they were opened.
 *
 * An acceptor that stays silent does so by a socket filter on its listener. The SYNs to be ignored
 * carry a sequence number of ours, set through TCP_REPAIR: all share the upper 24 bits, so
 * connections of others to the same port are still accepted.
 *
 * Every message is one send() with TCP_NODELAY, so it travels as segments of its own, the last of
 * which has PSH.
 *
 * The state of a dialog is dialog.c's. Here each side's socket has three marks: `connected` (the
 * opener's handshake is done), sock[1].fd (the acceptor's connection was found), `eof` (the other
 * side has closed). Both of the first two make the dialog connected; both eofs make it closed.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/netns.h"
#include "replay/dialog/tcp.h"

#define BACKLOG	    512
#define SILENT_SEQ  0x5b1d7300u /* arbitrary */
#define SILENT_MASK 0xffffff00u

static void on_socket(void *arg, uint32_t events);

static void watch_out(struct dialog_socket *s, bool on)
{
	if (s->watched_out == on)
		return;
	s->watched_out = on;
	loop_fd_mod(s->dialog->ds->loop, s->fd, EPOLLIN | (on ? EPOLLOUT : 0));
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

/* Sets the initial sequence number of a socket that is not connected yet. */
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

/* From now on the listener drops SYNs with the sequence numbers of start_seq(). */
static int listener_ignore(const struct dialog_port *p, struct err *e)
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

/* The waiting dialog that opened the accepted connection @fd; NULL = none of them did. */
static struct dialog *find_waiting(struct dialog_port *p, int fd, const struct endpoint *peer)
{
	struct dialog *oldest = NULL;
	uint32_t theirs, ours;
	bool by_seq = !queue_seq(fd, TCP_RECV_QUEUE, &theirs);

	for (struct dialog *d = p->waiting; d; d = d->wait_next)
		if (endpoint_eq(&d->tuple.src, peer))
			return d;
	for (struct dialog *d = p->waiting; d; d = d->wait_next) {
		struct tcp_info info;
		socklen_t len = sizeof(info);

		if (getsockopt(d->sock[0].fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
		    info.tcpi_state != TCP_ESTABLISHED)
			continue;
		if (!by_seq)
			return d;
		if (!queue_seq(d->sock[0].fd, TCP_SEND_QUEUE, &ours) && ours == theirs)
			return d;
		if (!oldest)
			oldest = d;
	}
	return by_seq ? NULL : oldest;
}

static void check_connected(struct dialog *d)
{
	if (d->connected && d->sock[1].fd >= 0 && d->state == DIALOG_CONNECTING)
		d->ds->events->connected(d);
}

static void on_listener(void *arg, uint32_t events)
{
	struct dialog_port *p = arg;

	(void)events;
	p->refs++;
	for (;;) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		struct endpoint peer;
		struct dialog *d;
		int one = 1,
		    fd = accept4(p->fd, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			break;
		memset(&peer, 0, sizeof(peer));
		endpoint_from_sockaddr(&ss, &peer);
		d = find_waiting(p, fd, &peer);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (!d || loop_fd_add(p->ds->loop, fd, EPOLLIN, on_socket, &d->sock[1], NULL) < 0) {
			close(fd); /* its dialog has ended */
			continue;
		}
		port_wait_end(p, d);
		d->sock[1].fd = fd;
		d->peer[1] = peer;
		check_connected(d);
	}
	port_put(p);
}

int tcp_port_open(struct dialog_port *p, struct err *e)
{
	int one = 1, family = p->key.at.ip.family == 6 ? AF_INET6 : AF_INET;

	p->fd = netns_socket(p->key.netns, family, SOCK_STREAM, 0, e);
	if (p->fd < 0)
		return -1;
	setsockopt(p->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(p->fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (port_bind(p->fd, &p->key.at, NULL, e) < 0)
		return -1;
	if (listen(p->fd, BACKLOG) < 0)
		return err_sys(e, "listen");
	return loop_fd_add(p->ds->loop, p->fd, EPOLLIN, on_listener, p, e);
}

int tcp_open(struct dialog *d, struct rng *rng, struct err *e)
{
	struct dialog_side *a = &d->spec.opener, *b = &d->spec.acceptor;
	int family = a->at.ip.family == 6 ? AF_INET6 : AF_INET, one = 1;
	struct sockaddr_storage ss;
	char text[ENDPOINT_TEXT_LEN];
	socklen_t len;

	if (d->spec.answer != ANSWER_REFUSE) {
		d->port[1] = port_get(d->ds, IPPROTO_TCP, b->netns, &b->at, tcp_port_open, e);
		if (!d->port[1])
			return -1;
	}
	d->sock[0].fd = netns_socket(a->netns, family, SOCK_STREAM, 0, e);
	if (d->sock[0].fd < 0)
		return -1;
	setsockopt(d->sock[0].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(d->sock[0].fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(d->sock[0].fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (port_bind(d->sock[0].fd, &a->at, rng, e) < 0)
		return -1;
	d->tuple.src = a->at;
	len = endpoint_to_sockaddr(&d->spec.target, &ss);
	if (d->spec.answer == ANSWER_ACCEPT)
		port_wait(d->port[1], d);
	else if (d->spec.answer == ANSWER_SILENT &&
		 (listener_ignore(d->port[1], e) < 0 ||
		  start_seq(d->sock[0].fd, SILENT_SEQ | (uint32_t)rng_range(rng, 0, ~SILENT_MASK),
			    e) < 0))
		return -1;
	if (connect(d->sock[0].fd, (struct sockaddr *)&ss, len) < 0 && errno != EINPROGRESS)
		return err_sys(e, "cannot connect to %s", endpoint_text(&d->spec.target, text));
	d->sock[0].watched_out = true;
	return loop_fd_add(d->ds->loop, d->sock[0].fd, EPOLLIN | EPOLLOUT, on_socket, &d->sock[0],
			   e);
}

/* Sends what was kept for a socket. 0, or -1: the connection is gone. */
static int flush(struct dialog_socket *s)
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

int tcp_send(struct dialog *d, int dir, const uint8_t *data, uint32_t len)
{
	struct dialog_socket *s = &d->sock[dir];
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

bool tcp_unacked(const struct dialog *d)
{
	for (int side = 0; side < 2; side++) {
		int left = 0;

		if (d->sock[side].fd >= 0 && !ioctl(d->sock[side].fd, SIOCOUTQ, &left) && left > 0)
			return true;
	}
	return false;
}

void tcp_shutdown(struct dialog *d, int side)
{
	if (d->sock[side].fd >= 0)
		shutdown(d->sock[side].fd, SHUT_WR);
	if (d->sock[!side].eof) /* the other side went first */
		d->ds->events->closed(d);
}

void tcp_close(struct dialog *d, bool reset)
{
	struct linger hard = {1, 0};

	for (int side = 0; side < 2; side++) {
		int fd = d->sock[side].fd;

		if (fd < 0)
			continue;
		if (reset && d->state != DIALOG_CONNECTING)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		loop_fd_del(d->ds->loop, fd);
		close(fd);
		d->sock[side].fd = -1;
	}
	port_put(d->port[1]);
	d->port[1] = NULL;
}

/* The other side has closed. During an orderly close this side then closes too. */
static void got_eof(struct dialog_socket *s)
{
	struct dialog *d = s->dialog;
	int side = s == &d->sock[1];

	s->eof = true;
	if (d->state != DIALOG_CLOSING) {
		d->ds->events->broken(d);
		return;
	}
	if (d->sock[!side].eof) {
		d->ds->events->closed(d);
		return;
	}
	shutdown(s->fd, SHUT_WR);
	loop_fd_del(d->ds->loop, s->fd);
}

static void on_socket(void *arg, uint32_t events)
{
	static uint8_t sink[65536];
	struct dialog_socket *s = arg;
	struct dialog *d = s->dialog;
	int side = s == &d->sock[1], error = 0;
	socklen_t len = sizeof(error);
	ssize_t n;

	if (d->state == DIALOG_CONNECTING && side == 0 && (events & (EPOLLOUT | EPOLLERR))) {
		getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error) {
			d->ds->events->broken(d);
			return;
		}
		d->connected = true;
		watch_out(s, false);
		check_connected(d);
		return;
	}
	if (events & EPOLLOUT) {
		if (flush(s) < 0) {
			d->ds->events->broken(d);
			return;
		}
		watch_out(s, s->out_len != 0);
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || s->eof)
		return;
	/* One read per event: the call may free the dialog; the loop comes back for the rest. */
	n = recv(s->fd, sink, sizeof(sink), 0);
	if (n > 0)
		d->ds->events->bytes(d, !side, (uint32_t)n);
	else if (n == 0)
		got_eof(s);
	else if (errno != EAGAIN)
		d->ds->events->broken(d);
}
