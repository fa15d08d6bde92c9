// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * order.c - the frames of one source in the order of their times
 *
 * Frames stand in a file in the order in which they were written. With a capture queue for each
 * direction or processor, or files that were joined, that is not the order of their times. A frame is
 * given out when one that is a window (ORDER_WINDOW_NS) younger has been seen, or at the end.
 *
 *  state   | what enters it                     | what it does, and what leaves it
 *  --------+------------------------------------+----------------------------------------------
 *  ahead   | the beginning; rejoin()            | the file is looked through ahead of what is given
 *          |                                    | out. A frame older than the one before it, or a
 *          |                                    | block that only the reader knows -> held
 *  held    | sources that cannot be looked      | frames are read and held until they are due.
 *          | through; as above                  | When what follows is in order -> rejoining
 *  rejoining | rejoin()                         | nothing is read; what is held is given out -> ahead
 *
 * Most captures are in order, and most of the time goes by in the first state. Records are looked
 * through a LOOK_STEP at a time; up to source.clear the source is then asked for its frames without
 * a call of this file (order_next() is inline). With no window it is always asked so. Frames that are
 * held lie in two places: those in order in a ring, the stragglers in a heap. The youngest straggler
 * is older than the youngest frame of the ring; so the ring's first frame lies before all others in
 * the file, and the file's window (window.c) keeps what lies behind it. Frames are not copied.
 *
 * Memory. In a fast capture a window would be many megabytes, and reading would leave the processor's
 * cache. So only a LOOK_PART of it is looked ahead, until a frame comes later than that and within the
 * window: then eight times as much, and so on up to LOOK_MAX.
 *
 * A step back by more than the window (joined files, a clock that was set) is no matter of order: what
 * is held is given out, and time begins anew. Frames that are given out behind a younger one are counted
 * by capture.c.
 *
 * When a pipe gives nothing for a window, all that is held of it is given out. Live sources, and files
 * that libpcap reads, reuse the memory of a frame for the next one, so their frames are copied. A frame
 * of a live source is also given out when the clock says that it is a window old.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/moment.h"
#include "base/capture/order.h"

#define LOOK_FIRST (64U << 10)
#define LOOK_PART  4 /* of a window of the file, where there is one */
#define LOOK_MAX   (8U << 20)
#define LOOK_LIVE  (64U << 20)
#define HELD_MAX   (1U << 19) /* frames */
#define READ_AHEAD 64	      /* frames that are read at a time */
#define MARKS	   16	      /* a power of two */
#define LOOK_STEP  4	      /* so many parts of @look are looked through at a time */
#define PATIENCE   512	      /* frames in order before another try to look ahead */

/* A place in the file, and the time of the frame before it. */
struct mark {
	uint64_t at, ts_ns;
};

/**
 * struct order - what is held of a source, and what is known of its order
 * @ahead, @rejoining: The state: ahead; else held or, with @rejoining, on the way to ahead
 * @clear:	Ahead: frames that begin before this place in the file can be given out
 * @seen:	Ahead: how far the file was looked through
 * @next_mark:	Where the next mark is due
 * @marks:	Places on the way to there, @marks_n from @marks_first on
 * @calm:	Held: frames since the last straggler or try
 * @look:	Bytes that may be held
 * @bytes:	That are held, when frames are copied
 * @ring:	(owned) @mask + 1 places, @n frames from @head on
 * @heap:	(owned) @stragglers, the oldest at the top
 * @newest_ns:	Time of the ring's last frame
 * @given_ns:	Time of the last frame given out, unless ahead
 * @again:	With @drain: the frame with which time begins anew once all that is held is given out
 * @drain:	Everything held is to be given out
 * @copied:	(owned) The frame given out last, where frames are copied
 * @end:	What the source said at its end, with @end_err (owned, NULL = nothing)
 */
struct order {
	bool ahead, rejoining;
	uint64_t clear, next_mark;
	struct mark seen, marks[MARKS];
	unsigned marks_first, marks_n;
	uint32_t calm;
	uint64_t window_ns;
	size_t look, bytes;
	struct source_frame *ring;
	uint32_t mask, head, n;
	struct source_frame *heap;
	uint32_t stragglers, heap_room;
	uint64_t newest_ns, given_ns;
	struct source_frame again;
	bool has_again, drain, live, over;
	uint8_t *copied;
	struct err *end_err;
};

void order_begin(struct source *s, uint64_t window_ns, bool live)
{
	struct order *o = xcalloc(1, sizeof(*o));

	o->window_ns = window_ns;
	o->look = live ? LOOK_LIVE : s->window ? s->window->room / LOOK_PART : LOOK_FIRST;
	o->live = live;
	o->ahead = s->scan && window_ns;
	s->clear = NULL;
	o->seen.ts_ns = MOMENT_FIRST;
	o->given_ns = MOMENT_FIRST;
	o->mask = 15; /* it grows with what is held */
	o->ring = xcalloc(o->mask + 1, sizeof(*o->ring));
	s->order = o;
}

static void ring_grow(struct order *o)
{
	uint32_t room = 2 * (o->mask + 1);
	struct source_frame *ring = xcalloc(room, sizeof(*ring));

	for (uint32_t i = 0; i < o->n; i++)
		ring[i] = o->ring[(o->head + i) & o->mask];
	free(o->ring);
	o->ring = ring;
	o->mask = room - 1;
	o->head = 0;
}

static bool older(const struct source_frame *a, const struct source_frame *b)
{
	return a->ts_ns != b->ts_ns ? moment_before(a->ts_ns, b->ts_ns) : a->number < b->number;
}

static void heap_add(struct order *o, const struct source_frame *f)
{
	uint32_t i = o->stragglers++;

	if (i == o->heap_room) {
		o->heap_room = o->heap_room ? 2 * o->heap_room : 64;
		o->heap = xrealloc(o->heap, o->heap_room * sizeof(*o->heap));
	}
	while (i && older(f, &o->heap[(i - 1) / 2])) {
		o->heap[i] = o->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	o->heap[i] = *f;
}

static void heap_take(struct order *o, struct source_frame *out)
{
	struct source_frame last = o->heap[--o->stragglers];
	uint32_t i = 0, k;

	*out = o->heap[0];
	while ((k = 2 * i + 1) < o->stragglers) {
		if (k + 1 < o->stragglers && older(&o->heap[k + 1], &o->heap[k]))
			k++;
		if (!older(&o->heap[k], &last))
			break;
		o->heap[i] = o->heap[k];
		i = k;
	}
	o->heap[i] = last;
}

static struct source_frame *first(const struct order *o)
{
	return &o->ring[o->head];
}

/* The window keeps what lies behind the first frame held. */
static void hold(const struct source *s, const struct order *o)
{
	if (s->window)
		s->window->hold = o->n ? first(o)->data : NULL;
}

static const uint8_t *moved(const uint8_t *p, uintptr_t by)
{
	return (const uint8_t *)((uintptr_t)p + by);
}

/* What lay at @from, when the window was asked for more, lies at @to. */
static void relocate(struct order *o, const uint8_t *from, const uint8_t *to)
{
	uintptr_t by = (uintptr_t)to - (uintptr_t)from;

	for (uint32_t i = 0; by && i < o->n; i++)
		o->ring[(o->head + i) & o->mask].data =
			moved(o->ring[(o->head + i) & o->mask].data, by);
	for (uint32_t i = 0; by && i < o->stragglers; i++)
		o->heap[i].data = moved(o->heap[i].data, by);
	if (by && o->has_again)
		o->again.data = moved(o->again.data, by);
}

static size_t held(const struct source *s, const struct order *o)
{
	return s->window ? (size_t)(s->window->pos - first(o)->data) : o->bytes;
}

static uint64_t oldest_ns(const struct order *o)
{
	uint64_t ts = first(o)->ts_ns;

	return o->stragglers && moment_before(o->heap[0].ts_ns, ts) ? o->heap[0].ts_ns : ts;
}

/* Whether the oldest frame can be given out. */
static inline bool due(const struct source *s, const struct order *o)
{
	return o->n && (o->newest_ns - oldest_ns(o) >= o->window_ns || o->drain || o->over ||
			held(s, o) >= o->look || o->n + o->stragglers >= HELD_MAX);
}

/* Something came later than was looked ahead. */
static void look_further(struct order *o)
{
	if (!o->live && o->look < LOOK_MAX)
		o->look = o->look * 8 < LOOK_MAX ? o->look * 8 : LOOK_MAX;
}

static void append(struct order *o, const struct source_frame *f)
{
	if (__builtin_expect(o->n > o->mask, 0))
		ring_grow(o);
	o->ring[(o->head + o->n++) & o->mask] = *f;
	o->newest_ns = f->ts_ns;
}

/* A frame that is older than the one before it. */
static void straggler(struct source *s, struct order *o, const struct source_frame *f)
{
	uint64_t late = (o->n ? o->newest_ns : o->given_ns) - f->ts_ns;

	o->calm = 0;
	if (late > o->window_ns) {
		o->drain = o->n > 0;
		o->has_again = o->drain;
		o->again = *f;
		if (!o->drain)
			append(o, f);
		return;
	}
	if (moment_before(f->ts_ns, o->given_ns))
		look_further(o);
	else
		s->sorted++;
	if (o->n)
		heap_add(o, f);
	else
		append(o, f);
}

static void take_in(struct source *s, struct order *o, struct source_frame *f)
{
	f->number = ++s->number;
	s->last_ns = f->ts_ns;
	o->calm++;
	if (!s->window) {
		uint8_t *copy = xmalloc(f->caplen + 1);

		memcpy(copy, f->data, f->caplen);
		f->data = copy;
		o->bytes += f->caplen;
	}
	if (moment_before(f->ts_ns, o->n ? o->newest_ns : o->given_ns))
		straggler(s, o, f);
	else
		append(o, f);
}

static void give_out(struct source *s, struct order *o, struct source_frame *out)
{
	if (o->stragglers && older(&o->heap[0], first(o))) {
		heap_take(o, out);
	} else {
		*out = *first(o);
		o->head = (o->head + 1) & o->mask;
		if (!--o->n) {
			o->drain = false;
			if (o->has_again)
				append(o, &o->again);
			o->has_again = false;
			o->ahead = o->rejoining && !o->n;
			o->rejoining = false;
		}
	}
	o->given_ns = out->ts_ns;
	hold(s, o);
	if (!s->window) {
		o->copied = (uint8_t *)(uintptr_t)out->data;
		o->bytes -= out->caplen;
	}
}

/* One frame of the source into the order. What the source says: 1, 0, -1 or -2. */
static int read_one(struct source *s, struct order *o, struct err *e)
{
	const uint8_t *from;
	struct source_frame f;
	int rc;

	hold(s, o);
	from = s->window ? s->window->hold : NULL;
	rc = s->next(s, &f, e);
	if (from)
		relocate(o, from, s->window->hold);
	if (rc == 1)
		take_in(s, o, &f);
	return rc;
}

/* Reads what lies in memory, until a frame is due and some more. */
static void read_ahead(struct source *s, struct order *o)
{
	struct err none;

	for (int k = 0; k < READ_AHEAD || !due(s, o); k++)
		if (o->drain || o->over || !s->ready || !s->ready(s) || read_one(s, o, &none) != 1)
			return; /* an end or an error shows again, or is final */
}

/* The source has ended: what is held comes first, then @rc. */
static void end(struct order *o, int rc, const struct err *e)
{
	o->over = true;
	if (rc >= 0)
		return;
	o->end_err = xmalloc(sizeof(*e));
	*o->end_err = *e;
}

static int last_word(struct order *o, struct err *e)
{
	if (!o->end_err)
		return 0;
	*e = *o->end_err;
	free(o->end_err);
	o->end_err = NULL;
	return -1;
}

static bool aged(const struct order *o)
{
	uint64_t now;

	if (!o->live || !o->n)
		return false;
	now = clock_ns(CLOCK_REALTIME);
	return !moment_before(now, oldest_ns(o)) && now - oldest_ns(o) >= o->window_ns;
}

/* ---- the state ahead ---- */

static void mark(struct order *o, const struct mark *m)
{
	if (o->marks_n == MARKS) {
		o->marks_first++;
		o->marks_n--;
	}
	o->marks[(o->marks_first + o->marks_n++) % MARKS] = *m;
}

/* Looks through the records that begin in the next @bytes. */
static inline int look_through(const struct source *s, struct order *o, size_t bytes)
{
	const struct window *w = s->window;
	struct source_scan scan = {.at = w->end - (w->offset - o->seen.at), .ts_ns = o->seen.ts_ns};
	const uint8_t *from = scan.at;

	s->scan(s, &scan, (size_t)(w->end - from) > bytes ? from + bytes : w->end);
	o->seen.at += (uint64_t)(scan.at - from);
	o->seen.ts_ns = scan.ts_ns;
	return scan.why;
}

/* What follows from how far was looked. */
static void find_clear(struct order *o)
{
	if (o->seen.at > o->look && o->seen.at - o->look > o->clear)
		o->clear = o->seen.at - o->look;
	if (o->seen.at < o->next_mark)
		return;
	o->next_mark = o->seen.at + o->look / MARKS;
	mark(o, &o->seen);
	while (o->marks_n) {
		const struct mark *m = &o->marks[o->marks_first % MARKS];

		if (o->seen.ts_ns - m->ts_ns < o->window_ns)
			break;
		if (m->at > o->clear)
			o->clear = m->at;
		o->marks_first++;
		o->marks_n--;
	}
}

static bool pipe_is_quiet(const struct source *s, const struct order *o)
{
	return !s->window->size && window_quiet(s->window, (int)(o->window_ns / 1000000));
}

static void look_from(struct order *o, uint64_t at, uint64_t ts_ns)
{
	o->seen = (struct mark){at, ts_ns};
	o->clear = o->next_mark = at;
	o->marks_n = 0;
}

/* The memory up to @o->clear may be taken. */
static bool set_clear(struct source *s, const struct order *o)
{
	s->clear = s->window->end - (s->window->offset - o->clear);
	return true;
}

/* Looks further ahead, until a frame is clear. False: the state is left. */
static bool look_ahead(struct source *s, struct order *o)
{
	struct window *w = s->window;

	w->hold = NULL;
	for (;;) {
		uint64_t at = window_offset(w), before = o->seen.at;

		if (before < at) /* where the first frame is */
			look_from(o, at, o->seen.ts_ns);
		if (look_through(s, o, o->look / LOOK_STEP) != SCAN_MORE)
			break;
		find_clear(o);
		if (at < o->clear)
			return set_clear(s, o);
		if (o->seen.at > before)
			continue;
		if ((at < o->seen.at && pipe_is_quiet(s, o)) ||
		    !window_fill(w, (size_t)(w->end - w->pos) + 1)) {
			o->clear = o->seen.at;
			if (at < o->clear)
				return set_clear(s, o);
			break;
		}
	}
	o->ahead = false;
	o->calm = 0;
	s->clear = NULL;
	o->given_ns = s->number ? s->last_ns : o->given_ns;
	return false;
}

/* From held to rejoining, when there is no straggler, and none in what lies in memory. */
static void rejoin(struct source *s, struct order *o)
{
	uint64_t from = window_offset(s->window);

	o->calm = 0;
	if (!o->n || o->stragglers || o->has_again)
		return;
	look_from(o, from, o->newest_ns);
	if (look_through(s, o, SIZE_MAX) != SCAN_MORE)
		return;
	find_clear(o);
	if (o->seen.at - from >= o->look || o->seen.ts_ns - o->newest_ns >= o->window_ns)
		o->rejoining = o->drain = true;
}

/* ---- giving out ---- */

int order_search(struct source *s, struct source_frame *out, struct err *e)
{
	struct order *o = s->order;

	if (!o->window_ns)
		return o->over ? 0 : order_direct(s, out, e);
	if (o->ahead && look_ahead(s, o))
		return order_direct(s, out, e);
	free(o->copied);
	o->copied = NULL;
	while (!due(s, o)) {
		int rc;

		if (o->over)
			return last_word(o, e);
		if (o->calm > PATIENCE && s->scan)
			rejoin(s, o);
		if (o->drain)
			break;
		if (o->n && s->window && !s->ready(s) && pipe_is_quiet(s, o)) {
			o->drain = true;
			break;
		}
		rc = read_one(s, o, e);
		if (rc == 1)
			read_ahead(s, o);
		else if (rc == -2 && aged(o))
			break;
		else if (rc == -2 || !s->ended) /* the rest of it goes on */
			return rc;
		else
			end(o, rc, e);
	}
	give_out(s, o, out);
	return 1;
}

bool order_ready_held(struct source *s)
{
	struct order *o = s->order;

	if (!o->window_ns)
		return s->ready && s->ready(s);
	if (!s->window || o->ahead)
		return false;
	if (!due(s, o))
		read_ahead(s, o);
	return due(s, o);
}

void order_stop(struct source *s)
{
	s->order->over = true;
}

bool order_ended(const struct source *s)
{
	return s->ended && !s->order->n && !s->order->end_err;
}

void order_free(struct source *s)
{
	struct order *o = s->order;

	if (!o)
		return;
	for (uint32_t i = 0; !s->window && i < o->n; i++)
		free((uint8_t *)(uintptr_t)o->ring[(o->head + i) & o->mask].data);
	for (uint32_t i = 0; !s->window && i < o->stragglers; i++)
		free((uint8_t *)(uintptr_t)o->heap[i].data);
	if (!s->window && o->has_again)
		free((uint8_t *)(uintptr_t)o->again.data);
	free(o->copied);
	free(o->ring);
	free(o->heap);
	free(o->end_err);
	free(o);
	s->order = NULL;
}
