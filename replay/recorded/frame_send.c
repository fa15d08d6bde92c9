// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame_send.c - frames out of an interface, each at its time
 *
 * Each frame has an absolute time (frame_pacing.c). Before a frame that is not due yet, the sender
 * sleeps until SPIN_NS before that time and then polls the clock: one wake-up in a hundred is later than 60 us, where a
 * processor was put to rest. Frames that are already due are
 * collected and given to the kernel in one sendmmsg() call. The link-layer socket is libnet's; it
 * is not bound to a protocol, so the interface's incoming traffic costs no time. The process gets
 * real-time priority where the system allows it.
 *
 * At top speed frames bypass the queueing discipline (PACKET_QDISC_BYPASS): a tap on the sending
 * interface does not see them; one on the other end of the link does.
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
#include "replay/recorded/frame_send.h"

#define BATCH	      64
#define SPIN_NS	      1000000ULL
#define SPIN_ALONE_NS 60000ULL	   /* where there is one processor */
#define PIECE_NS      100000000ULL /* the longest sleep, and delay until a stop is noticed */
#define LATE_BUCKETS  20000	   /* of 1 us */
#define RETRIES	      1000

struct outlet {
	libnet_t *net;
	int fd;
	unsigned mtu;
};

struct slot {
	uint8_t *data;
	uint32_t len;
	uint64_t due_ns;
	unsigned which;
};

struct frame_sender {
	struct outlet out[2];
	unsigned outlets;
	struct frame_pacing pacing;
	uint64_t start_ns; /* of the plan, CLOCK_MONOTONIC */
	uint64_t first_ts; /* of the recording or of this loop */
	uint64_t last_due, loop_base;
	bool begun, loop_begun;
	uint64_t planned; /* frames */
	double planned_bits;
	struct slot slots[BATCH];
	unsigned queued;
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

static int outlet_open(struct outlet *o, const char *iface, bool top, struct err *e)
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
	if (top)
		(void)!setsockopt(o->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
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
	for (unsigned i = 0; i < BATCH; i++)
		s->slots[i].data = xmalloc(FRAME_MAX);
	if (outlet_open(&s->out[0], iface, top, e) < 0 ||
	    (second && outlet_open(&s->out[1], second, top, e) < 0)) {
		frame_sender_close(s);
		return NULL;
	}
	prctl(PR_SET_TIMERSLACK, 1);
	if (!top && sched_setscheduler(0, SCHED_FIFO, &high) < 0)
		log_debug("no real-time priority: %s", strerror(errno));
	return s;
}

void frame_sender_close(struct frame_sender *s)
{
	struct sched_param none = {0};

	if (!s)
		return;
	(void)!sched_setscheduler(0, SCHED_OTHER, &none);
	for (unsigned i = 0; i < 2; i++)
		if (s->out[i].net)
			libnet_destroy(s->out[i].net);
	for (unsigned i = 0; i < BATCH; i++)
		free(s->slots[i].data);
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
	return s->pacing.seconds > 0 && (double)(due - s->start_ns) / 1e9 >= s->pacing.seconds;
}

static void note_late(struct frame_sender *s, const struct slot *slot, uint64_t now)
{
	double us;

	if (s->pacing.pace == PACE_TOP)
		return;
	us = now > slot->due_ns ? (double)(now - slot->due_ns) / 1000 : 0;
	s->late[us < LATE_BUCKETS ? (unsigned)us : LATE_BUCKETS]++;
	if (us > s->late_max_us)
		s->late_max_us = us;
}

/* Sends @n slots, beginning with @from, through one outlet. 0, or -1 with @e set. */
static int send_slots(struct frame_sender *s, unsigned from, unsigned n, struct err *e)
{
	struct outlet *o = &s->out[s->slots[from].which];
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	unsigned done = 0, retries = 0;

	memset(msgs, 0, n * sizeof(*msgs));
	for (unsigned i = 0; i < n; i++) {
		iov[i] = (struct iovec){s->slots[from + i].data, s->slots[from + i].len};
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	while (done < n) {
		int got = sendmmsg(o->fd, msgs + done, n - done, 0);

		if (got > 0) {
			for (int i = 0; i < got; i++)
				s->stats.bytes += s->slots[from + done + (unsigned)i].len;
			done += (unsigned)got;
			s->stats.sent += (unsigned)got;
			retries = 0;
		} else if ((errno == ENOBUFS || errno == EAGAIN) && retries++ < RETRIES) {
			sched_yield();
		} else if (errno == ENETDOWN || errno == ENXIO || errno == ENODEV) {
			return err_env(e, "the interface disappeared: %s", strerror(errno));
		} else {
			if (!s->stats.failed++)
				log_warn("a frame of %u bytes was not sent: %s",
					 s->slots[from + done].len, strerror(errno));
			done++;
			retries = 0;
		}
	}
	s->stats.batches++;
	return 0;
}

int frame_flush(struct frame_sender *s, struct err *e)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	for (unsigned from = 0, n; from < s->queued; from += n) {
		for (n = 1;
		     from + n < s->queued && s->slots[from + n].which == s->slots[from].which;)
			n++;
		for (unsigned i = 0; i < n; i++)
			note_late(s, &s->slots[from + i], now);
		if (send_slots(s, from, n, e) < 0)
			return -1;
	}
	s->queued = 0;
	s->end_ns = clock_ns(CLOCK_MONOTONIC);
	return 0;
}

int frame_send(struct frame_sender *s, const struct frame *f, struct err *e)
{
	struct slot *slot;
	uint64_t due;
	bool waited = false;

	if (!s->begun) {
		s->begun = true;
		s->start_ns = s->end_ns = clock_ns(CLOCK_MONOTONIC);
	}
	due = due_of(s, f);
	if (due < s->last_due)
		due = s->last_due; /* the recording's time ran backwards */
	s->last_due = due;
	s->planned++;
	s->planned_bits += f->len * 8.0;
	due += s->start_ns;
	if (s->pacing.pace != PACE_TOP && due > clock_ns(CLOCK_MONOTONIC)) {
		if (s->queued && frame_flush(s, e) < 0)
			return -1;
		if (too_late(s, due)) {
			due = s->start_ns + (uint64_t)(s->pacing.seconds * 1e9);
			(void)wait_until(s, due);
			return 1;
		}
		if (!wait_until(s, due))
			return 1;
		waited = true;
	}
	slot = &s->slots[s->queued++];
	memcpy(slot->data, f->data, f->len);
	slot->len = f->len;
	slot->due_ns = due;
	slot->which = f->to_client && s->outlets == 2;
	if (waited || s->queued == BATCH)
		return frame_flush(s, e);
	return 0;
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
