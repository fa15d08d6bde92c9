// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * readers.c - threads that read interfaces, each flow in one of them
 *
 * Model. Every reader has a ring (base/capture/ring.h) on every interface. It takes what its rings hold,
 * the earliest packet first, and hands it on in batches; when they are empty it sleeps in poll(2) until
 * a packet comes. So a packet that finds its reader idle is handed on at once, and under load batches
 * grow by themselves.
 *
 *   state of a reader | entered when                   | left when
 *   ------------------+--------------------------------+------------------------------------
 *   at the gate       | readers_start()                | readers_go()             -> taking
 *   taking            | a packet came                  | all its rings are empty  -> waiting
 *   waiting           | all its rings are empty        | poll(2) says so          -> taking
 *                     |                                | readers_stop()           -> the end
 *
 * A packet's number counts the frames of its interface, whichever ring they came by.
 *
 * Limits. Packets of one flow keep their order; those of two flows that are with two readers may be
 * handed on in another order than they came, by as much as one of these readers is behind.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/threads.h"
#include "base/capture/offload.h"
#include "operator/watch/readers.h"

#define DEFAULT_MOST 8
#define POLL_MS	     50

/**
 * struct share - one reader's ring on one interface
 * @ring:	(owned) NULL = another reader has all of this interface, or the interface is gone
 * @p, @at, @n:	Packets taken from it, from @at on still to be handed on
 * @more:	Others may wait in the ring
 * @number:	Frame number of its last packet
 * @counts:	As last said, under the reader's @lock
 */
struct share {
	struct ring *ring;
	struct packet p[RING_BATCH];
	size_t at, n;
	bool more;
	uint64_t number;
	struct ring_counts counts;
};

struct reader {
	struct readers *all;
	pthread_t thread;
	bool started;
	struct share *shares; /* (owned) by interface */
	pthread_mutex_t lock;
	uint64_t counted_ns;
	atomic_uint_least64_t seen_ns;
};

/**
 * struct iface - what its rings have in common
 * @frames:	Numbers given so far
 * @left:	Rings that can be read
 */
struct iface {
	const char *name;
	atomic_uint_least64_t frames;
	atomic_uint left;
};

struct readers {
	struct iface *ifaces;
	size_t ifaces_n;
	struct reader *readers;
	unsigned n;
	pthread_mutex_t gate;	       /* the main thread's while readers must not begin */
	bool waiting;		       /* and it is */
	int wake;		       /* eventfd: readable = stop */
	atomic_uint_least64_t stop_ns; /* packets from later are left; 0 = go on */
	atomic_uint_least64_t dropped_ns;
	readers_fn *fn;
	void *arg;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* ---- opening ---- */

/* Shares an interface among the readers, or leaves it to the first one. */
static void join(struct readers *r, size_t iface)
{
	struct ring *rings[READERS_MAX];
	struct err e;

	for (unsigned i = 0; i < r->n; i++)
		rings[i] = r->readers[i].shares[iface].ring;
	if (r->n == 1 || ring_join(rings, r->n, &e) == 0)
		return;
	log_warn("%s; one reader has all of it", e.msg);
	for (unsigned i = 1; i < r->n; i++) {
		ring_close(rings[i]);
		r->readers[i].shares[iface].ring = NULL;
	}
	r->ifaces[iface].left = 1;
}

static int open_iface(struct readers *r, size_t iface, const struct readers_wish *wish,
		      struct err *e)
{
	const char *name = wish->ifaces[iface], *merging;

	r->ifaces[iface].name = name;
	for (unsigned i = 0; i < r->n; i++) {
		struct share *s = &r->readers[i].shares[iface];

		s->ring = ring_open(name, wish->filter, wish->snaplen, wish->ring_bytes, e);
		if (!s->ring)
			return -1;
		r->ifaces[iface].left++;
	}
	join(r, iface);
	merging = offload_merging(name);
	if (merging)
		log_warn("%s: %s merges packets before they are seen, which rules about sizes "
			 "and counts mistake; `ethtool -K %s gro off lro off`",
			 name, merging, name);
	return 0;
}

static int check(const struct readers_wish *wish, struct err *e)
{
	if (wish->ifaces_n > READERS_IFACES)
		return err_set(e, "%zu interfaces, more than %d", wish->ifaces_n, READERS_IFACES);
	for (size_t i = 0; i < wish->ifaces_n; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(wish->ifaces[i], wish->ifaces[k]))
				return err_set(e, "%s: named twice", wish->ifaces[i]);
	return 0;
}

static unsigned choose_number(unsigned wished)
{
	unsigned n = wished ? wished : threads_useful();

	if (!wished && n > DEFAULT_MOST)
		n = DEFAULT_MOST;
	return n < READERS_MAX ? n : READERS_MAX;
}

struct readers *readers_open(const struct readers_wish *wish, struct err *e)
{
	struct readers *r;
	bool bad = false;

	if (check(wish, e) < 0)
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->n = choose_number(wish->readers);
	r->ifaces_n = wish->ifaces_n;
	r->ifaces = xcalloc(wish->ifaces_n, sizeof(*r->ifaces));
	r->readers = xcalloc(r->n, sizeof(*r->readers));
	pthread_mutex_init(&r->gate, NULL);
	r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (unsigned i = 0; i < r->n; i++) {
		r->readers[i].all = r;
		r->readers[i].shares = xcalloc(wish->ifaces_n, sizeof(struct share));
		pthread_mutex_init(&r->readers[i].lock, NULL);
	}
	if (r->wake < 0) {
		err_sys(e, "eventfd");
		bad = true;
	}
	for (size_t i = 0; !bad && i < wish->ifaces_n; i++)
		bad = open_iface(r, i, wish, e) < 0;
	if (!bad)
		return r;
	readers_free(r);
	return NULL;
}

/* ---- reading ---- */

/* The interface is gone, for this ring. */
static void lose(struct reader *r, size_t iface, const struct err *e)
{
	struct share *s = &r->shares[iface];

	ring_close(s->ring);
	s->ring = NULL;
	if (atomic_fetch_sub(&r->all->ifaces[iface].left, 1) == 1)
		log_warn("%s; it is read no more", e->msg);
}

/* Numbers packets by their interface. */
static void number(struct readers *all, size_t iface, struct share *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct packet *p = &s->p[i];
		uint64_t frames = p->number - s->number; /* 0: the second reading of one */

		s->number = p->number;
		p->number = atomic_fetch_add(&all->ifaces[iface].frames, frames) + frames;
		p->input = (uint16_t)iface;
	}
}

/* Takes what an empty share's ring holds. */
static void refill(struct reader *r, size_t iface)
{
	struct share *s = &r->shares[iface];
	struct err e;
	int rc;

	if (!s->ring || s->at < s->n)
		return;
	rc = ring_batch(s->ring, s->p, &s->more, &e);
	s->at = 0;
	s->n = rc > 0 ? (size_t)rc : 0;
	if (rc < 0)
		lose(r, iface, &e);
	else
		number(r->all, iface, s);
}

/* The share with the earliest packet, or NULL. */
static struct share *earliest(struct reader *r)
{
	struct share *best = NULL;

	for (size_t i = 0; i < r->all->ifaces_n; i++) {
		struct share *s = &r->shares[i];

		if (s->at < s->n && (!best || s->p[s->at].ts_ns < best->p[best->at].ts_ns))
			best = s;
	}
	return best;
}

/* Packets in the order of their times, until one ring has to be asked again or @out is full. *@more:
 * something may be left. */
static size_t gather(struct reader *r, struct packet out[RING_BATCH], bool *more)
{
	struct share *s;
	size_t n = 0;

	*more = false;
	for (size_t i = 0; i < r->all->ifaces_n; i++) {
		refill(r, i);
		*more |= r->shares[i].n && r->shares[i].more;
	}
	while (n < RING_BATCH && (s = earliest(r))) {
		out[n++] = s->p[s->at++];
		if (s->at == s->n && s->more)
			break;
	}
	*more |= earliest(r) != NULL;
	return n;
}

/* Notes what the kernel counts. */
static void count(struct reader *r, uint64_t now)
{
	bool dropped = false;

	r->counted_ns = now;
	for (size_t i = 0; i < r->all->ifaces_n; i++) {
		struct share *s = &r->shares[i];
		struct ring_counts c;

		if (!s->ring)
			continue;
		ring_counts(s->ring, &c);
		dropped |= c.dropped > s->counts.dropped;
		pthread_mutex_lock(&r->lock);
		s->counts = c;
		pthread_mutex_unlock(&r->lock);
	}
	if (dropped)
		atomic_store(&r->all->dropped_ns, now);
}

static void wait_for_packets(const struct reader *r)
{
	struct pollfd fds[READERS_IFACES + 1] = {{.fd = r->all->wake, .events = POLLIN}};
	nfds_t n = 1;

	for (size_t i = 0; i < r->all->ifaces_n; i++)
		if (r->shares[i].ring)
			fds[n++] =
				(struct pollfd){.fd = ring_fd(r->shares[i].ring), .events = POLLIN};
	poll(fds, n, POLL_MS);
}

static void *read_packets(void *arg)
{
	struct reader *r = arg;
	struct packet batch[RING_BATCH];
	bool more = true;

	pthread_mutex_lock(&r->all->gate);
	pthread_mutex_unlock(&r->all->gate);
	for (;;) {
		uint64_t now = now_ns();
		/* asked before the rings, so that what had come by then is given out */
		uint64_t stop_ns = atomic_load(&r->all->stop_ns);
		size_t n = gather(r, batch, &more);
		bool stop = stop_ns && (!more || (n && batch[n - 1].ts_ns > stop_ns));

		if (n)
			r->all->fn(r->all->arg, batch, n);
		atomic_store(&r->seen_ns, n && more ? batch[n - 1].ts_ns : now);
		if (now - r->counted_ns >= READERS_COUNT_MS * 1000000ULL || stop)
			count(r, now);
		if (stop)
			return NULL;
		if (!more)
			wait_for_packets(r);
	}
}

int readers_start(struct readers *r, readers_fn *fn, void *arg, struct err *e)
{
	r->fn = fn;
	r->arg = arg;
	pthread_mutex_lock(&r->gate);
	r->waiting = true;
	for (unsigned i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->ifaces_n; k++)
			if (r->readers[i].shares[k].ring)
				ring_begin(r->readers[i].shares[k].ring);
	for (unsigned i = 0; i < r->n; i++) {
		int rc;

		r->readers[i].seen_ns = now_ns();
		rc = thread_start(&r->readers[i].thread, read_packets, &r->readers[i]);
		if (rc) {
			errno = rc;
			return err_sys(e, "cannot start a reader");
		}
		r->readers[i].started = true;
	}
	return 0;
}

void readers_go(struct readers *r)
{
	if (r->waiting)
		pthread_mutex_unlock(&r->gate);
	r->waiting = false;
}

size_t readers_descriptors(const struct readers *r, int *fds)
{
	size_t n = 0;

	for (unsigned i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->ifaces_n; k++)
			if (r->readers[i].shares[k].ring)
				fds[n++] = ring_fd(r->readers[i].shares[k].ring);
	return n;
}

unsigned readers_number(const struct readers *r)
{
	return r->n;
}

void readers_counts(struct readers *r, size_t iface, struct ring_counts *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < r->n; i++) {
		struct reader *one = &r->readers[i];
		const struct ring_counts *c = &one->shares[iface].counts;

		pthread_mutex_lock(&one->lock);
		out->frames += c->frames;
		out->bytes += c->bytes;
		out->received += c->received;
		out->dropped += c->dropped;
		/* every ring says it of the whole interface */
		if (c->ifdropped > out->ifdropped)
			out->ifdropped = c->ifdropped;
		for (size_t k = 0; k < DECODE_RESULTS; k++)
			out->decoded[k] += c->decoded[k];
		pthread_mutex_unlock(&one->lock);
	}
}

uint64_t readers_dropped_ns(const struct readers *r)
{
	return atomic_load(&r->dropped_ns);
}

uint64_t readers_seen_ns(const struct readers *r)
{
	uint64_t seen = UINT64_MAX;

	for (unsigned i = 0; i < r->n; i++) {
		uint64_t one = atomic_load(&r->readers[i].seen_ns);

		seen = one < seen ? one : seen;
	}
	return seen;
}

bool readers_alive(const struct readers *r)
{
	for (size_t i = 0; i < r->ifaces_n; i++)
		if (atomic_load(&r->ifaces[i].left))
			return true;
	return false;
}

void readers_stop(struct readers *r)
{
	const uint64_t one = 1;

	atomic_store(&r->stop_ns, now_ns());
	(void)!write(r->wake, &one, sizeof(one));
	readers_go(r);
	for (unsigned i = 0; i < r->n; i++)
		if (r->readers[i].started)
			pthread_join(r->readers[i].thread, NULL);
	for (unsigned i = 0; i < r->n; i++)
		r->readers[i].started = false;
}

void readers_free(struct readers *r)
{
	if (!r)
		return;
	readers_stop(r);
	for (unsigned i = 0; i < r->n; i++) {
		for (size_t k = 0; k < r->ifaces_n && r->readers[i].shares; k++)
			ring_close(r->readers[i].shares[k].ring);
		pthread_mutex_destroy(&r->readers[i].lock);
		free(r->readers[i].shares);
	}
	pthread_mutex_destroy(&r->gate);
	if (r->wake >= 0)
		close(r->wake);
	free(r->readers);
	free(r->ifaces);
	free(r);
}
