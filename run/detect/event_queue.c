// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * event_queue.c - events on their way to another thread
 *
 * The thread that follows flows is the one that all others wait for, and writing a line for each event takes a tenth of
 * its time where Skype is frequent. So it copies events into a batch. A full batch is handed over, and the thread that
 * reads ahead calls back for the events in it between two blocks of packets. Where that is too late, because all
 * batches are full, whoever puts an event does it.
 *
 *   state of a batch  enters it                       leaves it
 *   free              at first; its events are done   taken to be filled
 *   being filled      by the thread that puts         no event fits any more: full
 *   full              handed over, behind the others  the oldest is taken: being drained
 *   being drained     by one thread at a time         free
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "run/detect/event_queue.h"

#define BATCHES 16
#define ROOM	(32U << 10) /* bytes of a batch */

/* An event and what it points to; @size bytes in all. Names belong to the signatures. */
struct copy {
	size_t size;
	struct detection_event ev;
	char version[32];
	struct evidence evidence[];
};

struct batch {
	struct batch *next;
	size_t n;
	_Alignas(struct copy) uint8_t b[ROOM];
};
_Static_assert(sizeof(struct copy) + EVIDENCE_MAX * sizeof(struct evidence) <= ROOM,
	       "every event fits in an empty batch");

/**
 * struct event_queue - see above
 * @lock:	Of @free, @first and @last
 * @draining:	Held by who drains
 * @filled:	Being filled
 * @first, @last: Those that are full, the oldest first
 */
struct event_queue {
	detection_fn *fn;
	void *arg;
	pthread_mutex_t lock, draining;
	struct batch *filled, *free, *first, *last;
	struct batch batches[BATCHES];
};

struct event_queue *event_queue_new(detection_fn *fn, void *arg)
{
	struct event_queue *q = xmalloc(sizeof(*q));

	q->fn = fn;
	q->arg = arg;
	q->filled = q->free = q->first = q->last = NULL;
	for (unsigned i = 0; i < BATCHES; i++) {
		q->batches[i].n = 0;
		q->batches[i].next = q->free;
		q->free = &q->batches[i];
	}
	pthread_mutex_init(&q->lock, NULL);
	pthread_mutex_init(&q->draining, NULL);
	return q;
}

static struct batch *take_free(struct event_queue *q)
{
	struct batch *b;

	pthread_mutex_lock(&q->lock);
	b = q->free;
	if (b)
		q->free = b->next;
	pthread_mutex_unlock(&q->lock);
	return b;
}

static void hand_over(struct event_queue *q)
{
	struct batch *b = q->filled;

	b->next = NULL;
	pthread_mutex_lock(&q->lock);
	if (q->first)
		q->last->next = b;
	else
		q->first = b;
	q->last = b;
	pthread_mutex_unlock(&q->lock);
	q->filled = NULL;
}

/* The oldest that is full, or NULL. */
static struct batch *take_full(struct event_queue *q)
{
	struct batch *b;

	pthread_mutex_lock(&q->lock);
	b = q->first;
	if (b)
		q->first = b->next;
	pthread_mutex_unlock(&q->lock);
	return b;
}

static void give_back(struct event_queue *q, struct batch *b)
{
	b->n = 0;
	pthread_mutex_lock(&q->lock);
	b->next = q->free;
	q->free = b;
	pthread_mutex_unlock(&q->lock);
}

void event_queue_drain(struct event_queue *q)
{
	struct batch *b;

	pthread_mutex_lock(&q->draining);
	while ((b = take_full(q))) {
		for (size_t at = 0; at < b->n;) {
			struct copy *c = (struct copy *)(b->b + at);

			c->ev.evidence = c->evidence;
			c->ev.client_version = c->version;
			q->fn(q->arg, &c->ev);
			at += c->size;
		}
		give_back(q, b);
	}
	pthread_mutex_unlock(&q->draining);
}

void event_queue_put(struct event_queue *q, const struct detection_event *ev)
{
	size_t evidence = ev->evidence_count * sizeof(*ev->evidence);
	const char *version = ev->client_version ? ev->client_version : "";
	size_t size = sizeof(struct copy) + evidence;
	struct copy *c;

	if (q->filled && q->filled->n + size > ROOM)
		hand_over(q);
	while (!q->filled && !(q->filled = take_free(q)))
		event_queue_drain(q);
	c = (struct copy *)(q->filled->b + q->filled->n);
	q->filled->n += size;
	c->size = size;
	c->ev = *ev;
	strncpy(c->version, version, sizeof(c->version) - 1);
	c->version[sizeof(c->version) - 1] = '\0';
	memcpy(c->evidence, ev->evidence, evidence);
	for (size_t i = 0; i < ev->evidence_count; i++) {
		c->evidence[i].bytes = NULL;
		c->evidence[i].bytes_n = 0;
	}
}

void event_queue_end(struct event_queue *q)
{
	if (!q)
		return;
	if (q->filled)
		hand_over(q);
	event_queue_drain(q);
	pthread_mutex_destroy(&q->lock);
	pthread_mutex_destroy(&q->draining);
	free(q);
}
