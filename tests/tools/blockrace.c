// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * blockrace.c - what of a flow still passes a filtering gateway after the packet that gives it away
 *
 *	blockrace CLIENT SERVER COUNT SPACING PACKETS PATIENCE	CLIENT, SERVER: process numbers, in whose
 *								networks the two ends are
 *
 * COUNT times, each time from another client to another node (10.0.0.0/9, 198.18.0.0/15): a probe of Skype
 * 2.0 that is refused, repeated and accepted (U1 to U4). From the moment at which U4 has passed the gateway,
 * the client sends PACKETS numbered datagrams in the same flow, one each SPACING microseconds. Where others
 * use the processors, it waits up to PATIENCE milliseconds for a moment without before each time. A line for each
 * time; microseconds are since U4 was received by the client's network (the kernel's time stamps):
 *
 *	client's address, how many others wanted a processor before or after (the greater), how many packets
 *	came through, when the last of them was received, when the first was sent that did not; - = none
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/netns.h"
#include "base/rng.h"

#define NODE_PORT 4000
#define U1_BYTES  27
#define MOST	  1000 /* datagrams of a flow */
#define WAIT_MS	  200  /* for what must come */
#define DRAIN_MS  3    /* for what may */
#define REST_US	  2000 /* between two times */

struct race {
	struct rng rng;
	int client_net, client, server;
	uint64_t spacing_ns;
	unsigned packets, patience_ms;
	uint8_t u1[U1_BYTES], u2[11];
};

/* What came: @from whom, @to which address of ours, @ns when. */
struct came {
	uint8_t data[256];
	size_t n;
	struct sockaddr_in from;
	struct in_pktinfo to;
	uint64_t ns;
};

static int fail(const char *what)
{
	fprintf(stderr, "blockrace: %s\n", what);
	exit(1);
}

static void yes(int fd, int level, int option)
{
	const int one = 1;

	if (setsockopt(fd, level, option, &one, sizeof(one)) < 0)
		fail("setsockopt");
}

static int open_end(int net, uint32_t address, uint16_t port)
{
	struct sockaddr_in own = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
	struct err e;
	int fd = netns_socket(net, AF_INET, SOCK_DGRAM, 0, &e);

	if (fd < 0)
		fail(e.msg);
	yes(fd, SOL_SOCKET, SO_TIMESTAMPNS);
	yes(fd, IPPROTO_IP, IP_PKTINFO);
	yes(fd, IPPROTO_IP, IP_FREEBIND);
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0)
		fail("bind");
	return fd;
}

static bool receive(int fd, struct came *c, int wait_ms)
{
	uint8_t room[256];
	struct iovec at = {c->data, sizeof(c->data)};
	struct msghdr m = {.msg_name = &c->from,
			   .msg_namelen = sizeof(c->from),
			   .msg_iov = &at,
			   .msg_iovlen = 1,
			   .msg_control = room,
			   .msg_controllen = sizeof(room)};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct timespec t = {0};
	ssize_t n;

	if (wait_ms && poll(&p, 1, wait_ms) <= 0)
		return false;
	n = recvmsg(fd, &m, 0);
	if (n < 0)
		return false;
	c->n = (size_t)n;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h))
		if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&t, CMSG_DATA(h), sizeof(t));
		else if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO)
			memcpy(&c->to, CMSG_DATA(h), sizeof(c->to));
	c->ns = (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
	return true;
}

static void expect(int fd, struct came *c)
{
	if (!receive(fd, c, WAIT_MS))
		fail("a message of the probe did not come through");
}

/* To whom @asked came from, from the address that it was sent to. */
static void answer(int fd, const struct came *asked, const void *data, size_t n)
{
	union {
		struct cmsghdr h;
		uint8_t room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = {0};
	struct sockaddr_in to = asked->from;
	struct iovec at = {(void *)(uintptr_t)data, n};
	struct msghdr m = {.msg_name = &to,
			   .msg_namelen = sizeof(to),
			   .msg_iov = &at,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	struct in_pktinfo from = {.ipi_spec_dst = asked->to.ipi_addr};

	control.h.cmsg_level = IPPROTO_IP;
	control.h.cmsg_type = IP_PKTINFO;
	control.h.cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(&control.h), &from, sizeof(from));
	if (sendmsg(fd, &m, 0) < 0)
		fail("sendmsg");
}

static void say(const struct race *r, const void *data, size_t n)
{
	if (send(r->client, data, n, 0) < 0)
		fail("send");
}

/* ---- the messages ---- */

static void make_u1(struct race *r)
{
	rng_fill(&r->rng, r->u1, sizeof(r->u1));
	for (size_t i = 3; i < sizeof(r->u1); i++)
		r->u1[i] |= 0x80; /* cipher text without pairs of zeros */
	r->u1[2] = 0x02;
}

static void make_u2(struct race *r, const struct came *u1)
{
	memcpy(r->u2, u1->data, 2);
	r->u2[2] = 0x27;
	memcpy(r->u2 + 3, &u1->from.sin_addr, 4);
	rng_fill(&r->rng, r->u2 + 7, 4);
}

static void say_u3(struct race *r)
{
	uint8_t u3[U1_BYTES + 5];

	memcpy(u3, r->u1, 2);
	u3[2] = 0x13;
	u3[3] = 0x01;
	memcpy(u3 + 4, r->u2 + 7, 4);
	rng_fill(&r->rng, u3 + 8, 4);
	memcpy(u3 + 12, r->u1 + 7, U1_BYTES - 7);
	say(r, u3, sizeof(u3));
}

/* The kernel's time of U4. */
static uint64_t probe(struct race *r)
{
	uint8_t u4[18];
	struct came c;

	make_u1(r);
	say(r, r->u1, sizeof(r->u1));
	expect(r->server, &c);
	make_u2(r, &c);
	answer(r->server, &c, r->u2, sizeof(r->u2));
	expect(r->client, &c);
	say_u3(r);
	expect(r->server, &c);
	rng_fill(&r->rng, u4, sizeof(u4));
	u4[2] = 0x02;
	answer(r->server, &c, u4, sizeof(u4));
	expect(r->client, &c);
	return c.ns;
}

/* ---- what comes after them ---- */

struct passed {
	uint64_t sent_ns[MOST], last_ns;
	bool came[MOST];
	unsigned n;
};

static void take(struct race *r, struct passed *p, int wait_ms)
{
	struct came c;
	uint32_t number;

	while (receive(r->server, &c, wait_ms)) {
		memcpy(&number, c.data, sizeof(number));
		if (c.n != sizeof(number) || number >= r->packets)
			continue;
		p->n += !p->came[number];
		p->came[number] = true;
		p->last_ns = c.ns;
	}
}

static void stream(struct race *r, uint64_t begin_ns, struct passed *p)
{
	for (uint32_t i = 0; i < r->packets; i++) {
		struct timespec t = clock_timespec(begin_ns + (i + 1) * r->spacing_ns);

		clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
		p->sent_ns[i] = clock_ns(CLOCK_REALTIME);
		say(r, &i, sizeof(i));
		take(r, p, 0);
	}
	take(r, p, DRAIN_MS);
}

/* Others that run, or would: all that do, without this process. */
static int others(void)
{
	int running = 0;
	FILE *f = fopen("/proc/loadavg", "r");

	if (!f || fscanf(f, "%*f %*f %*f %d", &running) != 1)
		fail("/proc/loadavg");
	fclose(f);
	return running - 1;
}

static int wait_for_rest(const struct race *r)
{
	unsigned waited = 0;
	int n;

	while ((n = others()) > 0 && waited++ < r->patience_ms)
		usleep(1000);
	return n;
}

static void print(const struct race *r, uint64_t begin_ns, const struct passed *p)
{
	unsigned i = 0;

	printf(" %u", p->n);
	if (p->n)
		printf(" %.1f", ((double)p->last_ns - (double)begin_ns) / 1e3);
	else
		fputs(" -", stdout);
	while (i < r->packets && p->came[i])
		i++;
	if (i < r->packets)
		printf(" %.1f\n", ((double)p->sent_ns[i] - (double)begin_ns) / 1e3);
	else
		puts(" -");
}

static void once(struct race *r, uint32_t i)
{
	struct sockaddr_in node = {.sin_family = AF_INET,
				   .sin_port = htons(NODE_PORT),
				   .sin_addr.s_addr = htonl(0xc6120001 + i)};
	struct in_addr own = {.s_addr = htonl(0x0a000001 + i)};
	struct passed p = {.n = 0};
	uint64_t begin_ns;
	int before, after;

	r->client = open_end(r->client_net, 0x0a000001 + i, (uint16_t)(20000 + i % 20000));
	if (connect(r->client, (struct sockaddr *)&node, sizeof(node)) < 0)
		fail("connect");
	before = wait_for_rest(r);
	begin_ns = probe(r);
	stream(r, begin_ns, &p);
	after = others();
	printf("%s %d", inet_ntoa(own), before > after ? before : after);
	print(r, begin_ns, &p);
	close(r->client);
	usleep(REST_US);
}

static int network_of(const char *pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fail("no such process") : fd;
}

int main(int argc, char **argv)
{
	struct race r = {0};
	uint32_t count;

	if (argc != 7) {
		fprintf(stderr, "usage: blockrace CLIENT SERVER COUNT SPACING PACKETS PATIENCE\n");
		return 2;
	}
	prctl(PR_SET_TIMERSLACK, 1);
	rng_init(&r.rng, 1, "blockrace");
	r.client_net = network_of(argv[1]);
	r.server = open_end(network_of(argv[2]), 0, NODE_PORT);
	count = (uint32_t)strtoul(argv[3], NULL, 10);
	r.spacing_ns = 1000 * strtoul(argv[4], NULL, 10);
	r.packets = (unsigned)strtoul(argv[5], NULL, 10);
	r.patience_ms = (unsigned)strtoul(argv[6], NULL, 10);
	if (r.packets > MOST)
		fail("at most 1000 datagrams");
	for (uint32_t i = 0; i < count; i++)
		once(&r, i);
	return 0;
}
