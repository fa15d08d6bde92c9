// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * readahead.c - a capture read ahead of its use, in a thread of its own
 *
 * Reading and decoding take a third to a half of the time that detection takes; on a second
 * processor they take none of it. The thread (the reader) fills blocks, each some tens of kilobytes
 * of the file with the packets in them. The user takes them in order and sees what it would see
 * without the thread. A block owns the memory that holds its payloads (capture_offer()); reassembled
 * datagrams lie in the decoder's memory and are copied.
 *
 * The ring is small, so that blocks are still in a cache shared by both processors when they are
 * used. A waiter is woken only once half of the ring is available to it, because a wake-up costs as
 * much as some hundred packets. A slow input, such as a pipe, does not wait for that: after
 * PATIENCE_NS the user takes what there is.
 *
 * Limits: one reader, one user. Nobody else may touch the capture meanwhile, except by
 * capture_break(), which ends the reading as it always does.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/capture/readahead.h"
#include "base/clock.h"
#include "base/threads.h"

#define SHORT	(1U << 20) /* bytes of a capture that is read sooner than a thread is started */
#define BLOCKS	12
#define PACKETS 2560	     /* in a block at most */
#define ROOM	(128U << 10) /* bytes of the file in a block, about */

#define PATIENCE_NS 50000000L

/**
 * struct block - packets in a row
 * @p, @extra:	(owned) @n of them
 * @mem, @room:	(owned) Where payloads lie
 * @copies:	(owned array of owned) Payloads put together from fragments, @copies_n
 * @rc:		Result of capture_batch() after the packets: 0 or -1 follow them, 1 = more
 * @err:	With it
 * @progress, @frames: State of the capture after the block
 */
struct block {
	struct packet *p;
	uint8_t *extra;
	int n, rc;
	uint8_t *mem;
	size_t room;
	uint8_t **copies;
	size_t copies_n, copies_room;
	struct err err;
	double progress;
	uint64_t frames;
};

/**
 * struct readahead - the ring
 * @filled, @taken: Blocks filled and given back so far; @filled - @taken are full
 * @stop:	The user wants no more
 * @lock, @change: For waiting
 * @reader_waits, @user_waits: Blocks that the sleeping reader or user waits for, 0 = it is awake
 * @now:	Block the user has, NULL = none
 * @said:	Its packets were given out, its @rc not yet
 */
struct readahead {
	struct capture *c;
	size_t extra;
	readahead_fn *fn;
	void *arg;
	struct block blocks[BLOCKS];
	atomic_uint filled, taken;
	atomic_bool stop;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	unsigned reader_waits, user_waits;
	struct block *now;
	bool said, ended;
};

bool readahead_useful(const struct capture *c)
{
	return capture_keeps(c) && !capture_is_short(c, SHORT) && threads_useful() > 1;
}

static void keep_fragments(struct block *b, struct packet *p)
{
	size_t head = p->head ? (size_t)p->ip_head + p->head : 0; /* what checksums are of */
	uint8_t *copy = xmalloc(head + p->caplen + 1);

	if (b->copies_n == b->copies_room) {
		b->copies_room = b->copies_room ? 2 * b->copies_room : 16;
		b->copies = xrealloc(b->copies, b->copies_room * sizeof(*b->copies));
	}
	memcpy(copy, p->payload - head, head + p->caplen);
	p->payload = copy + head;
	b->copies[b->copies_n++] = copy;
}

static void drop_fragments(struct block *b)
{
	while (b->copies_n)
		free(b->copies[--b->copies_n]);
}

static void add(struct block *b, int got)
{
	b->n += got;
	if (got && b->p[b->n - 1].fragments)
		keep_fragments(b, &b->p[b->n - 1]);
}

/* Takes what lies in memory. When more of the file must be read, that goes into memory that nobody uses,
 * once; what it gives still belongs to the block. */
static void fill(struct readahead *r, struct block *b)
{
	struct capture_stats st;

	b->n = 0;
	b->rc = 1;
	drop_fragments(b);
	capture_offer(r->c, &b->mem, &b->room);
	do {
		b->rc = capture_batch(r->c, b->p + b->n, PACKETS - b->n, &b->err);
		if (b->rc <= 0)
			break;
		add(b, b->rc);
		b->rc = 1;
		while (b->n < PACKETS && capture_ready(r->c))
			add(b, capture_held(r->c, b->p + b->n, PACKETS - b->n));
	} while (b->n < PACKETS && capture_offered(r->c));
	if (r->fn)
		r->fn(r->arg, b->p, (size_t)b->n, b->extra);
	b->progress = capture_progress(r->c);
	capture_stats(r->c, &st);
	b->frames = st.frames;
}

/* The time at which a waiting user takes what there is. */
static struct timespec patience(void)
{
	return clock_timespec(clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS);
}

/* Sleeps until half of the ring is full (for the user) or free (for the reader), or the capture
 * ends. After a while any full block will do for the user. */
static void wait_for(struct readahead *r, unsigned *waits, bool full)
{
	struct timespec until = patience();

	pthread_mutex_lock(&r->lock);
	*waits = BLOCKS / 2;
	for (;;) {
		unsigned n = atomic_load(&r->filled) - atomic_load(&r->taken);

		if (atomic_load(&r->stop) || (full ? n : BLOCKS - n) >= *waits)
			break;
		if (full && n && r->ended)
			break;
		if (!full || *waits == 1)
			pthread_cond_wait(&r->change, &r->lock);
		else if (pthread_cond_timedwait(&r->change, &r->lock, &until) == ETIMEDOUT)
			*waits = 1;
	}
	*waits = 0;
	pthread_mutex_unlock(&r->lock);
}

/* Wakes the one that waits when @blocks are what it waits for. */
static void wake(struct readahead *r, const unsigned *waits, unsigned blocks)
{
	pthread_mutex_lock(&r->lock);
	if (*waits && blocks >= *waits)
		pthread_cond_broadcast(&r->change);
	pthread_mutex_unlock(&r->lock);
}

static void *read_ahead(void *arg)
{
	struct readahead *r = arg;
	bool more = true;

	while (more && !atomic_load(&r->stop)) {
		unsigned filled = atomic_load(&r->filled);
		struct block *b = &r->blocks[filled % BLOCKS];

		if (filled - atomic_load(&r->taken) == BLOCKS) {
			wait_for(r, &r->reader_waits, false);
			continue;
		}
		fill(r, b);
		more = b->rc != 0;
		if (!more) {
			pthread_mutex_lock(&r->lock);
			r->ended = true;
			pthread_mutex_unlock(&r->lock);
		}
		atomic_store(&r->filled, filled + 1);
		wake(r, &r->user_waits, more ? filled + 1 - atomic_load(&r->taken) : BLOCKS);
	}
	return NULL;
}

struct readahead *readahead_new(struct capture *c, size_t extra, readahead_fn *fn, void *arg,
				struct err *e)
{
	struct readahead *r = xcalloc(1, sizeof(*r));
	pthread_condattr_t clock;
	int rc;

	r->c = c;
	r->extra = extra;
	r->fn = fn;
	r->arg = arg;
	for (unsigned i = 0; i < BLOCKS; i++) {
		r->blocks[i].p = xmalloc(PACKETS * sizeof(*r->blocks[i].p));
		r->blocks[i].extra = xmalloc(PACKETS * extra + 1);
		r->blocks[i].room = ROOM;
	}
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&r->change, &clock);
	pthread_condattr_destroy(&clock);
	rc = thread_start(&r->thread, read_ahead, r); /* the user's thread handles signals */
	if (!rc)
		return r;
	err_set(e, "no thread for reading ahead: %s", strerror(rc));
	r->c = NULL;
	readahead_free(r);
	return NULL;
}

int readahead_next(struct readahead *r, const struct packet **p, const void **extra, struct err *e)
{
	for (;;) {
		if (r->now && r->said && r->now->rc != 0) {
			r->now = NULL;
			atomic_fetch_add(&r->taken, 1);
			wake(r, &r->reader_waits,
			     BLOCKS - (atomic_load(&r->filled) - atomic_load(&r->taken)));
		}
		if (!r->now) {
			if (atomic_load(&r->filled) == atomic_load(&r->taken))
				wait_for(r, &r->user_waits, true);
			r->now = &r->blocks[atomic_load(&r->taken) % BLOCKS];
			r->said = r->now->rc == 1;
			if (r->now->n) {
				*p = r->now->p;
				*extra = r->now->extra;
				return r->now->n;
			}
		}
		if (r->said && r->now->rc)
			continue; /* a block of frames without packets */
		r->said = true;
		if (r->now->rc == -1)
			*e = r->now->err;
		return r->now->rc;
	}
}

double readahead_progress(const struct readahead *r, uint64_t *frames)
{
	*frames = r->now ? r->now->frames : 0;
	return r->now ? r->now->progress : 0;
}

void readahead_free(struct readahead *r)
{
	if (!r)
		return;
	if (r->c) {
		atomic_store(&r->stop, true);
		wake(r, &r->reader_waits, BLOCKS);
		pthread_join(r->thread, NULL);
		capture_offer(r->c, NULL, NULL);
	}
	for (unsigned i = 0; i < BLOCKS; i++) {
		drop_fragments(&r->blocks[i]);
		free(r->blocks[i].copies);
		free(r->blocks[i].mem);
		free(r->blocks[i].p);
		free(r->blocks[i].extra);
	}
	pthread_cond_destroy(&r->change);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
