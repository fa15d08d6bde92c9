// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame_send.c - frames out of an interface, each at its time
 *
 * Each frame has an absolute time (frame_pacing.c). Before a frame that is not due yet, the sender
 * sleeps until SPIN_NS before that time and then polls the clock: one wake-up in a hundred is later than 60 us, where a
 * processor was put to rest. A frame that is due within TOGETHER_NS leaves with the one before it, in one sendmmsg() call:
 * the first call after a rest takes some 30 us, with which its successor would be late.
 *
 * Frames wait in a queue. Where they come from files, the next ones are read while the first is still far from its time
 * (READ_NS), and the plan does not begin before the queue is full: to read on in a file takes now and then some hundred
 * microseconds, or milliseconds from a disk, which no frame shall be late for.
 *
 * The link-layer socket is libnet's; it is not bound to a protocol, so the interface's incoming traffic costs no time. The process
 * gets real-time priority where the system allows it, and short turns elsewhere.
 *
 * At top speed frames go through a ring (frame_ring.h) where the kernel allows it and they fit, else by sendmmsg() past the queueing
 * discipline (PACKET_QDISC_BYPASS): a tap on the sending interface sees neither; one on the other end of the link does.
 */
#include <errno.h>
#include <libnet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/threads.h"
#include "replay/recorded/frame_ring.h"
#include "replay/recorded/frame_send.h"

#define BATCH	      FRAME_RING_MOST
#define QUEUE	      256
#define TOGETHER_NS   2000ULL
#define READ_NS	      300000ULL
#define USUAL_FRAME   2048
#define ETHERNET_HEAD 14
#define SPIN_NS	      1000000ULL
#define SPIN_ALONE_NS 60000ULL	   /* where there is one processor */
#define PIECE_NS      100000000ULL /* the longest sleep, and delay until a stop is noticed */
#define LATE_BUCKETS  20000	   /* of 1 us */
#define RETRIES	      1000

struct outlet {
	libnet_t *net;
	int fd;
	unsigned mtu;
	struct frame_ring *ring; /* at top speed; or NULL */
};

struct slot {
	uint8_t *data;
	uint32_t len;
	uint64_t due_ns; /* after the start */
	unsigned which;
};

struct frame_sender {
	struct outlet out[2];
	unsigned outlets;
	struct frame_pacing pacing;
	uint64_t start_ns; /* of the plan, CLOCK_MONOTONIC; when the first frame is sent */
	uint64_t first_ts; /* of the recording or of this loop */
	uint64_t last_due, loop_base;
	bool begun, loop_begun;
	uint64_t planned; /* frames */
	double planned_bits;
	struct slot slots[QUEUE];
	uint8_t *memory;	      /* of the slots */
	unsigned first, queued, room; /* room: a power of two */
	uint64_t spin_ns;
	uint64_t end_ns;
	uint32_t late[LATE_BUCKETS + 1];
	double late_max_us;
	struct frame_sender_stats stats;
};

/* Checked before libnet, whose own message takes two lines. */
static bool is_up(const char *iface)
{
	struct ifreq ifr = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", iface);
	up = fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr) < 0 || ifr.ifr_flags & IFF_UP;
	if (fd >= 0)
		close(fd);
	return up;
}

static int outlet_open(struct outlet *o, const char *iface, const struct frame_pacing *pacing,
		       struct err *e)
{
	char buf[LIBNET_ERRBUF_SIZE];
	struct sockaddr_ll ll = {.sll_family = AF_PACKET};
	struct ifreq ifr = {0};
	int one = 1, size = 8 << 20;

	ll.sll_ifindex = (int)if_nametoindex(iface);
	if (!ll.sll_ifindex)
		return err_set(e, "no interface %s in this network namespace", iface);
	if (!is_up(iface))
		return err_env(e, "interface %s is down; `ip link set %s up`", iface, iface);
	o->net = libnet_init(LIBNET_LINK, iface, buf);
	if (!o->net)
		return err_env(e, "%s: %s; sending frames needs CAP_NET_RAW, try sudo", iface, buf);
	o->fd = libnet_getfd(o->net);
	if (bind(o->fd, (struct sockaddr *)&ll, sizeof(ll)) < 0)
		return err_env(e, "%s: %s", iface, strerror(errno));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", iface);
	if (ioctl(o->fd, SIOCGIFMTU, &ifr) < 0)
		return err_env(e, "%s: %s", iface, strerror(errno));
	o->mtu = (unsigned)ifr.ifr_mtu;
	if (setsockopt(o->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		(void)!setsockopt(o->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (pacing->pace == PACE_TOP)
		(void)!setsockopt(o->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	if (pacing->bulk && !(o->ring = frame_ring_open((unsigned)ll.sll_ifindex)))
		log_debug("%s: no ring (AF_XDP): %s", iface, strerror(errno));
	return 0;
}

struct frame_sender *frame_sender_open(const char *iface, const char *second,
				       const struct frame_pacing *pacing, struct err *e)
{
	struct frame_sender *s = xcalloc(1, sizeof(*s));
	struct sched_param high = {.sched_priority = 1};
	bool top = pacing->pace == PACE_TOP;

	s->pacing = *pacing;
	s->spin_ns = threads_useful() > 1 ? SPIN_NS : SPIN_ALONE_NS;
	s->outlets = second ? 2 : 1;
	s->room = top ? BATCH : pacing->ahead ? QUEUE : 1;
	s->memory = xmalloc((size_t)s->room * FRAME_MAX);
	for (unsigned i = 0; i < s->room; i++) {
		s->slots[i].data = s->memory + (size_t)i * FRAME_MAX;
		memset(s->slots[i].data, 0, USUAL_FRAME); /* no page fault later */
	}
	if (outlet_open(&s->out[0], iface, pacing, e) < 0 ||
	    (second && outlet_open(&s->out[1], second, pacing, e) < 0)) {
		frame_sender_close(s);
		return NULL;
	}
	prctl(PR_SET_TIMERSLACK, 1);
	if (!top && sched_setscheduler(0, SCHED_FIFO, &high) < 0) {
		log_debug("no real-time priority: %s", strerror(errno));
		threads_wake_soon();
	}
	return s;
}

void frame_sender_close(struct frame_sender *s)
{
	struct sched_param none = {0};

	if (!s)
		return;
	(void)!sched_setscheduler(0, SCHED_OTHER, &none);
	for (unsigned i = 0; i < 2; i++) {
		frame_ring_close(s->out[i].ring);
		if (s->out[i].net)
			libnet_destroy(s->out[i].net);
	}
	free(s->memory);
	free(s);
}

unsigned frame_sender_mtu(const struct frame_sender *s)
{
	unsigned mtu = s->out[0].mtu;

	return s->outlets == 2 && s->out[1].mtu < mtu ? s->out[1].mtu : mtu;
}

/* --- the plan ----------------------------------------------------------------------------- */

static uint64_t due_of(struct frame_sender *s, const struct frame *f)
{
	uint64_t recorded_ns = 0;

	if (s->pacing.pace == PACE_RECORDED) {
		if (!s->loop_begun) {
			s->first_ts = f->ts_ns;
			s->loop_base = s->last_due;
			s->loop_begun = true;
		}
		if (f->ts_ns > s->first_ts)
			recorded_ns = f->ts_ns - s->first_ts;
	}
	return s->loop_base + frame_due_ns(&s->pacing, recorded_ns, s->planned, s->planned_bits);
}

void frame_sender_again(struct frame_sender *s)
{
	s->loop_begun = false;
}

static bool stopped(const struct frame_sender *s)
{
	return s->pacing.stop && *s->pacing.stop;
}

/* Sleeps in pieces, because a signal between the check of the flag and the sleep would otherwise go
 * unseen, and the gaps of a recording may be hours. False when stopped before @due. */
static bool wait_until(const struct frame_sender *s, uint64_t due)
{
	for (uint64_t now;
	     !stopped(s) && (now = clock_ns(CLOCK_MONOTONIC)) + s->spin_ns + 20000 < due;) {
		uint64_t left = due - s->spin_ns;
		uint64_t at = left - now > PIECE_NS ? now + PIECE_NS : left;
		struct timespec ts = clock_timespec(at);

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	}
	while (!stopped(s) && clock_ns(CLOCK_MONOTONIC) < due)
		;
	return !stopped(s);
}

/* The end of the plan, counted from its start. */
static bool too_late(const struct frame_sender *s, uint64_t due)
{
	return s->pacing.pace != PACE_TOP && s->pacing.seconds > 0 &&
	       (double)due / 1e9 >= s->pacing.seconds;
}

/* --- sending ------------------------------------------------------------------------------ */

static struct slot *queued_slot(struct frame_sender *s, unsigned i)
{
	return &s->slots[(s->first + i) & (s->room - 1)];
}

static void note_late(struct frame_sender *s, const struct slot *slot, uint64_t now)
{
	double us;

	if (s->pacing.pace == PACE_TOP)
		return;
	now -= s->start_ns;
	us = now > slot->due_ns ? (double)(now - slot->due_ns) / 1000 : 0;
	s->late[us < LATE_BUCKETS ? (unsigned)us : LATE_BUCKETS]++;
	if (us > s->late_max_us)
		s->late_max_us = us;
}

/* Whether the frame goes through the ring of its interface. One that is too long for that goes by the socket, which says so. */
static bool by_ring(const struct frame_sender *s, const struct slot *slot)
{
	const struct outlet *o = &s->out[slot->which];

	return frame_ring_takes(o->ring, slot->len) && slot->len <= o->mtu + ETHERNET_HEAD;
}

static int gone(struct err *e)
{
	return err_env(e, "the interface disappeared: %s", strerror(errno));
}

static bool is_gone(void)
{
	return errno == ENETDOWN || errno == ENXIO || errno == ENODEV;
}

/* Sends the first @n of the queue through the ring of their outlet. 0, or -1 with @e set. */
static int send_by_ring(struct frame_sender *s, unsigned n, struct err *e)
{
	struct frame_ring *r = s->out[queued_slot(s, 0)->which].ring;
	unsigned lost = 0;

	for (unsigned i = 0; i < n; i++) {
		frame_ring_put(r, queued_slot(s, i)->data, queued_slot(s, i)->len);
		s->stats.bytes += queued_slot(s, i)->len;
	}
	if (frame_ring_send(r, &lost) < 0)
		return is_gone() ? gone(e)
				 : err_env(e, "the interface takes no frames: %s", strerror(errno));
	if (lost && !s->stats.failed)
		log_warn("a frame was not sent: the interface dropped it");
	s->stats.failed += lost;
	s->stats.sent += n - lost;
	return 0;
}

/* The same by the socket. */
static int send_by_socket(struct frame_sender *s, unsigned n, struct err *e)
{
	struct outlet *o = &s->out[queued_slot(s, 0)->which];
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	unsigned done = 0, retries = 0;

	memset(msgs, 0, n * sizeof(*msgs));
	for (unsigned i = 0; i < n; i++) {
		iov[i] = (struct iovec){queued_slot(s, i)->data, queued_slot(s, i)->len};
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	while (done < n) {
		int got = sendmmsg(o->fd, msgs + done, n - done, 0);

		if (got > 0) {
			for (unsigned i = 0; i < (unsigned)got; i++)
				s->stats.bytes += iov[done + i].iov_len;
			done += (unsigned)got;
			s->stats.sent += (unsigned)got;
			retries = 0;
		} else if ((errno == ENOBUFS || errno == EAGAIN) && retries++ < RETRIES) {
			sched_yield();
		} else if (is_gone()) {
			return gone(e);
		} else {
			if (!s->stats.failed++)
				log_warn("a frame of %zu bytes was not sent: %s", iov[done].iov_len,
					 strerror(errno));
			done++;
			retries = 0;
		}
	}
	return 0;
}

/* Sends the first @n of the queue now, at most BATCH. 0, or -1 with @e set. */
static int send_first(struct frame_sender *s, unsigned n, struct err *e)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	for (unsigned i = 0; i < n; i++)
		note_late(s, queued_slot(s, i), now);
	for (unsigned run; n; n -= run) {
		const struct slot *first = queued_slot(s, 0);
		bool ring = by_ring(s, first);

		for (run = 1; run < n && queued_slot(s, run)->which == first->which &&
			      by_ring(s, queued_slot(s, run)) == ring;)
			run++;
		if ((ring ? send_by_ring : send_by_socket)(s, run, e) < 0)
			return -1;
		s->stats.batches++;
		s->first = (s->first + run) & (s->room - 1);
		s->queued -= run;
	}
	s->end_ns = clock_ns(CLOCK_MONOTONIC);
	return 0;
}

/* Waits for the first of the queue, and sends it with those that are due then. 0; 1 when stopped; -1 with @e set. */
static int send_due(struct frame_sender *s, struct err *e)
{
	unsigned n = 1, most = s->queued < BATCH ? s->queued : BATCH;
	uint64_t now;

	if (!s->begun) {
		s->begun = true;
		s->start_ns = clock_ns(CLOCK_MONOTONIC);
	}
	if (s->pacing.pace == PACE_TOP)
		return send_first(s, most, e);
	if (!wait_until(s, s->start_ns + queued_slot(s, 0)->due_ns))
		return 1;
	now = clock_ns(CLOCK_MONOTONIC) - s->start_ns;
	while (n < most && queued_slot(s, n)->due_ns <= now + TOGETHER_NS)
		n++;
	return send_first(s, n, e);
}

/* Whether another frame may be taken before the first of the queue is sent. */
static bool may_read_on(struct frame_sender *s)
{
	uint64_t now;

	if (!s->queued)
		return true;
	if (s->queued == s->room)
		return false;
	if (!s->begun || s->pacing.pace == PACE_TOP)
		return true;
	now = clock_ns(CLOCK_MONOTONIC) - s->start_ns;
	if (queued_slot(s, 0)->due_ns > now + READ_NS)
		return true;
	return s->queued < BATCH && queued_slot(s, s->queued - 1)->due_ns <= now;
}

int frame_flush(struct frame_sender *s, struct err *e)
{
	int rc = 0;

	while (s->queued && !rc)
		rc = send_due(s, e);
	s->queued = 0;
	return rc < 0 ? -1 : 0;
}

int frame_send(struct frame_sender *s, const struct frame *f, struct err *e)
{
	struct slot *slot;
	uint64_t due = due_of(s, f);
	int rc = 0;

	if (due < s->last_due)
		due = s->last_due; /* the recording's time ran backwards */
	if (too_late(s, due)) {
		if (frame_flush(s, e) < 0)
			return -1;
		(void)wait_until(s, s->start_ns + (uint64_t)(s->pacing.seconds * 1e9));
		return 1;
	}
	s->last_due = due;
	s->planned++;
	s->planned_bits += f->len * 8.0;
	slot = queued_slot(s, s->queued++);
	memcpy(slot->data, f->data, f->len);
	slot->len = f->len;
	slot->due_ns = due;
	slot->which = f->to_client && s->outlets == 2;
	while (!rc && !may_read_on(s))
		rc = send_due(s, e);
	return rc;
}

static double late_at(const struct frame_sender *s, double part)
{
	uint64_t n = 0, want = (uint64_t)((double)s->stats.sent * part);

	for (unsigned i = 0; i <= LATE_BUCKETS; i++) {
		n += s->late[i];
		if (n > want)
			return i;
	}
	return 0;
}

void frame_sender_stats(struct frame_sender *s, struct frame_sender_stats *out)
{
	s->stats.seconds = s->begun ? (double)(s->end_ns - s->start_ns) / 1e9 : 0;
	s->stats.late_median_us = late_at(s, 0.5);
	s->stats.late_p99_us = late_at(s, 0.99);
	s->stats.late_max_us = s->late_max_us;
	*out = s->stats;
}
