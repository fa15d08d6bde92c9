// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_event_queue.c - events reach the other thread whole, each once, in order
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "run/detect/event_queue.h"
#include "tests/unit/unit.h"

#define MANY 20000

/* What has been written. */
struct written {
	uint64_t n;
	bool right;
};

/* The event of a number: its evidence and version depend on that. */
static size_t evidence_of(uint64_t number)
{
	return number % 7 == 0 ? 0 : number % 5 == 0 ? EVIDENCE_MAX : 1;
}

static void put(struct event_queue *q, uint64_t number)
{
	struct evidence evidence[EVIDENCE_MAX];
	char version[32];
	struct detection_event ev = {.number = number,
				     .rule = "r",
				     .client_version = version,
				     .evidence_count = evidence_of(number),
				     .evidence = evidence};

	memset(evidence, 0, sizeof(evidence));
	for (size_t i = 0; i < ev.evidence_count; i++) {
		evidence[i].number = number + i;
		evidence[i].message = "m";
		evidence[i].bytes = (const uint8_t *)"gone";
		evidence[i].bytes_n = 4;
	}
	snprintf(version, sizeof(version), "%llu", (unsigned long long)number);
	event_queue_put(q, &ev);
	memset(evidence, 0xee, sizeof(evidence)); /* the copy must not need these any more */
	memset(version, 0xee, sizeof(version));
}

static void check(void *arg, const struct detection_event *ev)
{
	struct written *w = arg;
	char version[32];

	snprintf(version, sizeof(version), "%llu", (unsigned long long)w->n);
	w->right = w->right && ev->number == w->n && !strcmp(ev->client_version, version) &&
		   !strcmp(ev->rule, "r") && ev->evidence_count == evidence_of(w->n);
	for (size_t i = 0; w->right && i < ev->evidence_count; i++)
		w->right = ev->evidence[i].number == w->n + i && !ev->evidence[i].bytes &&
			   !ev->evidence[i].bytes_n && !strcmp(ev->evidence[i].message, "m");
	w->n++;
}

struct drainer {
	struct event_queue *q;
	atomic_bool stop;
};

static void *drain(void *arg)
{
	struct drainer *d = arg;

	while (!atomic_load(&d->stop))
		event_queue_drain(d->q);
	return NULL;
}

/* 0: nobody drains, so the queue is full again and again. 1: a thread does. */
START_TEST(each_event_comes_once_in_order)
{
	struct written w = {.right = true};
	struct drainer d = {.q = event_queue_new(check, &w)};
	pthread_t thread;

	if (_i)
		ck_assert_int_eq(pthread_create(&thread, NULL, drain, &d), 0);
	for (uint64_t i = 0; i < MANY; i++)
		put(d.q, i);
	if (_i) {
		atomic_store(&d.stop, true);
		pthread_join(thread, NULL);
	}
	event_queue_end(d.q);
	ck_assert(w.right);
	ck_assert_uint_eq(w.n, MANY);
}
END_TEST

START_TEST(an_empty_queue_ends)
{
	struct written w = {.right = true};
	struct event_queue *q = event_queue_new(check, &w);

	event_queue_drain(q);
	event_queue_end(q);
	event_queue_end(NULL);
	ck_assert_uint_eq(w.n, 0);
}
END_TEST

UNIT(event_queue)
{
	unit_loop(tc, each_event_comes_once_in_order, 0, 2);
	unit_case(tc, an_empty_queue_ends);
}
