// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets of several rings as one sequence: whatever order batches are put in, by one thread or several, what
 * comes out is sorted by time, whole, and nothing twice; a lane in which nothing happens is looked at and
 * costs the margin at most; one that is held and gives nothing is given up after patience, not before.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "operator/watch/lanes.h"
#include "tests/unit/unit.h"

#define LANES	 5
#define PACKETS	 6000
#define US	 1000ULL
#define MS	 1000000ULL
#define PATIENCE (10 * MS)
#define MARGIN	 (20 * US)
#define START	 (1000000 * MS)

/**
 * struct world - rings in which packets are, and what came out
 * @now_ns:	Both clocks
 * @ring:	Numbers of the packets that lie in a ring: from @read to @there
 * @out:	Numbers in the order in which they were handed on; a packet's time is START + number * US
 */
struct world {
	struct lanes *lanes;
	uint64_t now_ns;
	struct {
		uint32_t number[PACKETS];
		size_t read, there;
	} ring[LANES];
	uint32_t out[PACKETS];
	size_t out_n;
	unsigned looks;
};

static struct world w;

static uint64_t clock_of(void *arg, clockid_t which)
{
	(void)arg;
	(void)which;
	return w.now_ns;
}

static void give(void *arg, size_t lane, struct lane_batch *b, size_t from, size_t n)
{
	(void)arg;
	ck_assert_uint_le(from + n, b->n);
	ck_assert_uint_ge(n, 1);
	for (size_t i = from; i < from + n; i++) {
		ck_assert_uint_lt(w.out_n, PACKETS);
		ck_assert_uint_eq(b->p[i].input, lane);
		w.out[w.out_n++] = (uint32_t)b->p[i].number;
	}
}

static void look(void *arg, const size_t *lanes, size_t n, bool *holds)
{
	(void)arg;
	w.looks++;
	for (size_t i = 0; i < n; i++)
		holds[i] = w.ring[lanes[i]].read < w.ring[lanes[i]].there;
}

static void begin(void)
{
	const struct lanes_wish wish = {.n = LANES,
					.patience_ns = PATIENCE,
					.margin_ns = MARGIN,
					.give = give,
					.look = look,
					.clock = clock_of};

	memset(&w, 0, sizeof(w));
	w.now_ns = START;
	w.lanes = lanes_new(&wish);
}

/* A packet comes into a ring. */
static void arrive(size_t lane, uint32_t number)
{
	w.ring[lane].number[w.ring[lane].there++] = number;
	if (START + number * US > w.now_ns)
		w.now_ns = START + number * US;
}

/* Takes up to @n packets of a ring that is held. */
static void fill(struct lane_batch *b, size_t lane, size_t n)
{
	for (; b->n < n && w.ring[lane].read < w.ring[lane].there; b->n++) {
		struct packet *p = &b->p[b->n];

		memset(p, 0, sizeof(*p));
		p->number = w.ring[lane].number[w.ring[lane].read++];
		p->ts_ns = START + p->number * US;
		p->input = (uint16_t)lane;
	}
}

static bool empty(size_t lane)
{
	return w.ring[lane].read == w.ring[lane].there;
}

static bool serve(size_t lane, size_t n)
{
	struct lane_batch *b;

	if (lanes_take(w.lanes, lane, &b) != LANE_TAKEN)
		return false;
	fill(b, lane, n);
	lanes_put(w.lanes, lane, w.now_ns, empty(lane), false);
	return true;
}

/* As readers do it. */
static uint64_t advance(void)
{
	uint64_t wait_ns;
	int lane;

	while ((lane = lanes_advance(w.lanes, &wait_ns)) != LANES_NONE)
		ck_assert(serve((size_t)lane, RING_BATCH));
	return wait_ns;
}

static void end_all(void)
{
	struct lane_batch *b;

	w.now_ns += MS; /* past every margin */
	for (size_t i = 0; i < LANES; i++) {
		while (!empty(i)) {
			serve(i, RING_BATCH);
			advance();
		}
		advance();
		if (lanes_take(w.lanes, i, &b) == LANE_TAKEN)
			lanes_put(w.lanes, i, w.now_ns, true, true);
		else
			ck_assert(lanes_ended(w.lanes, i));
		advance();
	}
}

static void expect_sorted(size_t n)
{
	struct lanes_counts counts;

	ck_assert_uint_eq(w.out_n, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(w.out[i] == i + 1, "place %zu has packet %u", i, w.out[i]);
	lanes_counts(w.lanes, &counts);
	ck_assert_uint_eq(counts.late, 0);
	ck_assert_uint_eq(counts.given_up, 0);
	ck_assert_uint_eq(lanes_seen_ns(w.lanes), UINT64_MAX);
	lanes_free(w.lanes);
}

/* Packets come into rings and are read, batches of any size, some held while others are put. */
START_TEST(test_lanes_order)
{
	struct rng rng;
	struct lane_batch *held = NULL;
	size_t holding = 0;
	uint32_t n = 0;

	rng_init(&rng, (uint64_t)_i, NULL);
	begin();
	while (n < PACKETS) {
		size_t lane = rng_range(&rng, 0, _i % 2 ? LANES - 1 : 1);

		switch (rng_range(&rng, 0, 5)) {
		case 0:
			serve(lane, rng_range(&rng, 1, 5));
			break;
		case 1:
			advance();
			break;
		case 2: /* a thread that took a batch, and goes on later */
			if (!held && lanes_take(w.lanes, lane, &held) == LANE_TAKEN) {
				holding = lane;
				fill(held, lane, rng_range(&rng, 1, RING_BATCH));
			} else if (held && lane != holding) {
				lanes_put(w.lanes, holding, w.now_ns, false, false);
				held = NULL;
			}
			break;
		default:
			arrive(lane, ++n);
		}
		/* what waits waits for good reason */
		ck_assert_uint_le(w.out_n, n);
	}
	if (held)
		lanes_put(w.lanes, holding, w.now_ns, false, false);
	end_all();
	expect_sorted(PACKETS);
}
END_TEST

/* One packet among idle lanes: one look when its margin is over, and it is out. */
START_TEST(test_lanes_idle)
{
	begin();
	for (uint32_t i = 1; i <= 100; i++) {
		arrive(i % LANES, i * 2000);
		ck_assert(serve(i % LANES, RING_BATCH));
		ck_assert_uint_eq(advance(), MARGIN);
		w.now_ns += MARGIN;
		ck_assert_uint_eq(advance(), UINT64_MAX);
		ck_assert_uint_eq(w.out_n, i);
	}
	ck_assert_uint_eq(w.looks, 200);
	lanes_free(w.lanes);
}
END_TEST

/* An earlier packet lies in a ring that nobody reads: it is asked for. */
START_TEST(test_lanes_asked_for)
{
	uint64_t wait_ns;

	begin();
	arrive(1, 1);
	arrive(0, 2);
	w.now_ns += MS;
	ck_assert(serve(0, RING_BATCH));
	ck_assert_int_eq(lanes_advance(w.lanes, &wait_ns), 1);
	ck_assert_uint_eq(w.out_n, 0);
	ck_assert(serve(1, RING_BATCH));
	ck_assert_int_eq(lanes_advance(w.lanes, &wait_ns), LANES_NONE);
	ck_assert_uint_eq(wait_ns, UINT64_MAX);
	end_all();
	expect_sorted(2);
}
END_TEST

/* A thread holds a lane and gets no processor: the others wait until patience ends, once, and what it has
 * comes late, but whole. */
START_TEST(test_lanes_stalled)
{
	struct lanes_counts counts;
	struct lane_batch *b;

	begin();
	arrive(1, 1);
	ck_assert_int_eq(lanes_take(w.lanes, 1, &b), LANE_TAKEN);
	ck_assert_int_eq(lanes_take(w.lanes, 1, &b), LANE_HELD);
	fill(b, 1, RING_BATCH);
	arrive(0, 2);
	w.now_ns += MS;
	ck_assert(serve(0, RING_BATCH));
	ck_assert_uint_eq(advance(), PATIENCE);
	w.now_ns += PATIENCE - 1;
	ck_assert_uint_eq(advance(), 1);
	ck_assert_uint_eq(w.out_n, 0);
	w.now_ns += 1;
	ck_assert_uint_eq(advance(), UINT64_MAX);
	ck_assert_uint_eq(w.out_n, 1);
	/* not waited for again until it gives something */
	w.ring[0].number[w.ring[0].there++] = 3;
	ck_assert(serve(0, RING_BATCH));
	ck_assert_uint_eq(advance(), UINT64_MAX);
	ck_assert_uint_eq(w.out_n, 2);
	lanes_put(w.lanes, 1, w.now_ns, true, false);
	ck_assert_uint_eq(advance(), UINT64_MAX);
	ck_assert_uint_eq(w.out_n, 3);
	ck_assert_uint_eq(w.out[0], 2);
	ck_assert_uint_eq(w.out[1], 3);
	ck_assert_uint_eq(w.out[2], 1);
	lanes_counts(w.lanes, &counts);
	ck_assert_uint_eq(counts.late, 1);
	ck_assert_uint_eq(counts.given_up, 1);
	lanes_free(w.lanes);
}
END_TEST

/* A lane has room for so many batches; after a datagram of fragments for none, until it is handed on. */
START_TEST(test_lanes_room)
{
	struct lane_batch *b, *hold;
	unsigned places = 0;

	begin();
	arrive(1, 1);
	ck_assert_int_eq(lanes_take(w.lanes, 1, &hold), LANE_TAKEN);
	for (uint32_t i = 2; i < 2 + LANE_BATCHES; i++) {
		arrive(0, i);
		ck_assert_int_eq(lanes_take(w.lanes, 0, &b), LANE_TAKEN);
		ck_assert_uint_lt(b->place, RING_PLACES);
		places |= 1U << b->place;
		fill(b, 0, 1);
		lanes_put(w.lanes, 0, w.now_ns, true, false);
	}
	ck_assert_uint_eq(places, (1U << LANE_BATCHES) - 1);
	ck_assert_int_eq(lanes_take(w.lanes, 0, &b), LANE_FULL);
	fill(hold, 1, 1);
	lanes_put(w.lanes, 1, w.now_ns, true, false);
	w.now_ns += MS;
	advance();
	ck_assert_uint_eq(w.out_n, 1 + LANE_BATCHES);
	ck_assert_int_eq(lanes_take(w.lanes, 1, &hold), LANE_TAKEN);
	arrive(0, 2 + LANE_BATCHES);
	ck_assert_int_eq(lanes_take(w.lanes, 0, &b), LANE_TAKEN);
	fill(b, 0, 1);
	b->p[0].fragments = 2;
	lanes_put(w.lanes, 0, w.now_ns, true, false);
	ck_assert_int_eq(lanes_take(w.lanes, 0, &b), LANE_FULL);
	lanes_put(w.lanes, 1, w.now_ns, true, false);
	w.now_ns += MS;
	advance();
	ck_assert_int_eq(lanes_take(w.lanes, 0, &b), LANE_TAKEN);
	lanes_put(w.lanes, 0, w.now_ns, true, false);
	end_all();
	expect_sorted(2 + LANE_BATCHES);
}
END_TEST

/* ---- threads, in real time ---- */

static atomic_bool giving;
static atomic_size_t there[LANES]; /* packets that came into each ring */

static void give_alone(void *arg, size_t lane, struct lane_batch *b, size_t from, size_t n)
{
	ck_assert_msg(!atomic_exchange(&giving, true), "handed on by two at once");
	give(arg, lane, b, from, n);
	atomic_store(&giving, false);
}

static void look_at(void *arg, const size_t *lanes, size_t n, bool *holds)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		holds[i] = w.ring[lanes[i]].read < atomic_load(&there[lanes[i]]);
}

static uint64_t real_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 * MS + (uint64_t)t.tv_nsec;
}

static uint64_t came_ns[PACKETS + 1];
static atomic_bool all_came;

static enum lane_state serve_live(size_t lane)
{
	bool last = atomic_load(&all_came), emptied;
	uint64_t asked = real_ns();
	struct lane_batch *b;
	enum lane_state state = lanes_take(w.lanes, lane, &b);

	if (state != LANE_TAKEN)
		return state;
	w.ring[lane].there = atomic_load(&there[lane]);
	fill(b, lane, RING_BATCH - 1);
	for (size_t i = 0; i < b->n; i++)
		b->p[i].ts_ns = came_ns[b->p[i].number];
	emptied = empty(lane);
	lanes_put(w.lanes, lane, asked, emptied, last && emptied);
	return state;
}

static void *read_lane(void *arg)
{
	size_t lane = (size_t)(uintptr_t)arg;
	uint64_t wait_ns;
	int other;

	for (;;) {
		enum lane_state state = serve_live(lane);

		while ((other = lanes_advance(w.lanes, &wait_ns)) != LANES_NONE)
			if (serve_live((size_t)other) == LANE_HELD)
				break;
		if (state == LANE_ENDED)
			return NULL;
		lanes_wait(w.lanes, state == LANE_TAKEN ? LANES_NONE : (int)lane, MS / 4);
	}
}

static void come(size_t lane, uint32_t number)
{
	size_t at = atomic_load(&there[lane]);

	w.ring[lane].number[at] = number;
	atomic_store(&there[lane], at + 1);
}

/* Packets get their time, are queued and then come into their rings; each ring has a thread. */
START_TEST(test_lanes_threads)
{
	const struct lanes_wish wish = {.n = LANES,
					.patience_ns = 60000 * MS, /* never: exact */
					.margin_ns = 0,
					.give = give_alone,
					.look = look_at};
	uint32_t n = 1, queued;
	pthread_t t[LANES];
	struct rng rng;

	rng_init(&rng, 16, NULL);
	memset(&w, 0, sizeof(w));
	w.lanes = lanes_new(&wish);
	for (uintptr_t i = 0; i < LANES; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, read_lane, (void *)i), 0);
	for (; n <= PACKETS; n += queued) {
		queued = rng_range(&rng, 1, 3);
		for (uint32_t i = n; i < n + queued && i <= PACKETS; i++)
			came_ns[i] =
				came_ns[i - 1] + 1 > real_ns() ? came_ns[i - 1] + 1 : real_ns();
		if (rng_range(&rng, 0, 200) == 0)
			nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
		for (uint32_t i = n; i < n + queued && i <= PACKETS; i++)
			come(rng_range(&rng, 0, LANES - 1), i);
	}
	atomic_store(&all_came, true);
	for (size_t i = 0; i < LANES; i++)
		pthread_join(t[i], NULL);
	expect_sorted(PACKETS);
}
END_TEST

UNIT(lanes)
{
	unit_loop(tc, test_lanes_order, 0, 10);
	unit_case(tc, test_lanes_idle);
	unit_case(tc, test_lanes_asked_for);
	unit_case(tc, test_lanes_stalled);
	unit_case(tc, test_lanes_room);
	unit_case(tc, test_lanes_threads);
}
