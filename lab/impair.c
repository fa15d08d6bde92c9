// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * impair.c - links with delay, jitter, loss and a rate, in emulated time
 *
 * Model: an impaired link is two plain links that end in the wire node, and this forwarder between
 * them. It keeps a frame that comes in at one end until it is due, then sends it out of the other
 * unchanged: the nodes on both sides see each other's MACs and no hop. Per direction:
 *
 *	lost?		with probability `loss`
 *	sent at		max(arrival, when the frame before has left) + bits / rate
 *	due at		sent at + delay + path + uniform(0, jitter), but never before the frame
 *			before it on its path
 *
 * A path is half of the round-trip time that the address behind the link has drawn (`rtt_ms`);
 * without, all frames have one path. A frame that would have to wait more than QUEUE_MS for the
 * rate is dropped, as a router's full queue drops it.
 *
 * Arrival is loop_due(): with the virtual clock the time of the timer that caused the frame. So the
 * real time that work takes moves no frame before another, one seed gives one order, and a delay of
 * 100 ms costs nothing.
 *
 * Random numbers come from the lab's seed, in a stream of its own per link and direction, and per
 * address for its round-trip time.
 *
 * Limits: TCP sends what was lost again after the kernel's real times (loss.c), so a SYN after one
 * second and not after the 3 s of 2006. The queue of a socket holds what arrives
 * between two rounds of the loop (RING_BYTES, or what the kernel's net.core.rmem_max allows).
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uthash.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/dist.h"
#include "base/netns.h"
#include "base/rng.h"
#include "lab/impair.h"
#include "lab/lab_private.h"
#include "lab/loss.h"
#include "lab/step.h"

#define QUEUE_MS   500
#define RING_BYTES (4 << 20)
#define FRAME_MAX  2048
#define BATCH	   16

struct lane;

struct lane_frame {
	struct lane_frame *next, *prev; /* of all that wait */
	struct lane *lane;
	struct loop_timer timer;
	uint32_t len;
	uint8_t bytes[];
};

/* The way to one address behind the link, in one direction. */
struct lane_path {
	uint32_t address; /* 0 = all, where addresses make no difference */
	uint64_t delay_ns;
	uint64_t last_due_ns;
	UT_hash_handle hh;
};

/* One direction of a link. */
struct lane {
	struct loop *loop;
	struct lab_link shape;
	uint64_t seed;
	int direction;
	struct rng rng;
	int in, out;		   /* the wire's sockets */
	bool watched;		   /* @in, by the loop */
	struct lane_frame *frames; /* (owned) */
	struct lane_path *paths;   /* (owned) */
	struct losses *losses;	   /* the lab's */
	uint64_t free_ns;	   /* when the link has sent all earlier frames */
	struct lab_wire_stats stats;
};

struct wire {
	const char *name;      /* the plan's */
	struct losses *losses; /* (owned) those of all wires; in the first wire */
	int fd[2];	       /* (owned) packet sockets at both ends */
	struct lane lane[2];   /* outwards, inwards */
};

static void frame_unlink(struct lane_frame *f)
{
	if (f->prev)
		f->prev->next = f->next;
	else
		f->lane->frames = f->next;
	if (f->next)
		f->next->prev = f->prev;
}

static void frame_due(void *arg)
{
	struct lane_frame *f = arg;
	struct lane *l = f->lane;

	frame_unlink(f);
	if (send(l->out, f->bytes, f->len, 0) == (ssize_t)f->len)
		l->stats.carried++;
	else
		l->stats.queue_drops++;
	free(f);
}

static void frame_wait(struct lane *l, const uint8_t *bytes, uint32_t len, uint64_t due)
{
	struct lane_frame *f = xmalloc(sizeof(*f) + len);

	*f = (struct lane_frame){.next = l->frames, .lane = l, .len = len};
	memcpy(f->bytes, bytes, len);
	if (f->next)
		f->next->prev = f;
	l->frames = f;
	f->timer.fn = frame_due;
	f->timer.arg = f;
	loop_timer_set(l->loop, &f->timer, due);
}

/* Whole milliseconds look made: a part of one is added. */
static uint64_t draw_delay(const struct lane *l, uint32_t address)
{
	char name[32], text[IP_TEXT_LEN];
	struct ip ip = ip4(address);
	struct rng r;

	snprintf(name, sizeof(name), "path/%s", ip_text(&ip, text));
	rng_init(&r, l->seed, name);
	return (uint64_t)((dist_draw(l->shape.rtt_ms, &r) + rng_unit(&r)) * NS_PER_MS / 2);
}

static struct lane_path *path_of(struct lane *l, const uint8_t *bytes, uint32_t len)
{
	const uint8_t *ip = bytes + ETH_HLEN;
	struct lane_path *p;
	uint32_t address = 0;

	if (l->shape.rtt_ms && len >= ETH_HLEN + 20 && ip[0] >> 4 == 4)
		address = get_be32(ip + (l->direction ? 16 : 12));
	HASH_FIND(hh, l->paths, &address, sizeof(address), p);
	if (p)
		return p;
	p = xcalloc(1, sizeof(*p));
	p->address = address;
	p->delay_ns = address ? draw_delay(l, address) : 0;
	HASH_ADD(hh, l->paths, address, sizeof(address), p);
	return p;
}

static void lane_frame(struct lane *l, const uint8_t *bytes, uint32_t len)
{
	uint64_t at = loop_due(l->loop), due = at;
	struct lane_path *p = path_of(l, bytes, len);

	if (l->shape.loss > 0 && rng_unit(&l->rng) < l->shape.loss) {
		l->stats.lost++;
		losses_add(l->losses, bytes, len);
		return;
	}
	losses_seen(l->losses, bytes, len);
	if (l->shape.rate_bps) {
		if (l->free_ns > at + QUEUE_MS * NS_PER_MS) {
			l->stats.queue_drops++;
			return;
		}
		if (l->free_ns < at)
			l->free_ns = at;
		l->free_ns += (uint64_t)len * 8 * NS_PER_SEC / l->shape.rate_bps;
		due = l->free_ns;
	}
	due += (uint64_t)(l->shape.delay_ms * NS_PER_MS) + p->delay_ns;
	if (l->shape.jitter_ms > 0)
		due += (uint64_t)(l->shape.jitter_ms * NS_PER_MS * rng_unit(&l->rng));
	if (due < p->last_due_ns)
		due = p->last_due_ns;
	p->last_due_ns = due;
	frame_wait(l, bytes, len, due);
}

static void lane_ready(void *arg, uint32_t events)
{
	struct lane *l = arg;
	uint8_t bytes[BATCH][FRAME_MAX];
	struct iovec iov[BATCH];
	struct mmsghdr m[BATCH];
	int n;

	(void)events;
	for (int i = 0; i < BATCH; i++) {
		// cppcheck-suppress legacyUninitvar ; an address, to be written to
		iov[i] = (struct iovec){bytes[i], FRAME_MAX};
		m[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &iov[i], .msg_iovlen = 1}};
	}
	do {
		n = recvmmsg(l->in, m, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			lane_frame(l, bytes[i], m[i].msg_len);
	} while (n == BATCH);
}

/* A socket that sends out of an interface and receives what comes in there. Frames for the far
 * node's MAC are for another host here; a packet socket gets them all the same. A ring would be
 * faster for many frames, but to make it costs a grace period of the kernel, 10 ms and more. */
static int end_open(const struct link_end *end, struct err *e)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = end->ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, room = RING_BYTES;

	if (fd < 0)
		return err_env(e, "no packet socket: %s", strerror(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) < 0)
		err_env(e, "%s: PACKET_IGNORE_OUTGOING: %s (Linux 4.20 has it)", end->ifname,
			strerror(errno));
	else if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		err_env(e, "%s: cannot bind a packet socket: %s", end->ifname, strerror(errno));
	else
		return fd;
	close(fd);
	return -1;
}

static void lane_init(struct lane *l, struct loop *loop, const struct plan_wire *w, int direction,
		      uint64_t seed)
{
	char name[32];

	snprintf(name, sizeof(name), "wire.%s.%d", w->name, direction);
	l->loop = loop;
	l->shape = w->shape;
	l->seed = seed;
	l->direction = direction;
	rng_init(&l->rng, seed, name);
	l->in = l->out = -1;
}

static void wire_init(struct wire *w, struct loop *loop, const struct plan_wire *plan,
		      struct losses *losses, uint64_t seed)
{
	w->name = plan->name;
	w->fd[0] = w->fd[1] = -1;
	for (int d = 0; d < 2; d++) {
		lane_init(&w->lane[d], loop, plan, d, seed);
		w->lane[d].losses = losses;
	}
}

/* The thread is inside the wire node. */
static int wire_open(struct wire *w, const struct plan_wire *plan, struct err *e)
{
	w->fd[0] = end_open(&plan->a, e);
	if (w->fd[0] < 0)
		return -1;
	w->fd[1] = end_open(&plan->b, e);
	if (w->fd[1] < 0)
		return -1;
	for (int d = 0; d < 2; d++) {
		struct lane *l = &w->lane[d];

		l->in = w->fd[d];
		l->out = w->fd[!d];
		if (loop_fd_add(l->loop, l->in, EPOLLIN, lane_ready, l, e) < 0)
			return -1;
		l->watched = true;
	}
	return 0;
}

int lab_wires_start(struct lab *lab, uint64_t seed, struct err *e)
{
	const struct plan *p = &lab->plan;
	int home = netns_enter(p->nodes[p->wire].netns, e), rc = 0;

	if (home < 0)
		return -1;
	lab->wire = xcalloc(p->n_wires, sizeof(*lab->wire));
	lab->wire[0].losses = losses_new(lab->loop);
	for (size_t i = 0; i < p->n_wires; i++)
		wire_init(&lab->wire[i], lab->loop, &p->wires[i], lab->wire[0].losses, seed);
	for (size_t i = 0; i < p->n_wires && !rc; i++) {
		rc = lab_step(lab, "wire", e);
		if (!rc && wire_open(&lab->wire[i], &p->wires[i], e) < 0)
			rc = err_push(e, "link %s", p->wires[i].name);
	}
	netns_leave(home);
	return rc;
}

static void lane_close(struct lane *l)
{
	struct lane_path *p, *next;

	if (l->watched)
		loop_fd_del(l->loop, l->in);
	while (l->frames) {
		struct lane_frame *f = l->frames;

		loop_timer_cancel(l->loop, &f->timer);
		frame_unlink(f);
		free(f);
	}
	HASH_ITER (hh, l->paths, p, next) {
		HASH_DEL(l->paths, p);
		free(p);
	}
}

/* A packet socket takes a grace period of the kernel to close: not while the cell waits. */
static void *close_thread(void *fd)
{
	close((int)(intptr_t)fd);
	return NULL;
}

static void close_later(int fd)
{
	pthread_attr_t detached;
	pthread_t thread;

	if (fd < 0)
		return;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &detached, close_thread, (void *)(intptr_t)fd))
		close(fd);
	pthread_attr_destroy(&detached);
}

void lab_wires_stop(struct lab *lab)
{
	if (!lab->wire)
		return;
	for (size_t i = 0; i < lab->plan.n_wires; i++)
		for (int d = 0; d < 2; d++) {
			lane_close(&lab->wire[i].lane[d]);
			close_later(lab->wire[i].fd[d]);
		}
	losses_free(lab->wire[0].losses);
	free(lab->wire);
	lab->wire = NULL;
}

/* Adds the frames that found the socket's queue full since it was asked last. */
static void count_overrun(struct lane *l)
{
	struct tpacket_stats s = {0};
	socklen_t len = sizeof(s);

	if (getsockopt(l->in, SOL_PACKET, PACKET_STATISTICS, &s, &len) == 0)
		l->stats.overrun += s.tp_drops;
}

bool lab_wire_stats(const struct lab *lab, const char *link, struct lab_wire_stats out[2])
{
	for (size_t i = 0; lab->wire && i < lab->plan.n_wires; i++) {
		struct wire *w = &lab->wire[i];

		if (strcmp(w->name, link) != 0)
			continue;
		for (int d = 0; d < 2; d++) {
			count_overrun(&w->lane[d]);
			out[d] = w->lane[d].stats;
		}
		return true;
	}
	return false;
}
