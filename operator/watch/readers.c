// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * readers.c - threads that read interfaces, each flow in one of them
 *
 * Model. Every reader has a ring (base/capture/ring.h) on every interface. It takes batches from its
 * rings, prepares them and puts them into lanes.c, where they become one sequence by time. Whoever has put
 * one hands on what is next, and where that waits for a ring that nobody reads, reads it. When its rings
 * are empty a reader sleeps in poll(2) until a packet comes. So a packet that finds its reader idle is
 * handed on at once, and under load batches grow by themselves.
 *
 *   state of a reader | entered when                       | left when
 *   ------------------+------------------------------------+------------------------------------
 *   at the gate       | readers_start()                    | readers_go()        -> taking
 *   taking            | a packet came                      | its rings are empty -> waiting
 *                     |                                    | its lane has no room -> held up
 *   held up           | a lane of its own is full, or read | room, or what waits may be given up
 *                     | by another                         |   -> taking
 *   waiting           | all its rings are empty            | poll(2) says so          -> taking
 *                     |                                    | readers_stop()           -> the end
 *
 * A packet's number counts the frames of its interface, whichever ring they came by.
 *
 * Limits. Frames that give no packet (ARP, fragments) are counted with the next packet of their ring: with
 * several readers the numbers of others that came between are too small by them. An interface that is
 * gone stays open until the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/threads.h"
#include "base/capture/offload.h"
#include "operator/watch/lanes.h"
#include "operator/watch/readers.h"

#define DEFAULT_MOST 8
#define POLL_MS	     50
#define PATIENCE_NS  10000000ULL
#define MARGIN_NS    20000ULL

/**
 * struct share - one reader's ring on one interface: the lane of that number
 * @ring:	(owned) NULL = another reader has all of this interface
 * @number:	Frame number of its last packet that was handed on
 * @counted_ns:	When the kernel's counts were asked for; it and @ring are used by who has the lane
 * @counts:	As last said, under the reader's @lock
 */
struct share {
	struct ring *ring;
	uint64_t number, counted_ns;
	struct ring_counts counts;
};

struct reader {
	struct readers *all;
	pthread_t thread;
	bool started;
	struct share *shares; /* (owned) by interface */
	pthread_mutex_t lock;
};

/**
 * struct iface - what its rings have in common
 * @frames:	Numbers given so far, by who hands on
 * @left:	Rings that can be read
 */
struct iface {
	const char *name;
	uint64_t frames;
	atomic_uint left;
};

struct readers {
	struct iface *ifaces;
	size_t ifaces_n;
	struct reader *readers;
	unsigned n;
	pthread_mutex_t gate;	       /* the main thread's while readers must not begin */
	bool waiting;		       /* and it is */
	struct lanes *lanes;	       /* (owned) reader times interfaces plus interface */
	struct pollfd *fds;	       /* (owned) room for a look at all rings */
	int wake;		       /* eventfd: readable = stop */
	atomic_uint_least64_t stop_ns; /* packets from later are left; 0 = go on */
	atomic_uint_least64_t dropped_ns;
	struct readers_take take;
};

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
	r->fds = xcalloc(r->n * wish->ifaces_n, sizeof(*r->fds));
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

/* ---- what lanes.c asks for ---- */

static struct share *share_of(struct readers *r, size_t lane)
{
	return &r->readers[lane / r->ifaces_n].shares[lane % r->ifaces_n];
}

/* Numbers packets by their interface, and hands them on. */
static void give(void *arg, size_t lane, struct lane_batch *b, size_t from, size_t n)
{
	struct readers *r = arg;
	struct share *s = share_of(r, lane);
	uint64_t *frames = &r->ifaces[lane % r->ifaces_n].frames;

	for (size_t i = from; i < from + n; i++) {
		*frames += b->p[i].number - s->number; /* 0: the second reading of one */
		s->number = b->p[i].number;
		b->p[i].number = *frames;
	}
	r->take.packets(r->take.arg, b, from, n);
}

static void look(void *arg, const size_t *lanes, size_t n, bool *holds)
{
	struct readers *r = arg;

	for (size_t i = 0; i < n; i++)
		r->fds[i] = (struct pollfd){.fd = ring_fd(share_of(r, lanes[i])->ring),
					    .events = POLLIN};
	poll(r->fds, (nfds_t)n, 0);
	for (size_t i = 0; i < n; i++)
		holds[i] = r->fds[i].revents & POLLIN;
}

/* ---- reading ---- */

/* The interface is gone, for this ring. */
static void lose(struct readers *r, size_t lane, const struct err *e)
{
	if (atomic_fetch_sub(&r->ifaces[lane % r->ifaces_n].left, 1) == 1)
		log_warn("%s; it is read no more", e->msg);
}

/* Notes what the kernel counts. */
static void count(struct readers *r, size_t lane, uint64_t now)
{
	struct reader *owner = &r->readers[lane / r->ifaces_n];
	struct share *s = share_of(r, lane);
	struct ring_counts c;

	s->counted_ns = now;
	ring_counts(s->ring, &c);
	if (c.dropped > s->counts.dropped)
		atomic_store(&r->dropped_ns, now);
	pthread_mutex_lock(&owner->lock);
	s->counts = c;
	pthread_mutex_unlock(&owner->lock);
}

/* Reads a lane's next batch, for its reader or for who waits for it. *@got: there may be more. */
static enum lane_state serve(struct readers *r, size_t lane, bool *got)
{
	/* asked before the ring, so that what had come by then is given out */
	uint64_t stop_ns = atomic_load(&r->stop_ns), now = clock_ns(CLOCK_REALTIME);
	struct share *s = share_of(r, lane);
	struct lane_batch *b;
	enum lane_state state = lanes_take(r->lanes, lane, &b);
	bool more = false, end;
	struct err e;
	int rc;

	if (state != LANE_TAKEN)
		return state;
	rc = ring_batch(s->ring, b->place, b->p, &more, &e);
	b->n = rc > 0 ? (size_t)rc : 0;
	for (size_t i = 0; i < b->n; i++)
		b->p[i].input = (uint16_t)(lane % r->ifaces_n);
	if (b->n)
		r->take.prepare(r->take.arg, b);
	*got |= b->n || more;
	end = rc < 0 || (stop_ns && (!more || (b->n && b->p[b->n - 1].ts_ns > stop_ns)));
	if (now - s->counted_ns >= READERS_COUNT_MS * 1000000ULL || end)
		count(r, lane, now);
	lanes_put(r->lanes, lane, now, rc >= 0 && !more, end);
	if (rc < 0)
		lose(r, lane, &e);
	return LANE_TAKEN;
}

/* Hands on what can be, and reads what that waits for. Returns when to come again. */
static uint64_t advance(struct readers *r)
{
	uint64_t wait_ns;
	bool got = false;
	int lane;

	do
		lane = lanes_advance(r->lanes, &wait_ns);
	while (lane != LANES_NONE && serve(r, (size_t)lane, &got) != LANE_HELD);
	return wait_ns;
}

static void wait_for_packets(const struct reader *r, size_t first, int ms)
{
	struct pollfd fds[READERS_IFACES + 1] = {{.fd = r->all->wake, .events = POLLIN}};
	nfds_t n = 1;

	for (size_t i = 0; i < r->all->ifaces_n; i++)
		if (!lanes_ended(r->all->lanes, first + i))
			fds[n++] =
				(struct pollfd){.fd = ring_fd(r->shares[i].ring), .events = POLLIN};
	poll(fds, n, ms);
}

static void *read_packets(void *arg)
{
	struct reader *r = arg;
	struct readers *all = r->all;
	size_t first = (size_t)(r - all->readers) * all->ifaces_n, ended;

	pthread_mutex_lock(&r->all->gate);
	pthread_mutex_unlock(&r->all->gate);
	for (;;) {
		bool stop = atomic_load(&all->stop_ns), got = false;
		int held_up = LANES_NONE;
		uint64_t wait_ns;

		ended = 0;
		for (size_t i = first; i < first + all->ifaces_n; i++) {
			enum lane_state state = serve(all, i, &got);

			ended += state == LANE_ENDED;
			if (state == LANE_FULL || state == LANE_HELD)
				held_up = (int)i;
		}
		wait_ns = advance(all);
		if (stop && ended == all->ifaces_n)
			return NULL;
		if (got)
			continue;
		if (held_up != LANES_NONE || wait_ns < 1000000)
			lanes_wait(all->lanes, held_up,
				   wait_ns < PATIENCE_NS ? wait_ns : PATIENCE_NS);
		else
			wait_for_packets(r, first,
					 wait_ns < POLL_MS * 1000000ULL ? (int)(wait_ns / 1000000)
									: POLL_MS);
	}
}

/* A lane for each ring; those without one end at once. */
static void open_lanes(struct readers *r)
{
	const struct lanes_wish wish = {.n = r->n * r->ifaces_n,
					.patience_ns = PATIENCE_NS,
					.margin_ns = MARGIN_NS,
					.give = give,
					.look = look,
					.arg = r};
	struct lane_batch *b;

	r->lanes = lanes_new(&wish);
	for (size_t i = 0; i < wish.n; i++) {
		if (share_of(r, i)->ring)
			ring_begin(share_of(r, i)->ring);
		else if (lanes_take(r->lanes, i, &b) == LANE_TAKEN)
			lanes_put(r->lanes, i, 0, true, true);
	}
}

int readers_start(struct readers *r, const struct readers_take *take, struct err *e)
{
	r->take = *take;
	open_lanes(r);
	pthread_mutex_lock(&r->gate);
	r->waiting = true;
	for (unsigned i = 0; i < r->n; i++) {
		int rc = thread_start(&r->readers[i].thread, read_packets, &r->readers[i]);

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
		uint64_t ifdropped;

		pthread_mutex_lock(&one->lock);
		ifdropped = out->ifdropped > c->ifdropped ? out->ifdropped : c->ifdropped;
		ring_counts_add(out, c);
		out->ifdropped = ifdropped; /* every ring says it of the whole interface */
		pthread_mutex_unlock(&one->lock);
	}
}

uint64_t readers_dropped_ns(const struct readers *r)
{
	return atomic_load(&r->dropped_ns);
}

uint64_t readers_seen_ns(struct readers *r)
{
	uint64_t seen = lanes_seen_ns(r->lanes);

	return seen == UINT64_MAX ? clock_ns(CLOCK_REALTIME) : seen;
}

bool readers_alive(const struct readers *r)
{
	for (size_t i = 0; i < r->ifaces_n; i++)
		if (atomic_load(&r->ifaces[i].left))
			return true;
	return false;
}

static void say_order(struct readers *r)
{
	struct lanes_counts n;

	lanes_counts(r->lanes, &n);
	if (n.late)
		log_info("%" PRIu64 " packets came late: readers got no processor %" PRIu64
			 " times",
			 n.late, n.given_up);
}

void readers_stop(struct readers *r)
{
	const uint64_t one = 1;

	atomic_store(&r->stop_ns, clock_ns(CLOCK_REALTIME));
	(void)!write(r->wake, &one, sizeof(one));
	readers_go(r);
	for (unsigned i = 0; i < r->n; i++)
		if (r->readers[i].started)
			pthread_join(r->readers[i].thread, NULL);
	if (r->n && r->readers[0].started)
		say_order(r);
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
	lanes_free(r->lanes);
	free(r->fds);
	free(r->readers);
	free(r->ifaces);
	free(r);
}
