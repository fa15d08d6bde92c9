/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_VERIFY_BENCH_H
#define LAB_VERIFY_BENCH_H

#include "lab/gateway/firewall.h"
#include "lab/gateway/gateway.h"
#include "lab/lab.h"
#include "lab/gateway/nat.h"

/*
 * A small lab to probe in, and probes. Private to this folder. An error of the environment (no
 * socket) is kept in b->e, and every later probe then answers "nothing".
 */

/* RFC 5780: two addresses and two ports of one server; a third address is a stranger's. */
#define SERVER_1 "198.51.100.1"
#define SERVER_2 "198.51.100.2"
#define STRANGER "198.51.100.3"
#define PORT_1	 3478
#define PORT_2	 3479

struct bench {
	struct loop *loop;
	struct lab *lab;
	int fds[256]; /* (owned) of probes, closed by bench_down() */
	size_t n_fds;
	struct bench_listener {
		char node[LAB_NAME_LEN];
		struct endpoint at;
		int fd;
	} listeners[64];
	size_t n_listeners;
	struct err e;
	bool failed;
};

struct bench_site {
	const struct firewall *firewall; /* NULL = open */
	const struct nat_policy *nat;	 /* NULL = public */
};

/* One or two sites "a" and "b" of one host each. 0, or -1 with @e set. */
int bench_up(struct bench *b, const struct bench_site *sites, size_t n,
	     const struct firewall *internet, uint64_t seed, struct err *e);
void bench_down(struct bench *b);
/* Lets the emulated clock run on. */
void bench_wait(struct bench *b, uint64_t ns);

/* Endpoint in a node: @ip NULL = the host's own. */
struct endpoint bench_at(struct bench *b, const char *node, const char *ip, uint16_t port);
/* A bound UDP socket. */
int bench_udp(struct bench *b, const char *node, const char *ip, uint16_t port);
/* Sends one datagram holding @tag. */
void bench_send(struct bench *b, int fd, const struct endpoint *to, uint32_t tag);
/* Receives what is there until one with @tag comes; false when it does not. */
bool bench_recv(struct bench *b, int fd, uint32_t tag, struct endpoint *from);
/* Sends, waits a moment, receives. */
bool bench_passes(struct bench *b, int from, const struct endpoint *to, int at,
		  struct endpoint *seen);

/* TCP; all of these may share ports. A listener, one per endpoint however often it is asked for. A
 * connection attempt, bound to its own endpoint, without waiting. Whether it was established. The
 * accepted other end, -1 when there is none. */
int bench_listen(struct bench *b, const char *node, const char *ip, uint16_t port);
int bench_connect(struct bench *b, const char *node, const char *ip, uint16_t port,
		  const struct endpoint *to);
enum bench_outcome { BENCH_PASSED, BENCH_SILENT, BENCH_REFUSED };
enum bench_outcome bench_tcp_outcome(struct bench *b, int fd);
int bench_accept(struct bench *b, int listener, struct endpoint *from);

/* One flow from @node (own endpoint @ip, @port) to @to, whose other end is at @at_ip, @at_port in
 * @at_node: passed when the first packet arrives and an answer comes back. */
enum bench_outcome bench_flow(struct bench *b, enum firewall_protocol proto, const char *node,
			      const char *ip, uint16_t port, const struct endpoint *to,
			      const char *at_node, const char *at_ip, uint16_t at_port);

/* Packets of a gateway's named counter; 0 when there is none. */
uint64_t bench_counter(struct bench *b, const char *node, const char *counter);

#endif
