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
 *	due at		sent at + delay + uniform(0, jitter), but never before the frame before it
 *
 * A frame that would have to wait more than QUEUE_MS for the rate is dropped, as a router's full
 * queue drops it. Arrival is the kernel's time stamp in emulated time, and the timers are the
 * loop's: with the virtual clock a delay of 100 ms costs nothing.
 *
 * Random numbers come from the scenario's seed, in a stream of its own per link and direction.
 *
 * Limits: with the virtual clock, the kernel's reaction to a loss (a TCP retransmission) takes real
 * time, while little emulated time passes; use the real clock to study TCP under loss.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/netns.h"
#include "base/rng.h"
#include "lab/impair.h"
#include "lab/lab_private.h"
#include "lab/step.h"

#define QUEUE_MS   500
#define RING_BYTES (4 << 20)

struct lane_frame {
	struct lane_frame *next;
	uint64_t due_ns;
	uint32_t len;
	uint8_t bytes[];
};

/* One direction of a link. */
struct lane {
	struct loop *loop;
	struct lab_link shape;
	struct rng rng;
	pcap_t *in; /* (owned) */
	int in_fd;  /* libpcap's; -1 = not watched */
	int out;    /* (owned) packet socket that only sends */
	struct loop_timer timer;
	struct lane_frame *first, **last; /* (owned) in order of due_ns */
	uint64_t free_ns;		  /* when the link has sent all earlier frames */
	uint64_t last_due_ns;
	struct lab_wire_stats stats;
};

struct wire {
	const char *name;    /* the plan's */
	struct lane lane[2]; /* outwards, inwards */
};

static void lane_send(void *arg)
{
	struct lane *l = arg;
	uint64_t now = loop_now(l->loop);

	while (l->first && l->first->due_ns <= now) {
		struct lane_frame *f = l->first;

		l->first = f->next;
		if (!l->first)
			l->last = &l->first;
		if (send(l->out, f->bytes, f->len, 0) == (ssize_t)f->len)
			l->stats.carried++;
		else
			l->stats.queue_drops++;
		free(f);
	}
	if (l->first)
		loop_timer_set(l->loop, &l->timer, l->first->due_ns);
}

static void lane_packet(u_char *arg, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct lane *l = (struct lane *)arg;
	/* With nanosecond precision tv_usec holds nanoseconds. */
	uint64_t at =
		loop_stamp(l->loop, (uint64_t)h->ts.tv_sec * NS_PER_SEC + (uint64_t)h->ts.tv_usec);
	uint64_t due = at;
	struct lane_frame *f;

	if (l->shape.loss > 0 && rng_unit(&l->rng) < l->shape.loss) {
		l->stats.lost++;
		return;
	}
	if (l->shape.rate_bps) {
		if (l->free_ns > at + QUEUE_MS * NS_PER_MS) {
			l->stats.queue_drops++;
			return;
		}
		if (l->free_ns < at)
			l->free_ns = at;
		l->free_ns += (uint64_t)h->caplen * 8 * NS_PER_SEC / l->shape.rate_bps;
		due = l->free_ns;
	}
	due += (uint64_t)(l->shape.delay_ms * NS_PER_MS);
	if (l->shape.jitter_ms > 0)
		due += (uint64_t)(l->shape.jitter_ms * NS_PER_MS * rng_unit(&l->rng));
	if (due < l->last_due_ns)
		due = l->last_due_ns;
	l->last_due_ns = due;
	f = xmalloc(sizeof(*f) + h->caplen);
	*f = (struct lane_frame){.due_ns = due, .len = h->caplen};
	memcpy(f->bytes, bytes, h->caplen);
	*l->last = f;
	l->last = &f->next;
	if (l->first == f)
		loop_timer_set(l->loop, &l->timer, due);
}

static void lane_ready(void *arg, uint32_t events)
{
	struct lane *l = arg;

	(void)events;
	pcap_dispatch(l->in, -1, lane_packet, (u_char *)l);
}

/* A socket that sends out of an interface and receives nothing. */
static int out_open(int ifindex, struct err *e)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_env(e, "no packet socket: %s", strerror(errno));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		err_env(e, "cannot bind a packet socket: %s", strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* The thread is inside the wire node. */
static int lane_open(struct lane *l, const struct link_end *in, const struct link_end *out,
		     struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	int rc, one = 1;

	l->in = pcap_create(in->ifname, why);
	if (!l->in)
		return err_env(e, "%s", why);
	pcap_set_snaplen(l->in, 2048);
	pcap_set_immediate_mode(l->in, 1);
	pcap_set_buffer_size(l->in, RING_BYTES);
	pcap_set_tstamp_precision(l->in, PCAP_TSTAMP_PRECISION_NANO);
	/* Frames for the far node's MAC are for another host here; a packet socket gets them
	 * whether the interface is promiscuous or not. */
	rc = pcap_activate(l->in);
	if (rc < 0 || pcap_setnonblock(l->in, 1, why) < 0)
		return err_env(e, "%s: %s %s", in->ifname, pcap_geterr(l->in), why);
	if (setsockopt(pcap_fileno(l->in), SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) <
	    0)
		return err_env(e, "%s: PACKET_IGNORE_OUTGOING: %s (Linux 4.20 has it)", in->ifname,
			       strerror(errno));
	l->out = out_open(out->ifindex, e);
	if (l->out < 0)
		return -1;
	l->in_fd = pcap_get_selectable_fd(l->in);
	if (loop_fd_add(l->loop, l->in_fd, EPOLLIN, lane_ready, l, e) < 0) {
		l->in_fd = -1;
		return -1;
	}
	return 0;
}

static void lane_init(struct lane *l, struct loop *loop, const struct plan_wire *w, int direction,
		      uint64_t seed)
{
	char name[32];

	snprintf(name, sizeof(name), "wire.%s.%d", w->name, direction);
	l->loop = loop;
	l->shape = w->shape;
	rng_init(&l->rng, seed, name);
	l->in_fd = l->out = -1;
	l->last = &l->first;
	l->timer.fn = lane_send;
	l->timer.arg = l;
}

int lab_wires_start(struct lab *lab, uint64_t seed, struct err *e)
{
	const struct plan *p = &lab->plan;
	int home = netns_enter(p->nodes[p->wire].netns, e), rc = 0;

	if (home < 0)
		return -1;
	lab->wire = xcalloc(p->n_wires, sizeof(*lab->wire));
	for (size_t i = 0; i < p->n_wires; i++) {
		lab->wire[i].name = p->wires[i].name;
		for (int d = 0; d < 2; d++)
			lane_init(&lab->wire[i].lane[d], lab->loop, &p->wires[i], d, seed);
	}
	for (size_t i = 0; i < p->n_wires && !rc; i++) {
		const struct plan_wire *w = &p->wires[i];

		rc = lab_step(lab, "wire", e);
		if (!rc && (lane_open(&lab->wire[i].lane[0], &w->a, &w->b, e) < 0 ||
			    lane_open(&lab->wire[i].lane[1], &w->b, &w->a, e) < 0))
			rc = err_push(e, "link %s", w->name);
	}
	netns_leave(home);
	return rc;
}

static void lane_close(struct lane *l)
{
	if (l->in_fd >= 0)
		loop_fd_del(l->loop, l->in_fd);
	loop_timer_cancel(l->loop, &l->timer);
	if (l->in)
		pcap_close(l->in);
	if (l->out >= 0)
		close(l->out);
	while (l->first) {
		struct lane_frame *f = l->first;

		l->first = f->next;
		free(f);
	}
}

void lab_wires_stop(struct lab *lab)
{
	if (!lab->wire)
		return;
	for (size_t i = 0; i < lab->plan.n_wires; i++)
		for (int d = 0; d < 2; d++)
			lane_close(&lab->wire[i].lane[d]);
	free(lab->wire);
	lab->wire = NULL;
}

bool lab_wire_stats(const struct lab *lab, const char *link, struct lab_wire_stats out[2])
{
	for (size_t i = 0; lab->wire && i < lab->plan.n_wires; i++) {
		struct wire *w = &lab->wire[i];

		if (strcmp(w->name, link) != 0)
			continue;
		for (int d = 0; d < 2; d++) {
			struct pcap_stat s = {0};

			pcap_stats(w->lane[d].in, &s);
			out[d] = w->lane[d].stats;
			out[d].overrun = s.ps_drop;
		}
		return true;
	}
	return false;
}
