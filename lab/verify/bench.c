// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bench.c - a small lab and the probes that lab verify sends through it
 *
 * Probes are real sockets. The virtual clock makes waiting cheap and reliable: emulated time moves
 * on only when the kernel has nothing under way, so what has not arrived by then will not arrive.
 * Waits are shorter than TCP's first retransmission, so that only the first packet counts.
 */
#include <netinet/in.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/netns.h"
#include "lab/nft/batch.h"
#include "lab/verify/bench.h"

#define MOMENT (50 * NS_PER_MS)

static int bench_fail(struct bench *b, const char *what)
{
	if (!b->failed)
		err_env(&b->e, "lab verify: %s: %s", what, strerror(errno));
	b->failed = true;
	return -1;
}

int bench_up(struct bench *b, const struct bench_site *sites, size_t n,
	     const struct firewall *internet, uint64_t seed, struct err *e)
{
	static const char *const names[] = {"a", "b"};
	static const char *const login_text[] = {"195.215.8.141", "212.72.49.141"};
	/* servers, a resolver, and the hosts of site "a" as lab/plan.c numbers them */
	static const char *const dns_text[] = {"198.51.100.53"};
	static const char *const sn_text[] = {"198.51.100.4", "203.0.113.10", "192.168.200.10"};
	struct ip login[2], dns[1], sn[3];
	struct lab_group groups[] = {{"login-servers", login, 2},
				     {"dns", dns, 1},
				     {"super-nodes", sn, 3},
				     {"some-super-nodes", sn, 3}};
	struct lab_site_spec specs[2] = {0};
	struct lab_prefix net[3] = {{.len = 24}, {.len = 32}, {.len = 32}};
	struct lab_spec spec = {.name = "verify",
				.seed = seed,
				.sites = specs,
				.n_sites = n,
				.internet = net,
				.n_internet = 3,
				.groups = groups,
				.n_groups = ARRAY_LEN(groups),
				.internet_firewall = internet};

	memset(b, 0, sizeof(*b));
	for (size_t i = 0; i < 2; i++)
		ip_parse(login_text[i], &login[i]);
	for (size_t i = 0; i < 3; i++)
		ip_parse(sn_text[i], &sn[i]);
	ip_parse(dns_text[0], &dns[0]);
	ip_parse("198.51.100.0", &net[0].ip);
	net[1].ip = login[0];
	net[2].ip = login[1];
	for (size_t i = 0; i < n; i++)
		specs[i] = (struct lab_site_spec){.name = names[i],
						  .hosts = 1,
						  .firewall = sites[i].firewall,
						  .nat = sites[i].nat};
	b->loop = loop_new(LOOP_VIRTUAL, 1153785600 * NS_PER_SEC, e); /* 25 July 2006 */
	if (b->loop)
		b->lab = lab_up(&spec, b->loop, e);
	if (!b->lab) {
		bench_down(b);
		return -1;
	}
	return 0;
}

void bench_down(struct bench *b)
{
	for (size_t i = 0; i < b->n_fds; i++)
		close(b->fds[i]);
	b->n_fds = 0;
	lab_down(b->lab);
	if (b->loop)
		loop_free(b->loop);
	b->lab = NULL;
	b->loop = NULL;
}

void bench_wait(struct bench *b, uint64_t ns)
{
	struct err e;

	if (loop_run(b->loop, loop_now(b->loop) + ns, &e) < 0 && !b->failed) {
		b->e = e;
		b->failed = true;
	}
}

struct endpoint bench_at(struct bench *b, const char *node, const char *ip, uint16_t port)
{
	struct endpoint at = {.port = port};

	if (ip)
		ip_parse(ip, &at.ip);
	else
		at.ip = lab_node_ip(b->lab, node);
	return at;
}

static int bench_socket(struct bench *b, const char *node, const char *ip, uint16_t port, int type)
{
	struct endpoint at = bench_at(b, node, ip, port);
	struct sockaddr_storage ss;
	socklen_t n = endpoint_to_sockaddr(&at, &ss);
	struct linger now = {.l_onoff = 1}; /* no TIME_WAIT between probes */
	int one = 1, fd;

	if (b->n_fds == ARRAY_LEN(b->fds)) {
		errno = EMFILE;
		return bench_fail(b, "probes");
	}
	fd = netns_socket(lab_node_netns(b->lab, node), AF_INET, type, 0, &b->e);
	if (fd < 0)
		return bench_fail(b, "socket");
	b->fds[b->n_fds++] = fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_STREAM) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	}
	if (bind(fd, (struct sockaddr *)&ss, n) < 0)
		return bench_fail(b, "bind");
	return fd;
}

int bench_udp(struct bench *b, const char *node, const char *ip, uint16_t port)
{
	return bench_socket(b, node, ip, port, SOCK_DGRAM);
}

void bench_send(struct bench *b, int fd, const struct endpoint *to, uint32_t tag)
{
	struct sockaddr_storage ss;
	socklen_t n = endpoint_to_sockaddr(to, &ss);

	(void)b;
	if (to->ip.family)
		sendto(fd, &tag, sizeof(tag), 0, (struct sockaddr *)&ss, n);
}

bool bench_recv(struct bench *b, int fd, uint32_t tag, struct endpoint *from)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	uint32_t got;

	(void)b;
	while (recvfrom(fd, &got, sizeof(got), 0, (struct sockaddr *)&ss, &n) == sizeof(got)) {
		if (got == tag) {
			if (from)
				endpoint_from_sockaddr(&ss, from);
			return true;
		}
		n = sizeof(ss);
	}
	return false;
}

bool bench_passes(struct bench *b, int from, const struct endpoint *to, int at,
		  struct endpoint *seen)
{
	static uint32_t tag;

	if (from < 0 || at < 0)
		return false;
	bench_send(b, from, to, ++tag);
	bench_wait(b, MOMENT);
	return bench_recv(b, at, tag, seen);
}

int bench_listen(struct bench *b, const char *node, const char *ip, uint16_t port)
{
	struct endpoint at = bench_at(b, node, ip, port);
	struct bench_listener *l = &b->listeners[b->n_listeners];

	/* two on one endpoint would share its connections */
	for (size_t i = 0; i < b->n_listeners; i++)
		if (endpoint_eq(&b->listeners[i].at, &at) && !strcmp(b->listeners[i].node, node))
			return b->listeners[i].fd;
	if (b->n_listeners == ARRAY_LEN(b->listeners)) {
		errno = EMFILE;
		return bench_fail(b, "listeners");
	}
	l->fd = bench_socket(b, node, ip, port, SOCK_STREAM);
	if (l->fd < 0 || listen(l->fd, 16) < 0)
		return bench_fail(b, "listen");
	l->at = at;
	snprintf(l->node, sizeof(l->node), "%s", node);
	b->n_listeners++;
	return l->fd;
}

int bench_connect(struct bench *b, const char *node, const char *ip, uint16_t port,
		  const struct endpoint *to)
{
	int fd = bench_socket(b, node, ip, port, SOCK_STREAM);
	struct sockaddr_storage ss;
	socklen_t n = endpoint_to_sockaddr(to, &ss);

	if (fd < 0 || !to->ip.family)
		return -1;
	(void)connect(fd, (struct sockaddr *)&ss, n);
	bench_wait(b, MOMENT);
	return fd;
}

enum bench_outcome bench_tcp_outcome(struct bench *b, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	(void)b;
	if (fd < 0 || poll(&p, 1, 0) < 1)
		return BENCH_SILENT;
	return p.revents & (POLLERR | POLLHUP) ? BENCH_REFUSED : BENCH_PASSED;
}

int bench_accept(struct bench *b, int listener, struct endpoint *from)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	int fd = accept4(listener, (struct sockaddr *)&ss, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return -1;
	if (b->n_fds == ARRAY_LEN(b->fds)) {
		close(fd);
		errno = EMFILE;
		return bench_fail(b, "probes");
	}
	b->fds[b->n_fds++] = fd;
	if (from)
		endpoint_from_sockaddr(&ss, from);
	return fd;
}

static int udp_connected(struct bench *b, const char *node, const char *ip, uint16_t port,
			 const struct endpoint *to)
{
	int fd = bench_udp(b, node, ip, port);
	struct sockaddr_storage ss;
	socklen_t n = endpoint_to_sockaddr(to, &ss);

	if (fd >= 0 && to->ip.family && connect(fd, (struct sockaddr *)&ss, n) < 0)
		return bench_fail(b, "connect");
	return fd;
}

static bool udp_refused(struct bench *b, int fd)
{
	int why = 0;
	socklen_t n = sizeof(why);

	(void)b;
	return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) == 0 && why;
}

static bool answer_udp(struct bench *b, int far, const struct endpoint *seen, int fd)
{
	static uint32_t tag = 1U << 31;

	bench_send(b, far, seen, ++tag);
	bench_wait(b, MOMENT);
	return bench_recv(b, fd, tag, NULL);
}

static bool answer_tcp(struct bench *b, int far, int fd)
{
	char c = 'x';

	if (far < 0 || send(far, &c, 1, MSG_NOSIGNAL) != 1)
		return false;
	bench_wait(b, MOMENT);
	return recv(fd, &c, 1, 0) == 1;
}

enum bench_outcome bench_flow(struct bench *b, enum firewall_protocol proto, const char *node,
			      const char *ip, uint16_t port, const struct endpoint *to,
			      const char *at_node, const char *at_ip, uint16_t at_port)
{
	enum bench_outcome outcome;
	struct endpoint seen;
	int fd, far;

	if (proto == FIREWALL_TCP) {
		far = bench_listen(b, at_node, at_ip, at_port);
		fd = bench_connect(b, node, ip, port, to);
		outcome = bench_tcp_outcome(b, fd);
		if (outcome == BENCH_PASSED && !answer_tcp(b, bench_accept(b, far, NULL), fd))
			return BENCH_SILENT;
		return outcome;
	}
	far = bench_udp(b, at_node, at_ip, at_port);
	fd = udp_connected(b, node, ip, port, to);
	if (bench_passes(b, fd, to, far, &seen))
		return answer_udp(b, far, &seen, fd) ? BENCH_PASSED : BENCH_SILENT;
	return udp_refused(b, fd) ? BENCH_REFUSED : BENCH_SILENT;
}

uint64_t bench_counter(struct bench *b, const char *node, const char *counter)
{
	struct nft *n = nft_open(lab_node_netns(b->lab, node), &b->e);
	uint64_t packets = 0, bytes;

	if (!n) {
		b->failed = true;
		return 0;
	}
	nft_counter(n, &nft_gateway_table, counter, &packets, &bytes);
	nft_close(n);
	return packets;
}
