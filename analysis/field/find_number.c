// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * find_number.c - numbers: counters, lengths, times
 *
 * Counter: the byte that counts is found first, as the step from an earlier message that most messages
 * share. The number is then made wider towards its high end as long as the wider number steps as
 * well: a carry shows that the next byte belongs to it. One byte more is taken although it never moved
 * when few hosts were seen, since half a minute of one host's counter does not move its high byte.
 * Where no step is shared, but nearly all are small and positive, the counter is loose: something else
 * draws numbers from it.
 *
 * Length: a number that differs from the message's size by a constant, over at least three sizes.
 * Time: a number within a day of the packet's time.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/field/find_number.h"
#include "analysis/field/holds.h"
#include "analysis/field/sums.h"

#define REACH	    64
#define FIRST	    24 /* messages on which most wrong ideas die */
#define PAST_LEAST  6
#define STEP_SHARE  0.8	 /* of the steps are the same */
#define LOOSE_SHARE 0.95 /* of the steps are small */
#define MANY	    32	 /* messages in which a high byte would have moved */
#define FEW_HOSTS   3
#define SMALL_DELTA 16 /* an answer's number is that of the question and so much more */
#define SIZES_LEAST 3
#define LENGTH_HOLD 0.95

/* Bytes that two messages have: where the number is, in both. */
struct number {
	enum statement_of of;
	uint32_t offset, width;
	bool little;
};

static uint64_t all_ones(uint32_t width)
{
	return width >= 8 ? UINT64_MAX : (1ULL << 8 * width) - 1;
}

/* The step of message @k; false = it has none. */
static bool step_of(const struct look *l, const struct number *w, uint32_t k, bool partner,
		    uint64_t *step)
{
	const struct sample *x = l->x[k];
	const struct earlier *e = &l->x[partner ? l->partner[k] : k]->earlier[w->of];

	if (!e->number || w->offset + w->width > e->kept || w->offset + w->width > x->kept)
		return false;
	*step = (number_at(x->bytes + w->offset, w->width, w->little) -
		 number_at(e->bytes + w->offset, w->width, w->little)) &
		all_ones(w->width);
	return true;
}

/* Messages whose step is @step, or not more than @most when it is not 0; of *@n. */
static uint32_t count_steps(const struct look *l, const struct number *w, bool partner,
			    uint64_t step, uint64_t most, uint32_t *n)
{
	uint32_t held = 0;
	uint64_t d;

	*n = 0;
	for (uint32_t k = 0; k < l->n; k++) {
		if (!step_of(l, w, k, partner, &d))
			continue;
		held += most ? d > 0 && d <= most : d == (step & all_ones(w->width));
		++*n;
	}
	return held;
}

/* Whether some step of one byte is shared by half of the first messages. */
static bool steps_agree(const struct look *l, const struct number *w)
{
	uint8_t hist[256] = {0}, top = 0;
	uint32_t n = 0;
	uint64_t d;

	for (uint32_t k = 0; k < l->n && n < FIRST; k++) {
		if (!step_of(l, w, k, false, &d))
			continue;
		n++;
		if (d && ++hist[d] > top)
			top = hist[d];
	}
	return top * 2 >= n;
}

/* The most frequent step of one byte, as a share. */
static double top_step(const struct look *l, const struct number *w, uint64_t *step, uint32_t *n)
{
	uint32_t hist[256] = {0};
	uint64_t d;

	*n = 0;
	for (uint32_t k = 0; k < l->n; k++) {
		if (!step_of(l, w, k, false, &d))
			continue;
		hist[d]++;
		++*n;
	}
	*step = 0;
	for (uint32_t v = 1; v < 256; v++)
		if (hist[v] > hist[*step] || !*step)
			*step = v;
	return *n ? hist[*step] / (double)*n : 0;
}

static struct number wider(const struct number *w)
{
	struct number v = *w;

	v.width++;
	v.offset -= !w->little;
	return v;
}

static bool can_widen(const struct look *l, const struct number *w)
{
	if (w->width == 8)
		return false;
	return w->little ? w->offset + w->width < l->bytes : w->offset > 0;
}

static uint32_t senders_of(const struct look *l)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < l->n; k++)
		if (l->from[k] >= n)
			n = l->from[k] + 1;
	return n;
}

/* Messages in which the byte that @v has more than @w is not that of the earlier one, as after a
 * carry. */
static uint32_t carries(const struct look *l, const struct number *v, uint64_t step, uint64_t most)
{
	uint32_t high = v->little ? v->offset + v->width - 1 : v->offset, n = 0;
	uint64_t d;

	for (uint32_t k = 0; k < l->n; k++)
		if (step_of(l, v, k, false, &d) &&
		    (most ? d > 0 && d <= most : d == (step & all_ones(v->width))))
			n += l->x[k]->bytes[high] != l->x[k]->earlier[v->of].bytes[high];
	return n;
}

/* Whether the byte moves as the low byte of a number does. */
static bool low_byte(const struct column *c)
{
	bool quarter[4] = {false};

	for (int v = 0; v < 256; v++)
		quarter[v / 64] = quarter[v / 64] || c->hist[v];
	return c->top_n * 8 < c->n && quarter[0] + quarter[1] + quarter[2] + quarter[3] >= 3;
}

/* How wide the counter is; *@w is that of one byte. */
static void widen(const struct look *l, struct number *w, uint64_t step, uint64_t most)
{
	uint32_t n, held = count_steps(l, w, false, step, most, &n);
	bool moved = true;

	while (moved && can_widen(l, w)) {
		struct number v = wider(w);
		const struct column *c = &l->col[v.little ? v.offset + v.width - 1 : v.offset];
		uint32_t more = count_steps(l, &v, false, step, most, &n);

		if (more + n / 50 < held)
			return;
		moved = carries(l, &v, step, most) > 0;
		if (!moved &&
		    (w->width != 1 || w->little || !c->top || !low_byte(&l->col[w->offset]) ||
		     (c->constant && senders_of(l) >= FEW_HOSTS)))
			return;
		*w = v;
		held = more;
	}
}

/* @most: 0 = the step is always the same */
static void put_counter(struct board *b, const struct look *l, const struct number *w,
			uint64_t step, uint32_t most)
{
	uint32_t n, by_chance = count_steps(l, w, true, step, most, &n);
	double least = (most ? (double)most : 1.0) / ((double)all_ones(w->width) + 1);
	double chance = n ? ((double)by_chance - 1) / n : 0;
	struct idea *i;

	if (chance > 0.5)
		return;
	i = board_add(b, w->of == OF_OTHER ? STATEMENT_ECHO : STATEMENT_COUNTER, w->offset,
		      w->width);
	i->s.of = w->of;
	i->s.of_offset = w->offset;
	i->s.little = w->little;
	i->s.step = (int64_t)step;
	i->s.loose = most > 0;
	i->s.most = most;
	i->chance = chance > least ? chance : least;
	i->ways = 256;
	i->by_value = true;
}

/* False = there is none with a step that most share: little-endian likewise. */
static bool counter_at(struct board *b, const struct look *l, struct number w)
{
	uint64_t step;
	uint32_t n;
	double share;

	b->tried += 2;
	if (!steps_agree(l, &w))
		return false;
	share = top_step(l, &w, &step, &n);
	if (n < PAST_LEAST || share < STEP_SHARE)
		return false;
	if (step > 127)
		step |= 0xffffffffffffff00ULL; /* it counts down */
	widen(l, &w, step, 0);
	if (w.width == 1) {
		w.little = true;
		widen(l, &w, step, 0);
	}
	if (w.of != OF_OTHER || (w.width > 1 && (int64_t)step <= SMALL_DELTA))
		put_counter(b, l, &w, step, 0);
	return true;
}

static int by_step(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The most frequent of the steps that are at most @most. */
static uint64_t usual_step(const struct look *l, const struct number *w, uint64_t most)
{
	uint64_t steps[LOOK_MAX] = {0}, d, best = 0;
	uint32_t n = 0, run = 0, top = 0;

	for (uint32_t k = 0; k < l->n; k++)
		if (step_of(l, w, k, false, &d) && d && d <= most)
			steps[n++] = d;
	qsort(steps, n, sizeof(steps[0]), by_step);
	for (uint32_t i = 0; i < n; i++) {
		run = i && steps[i] == steps[i - 1] ? run + 1 : 1;
		if (run > top) {
			top = run;
			best = steps[i];
		}
	}
	return best;
}

static bool steps_small(const struct look *l, const struct number *w, uint32_t most)
{
	uint32_t n = 0, held = 0;
	uint64_t d;

	for (uint32_t k = 0; k < l->n && n < FIRST; k++) {
		if (!step_of(l, w, k, false, &d))
			continue;
		n++;
		held += d > 0 && d <= most;
	}
	return held * 4 >= n * 3;
}

/* Something else draws numbers from it as well: all steps are small and positive. */
static void loose_counter_at(struct board *b, const struct look *l, struct number w)
{
	static const uint32_t limit[] = {16, 64, 256, 1024};
	uint32_t n, held, partners;

	b->tried++;
	if (!steps_small(l, &w, limit[3]))
		return;
	for (size_t i = 0; i < sizeof(limit) / sizeof(limit[0]); i++) {
		held = count_steps(l, &w, false, 0, limit[i], &n);
		if (n < PAST_LEAST || held < LOOSE_SHARE * n)
			continue;
		partners = count_steps(l, &w, true, 0, limit[i], &n);
		if (partners > 0.55 * n)
			return;
		put_counter(b, l, &w, usual_step(l, &w, limit[i]), limit[i]);
		return;
	}
}

static void find_counters(struct board *b, const struct look *l)
{
	static const enum statement_of of[] = {OF_SOCKET, OF_HOST, OF_SAME, OF_OTHER};
	uint32_t reach = l->bytes < REACH ? l->bytes : REACH;

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		if (l->past_n[of[i]] < PAST_LEAST)
			continue;
		for (uint32_t o = 0; o < reach; o++) {
			if (l->col[o].constant || l->col[o].distinct < 4)
				continue;
			if (counter_at(b, l, (struct number){of[i], o, 1, false}) ||
			    of[i] == OF_OTHER)
				continue;
			if (!low_byte(&l->col[o]))
				continue;
			if (o)
				loose_counter_at(b, l, (struct number){of[i], o - 1, 2, false});
			else if (l->col[1].top_n * 10 < l->col[1].n * 9)
				loose_counter_at(b, l, (struct number){of[i], o, 2, true});
		}
	}
}

static uint32_t sizes_of(const struct look *l)
{
	uint32_t size[SIZES_LEAST], n = 0;

	for (uint32_t k = 0; k < l->n && n < SIZES_LEAST; k++) {
		bool known = false;

		for (uint32_t i = 0; i < n; i++)
			known = known || size[i] == l->x[k]->size;
		if (!known)
			size[n++] = l->x[k]->size;
	}
	return n;
}

/* The chance that the size of another message that has @width bytes at @o is the same. */
static double same_size(const struct look *l, uint32_t o, uint32_t width)
{
	uint32_t size[LOOK_MAX] = {0}, n = 0, same = 0;

	for (uint32_t k = 0; k < l->n; k++)
		if (look_has(l, k, o, width))
			size[n++] = l->x[k]->size;
	for (uint32_t k = 0; k < n; k++)
		same += size[k] == size[(k + 1 + n / 3) % n];
	return (same + 1.0) / (n + 2.0);
}

static bool length_at(struct board *b, const struct look *l, uint32_t o, uint32_t width,
		      bool little)
{
	struct statement s = {
		.kind = STATEMENT_LENGTH, .offset = o, .width = width, .little = little};
	uint32_t n, held;
	struct idea *i;

	b->tried++;
	for (uint32_t first = 0; first < 3 && first < l->n; first++) {
		if (!look_has(l, first, o, width))
			continue;
		s.step = (int64_t)number_at(l->x[first]->bytes + o, width, little) -
			 (int64_t)l->x[first]->size;
		if (s.step > 8 || s.step < -4096)
			continue;
		held = statement_held(&s, l, LOOK_PROBE, &n);
		if (n < 4 || held * 2 < n)
			continue;
		held = statement_held(&s, l, LOOK_MAX, &n);
		if (held < LENGTH_HOLD * n)
			continue;
		i = board_add(b, STATEMENT_LENGTH, o, width);
		i->s.step = s.step;
		i->s.little = little;
		i->chance = same_size(l, o, width);
		i->ways = 4096;
		return true;
	}
	return false;
}

/* Whether a length of @width bytes may stand at @o: aligned, or the length of all or of what follows. */
static bool length_fits(struct board *b, const struct look *l, uint32_t o, uint32_t width,
			bool little)
{
	int64_t step;

	if (o + width > l->bytes || !length_at(b, l, o, width, little))
		return false;
	step = b->ideas[b->n - 1].s.step;
	if (o % width == 0 || !step || step == -(int64_t)(o + width))
		return true;
	b->n--;
	return false;
}

/* The widest number that fits, as long as what it adds is zero at its high end. */
static void lengths_at(struct board *b, const struct look *l, uint32_t o)
{
	bool still = l->col[o].constant;

	if (still && l->col[o].top)
		return;
	if ((still && l->col[o + 1 < l->bytes ? o + 1 : o].constant &&
	     length_fits(b, l, o, 4, false)) ||
	    length_fits(b, l, o, 2, false) || still)
		return;
	if (!length_fits(b, l, o, 4, true) && !length_fits(b, l, o, 2, true))
		length_at(b, l, o, 1, false);
}

static void find_lengths(struct board *b, const struct look *l)
{
	if (sizes_of(l) < SIZES_LEAST)
		return;
	for (uint32_t o = 0; o < l->bytes; o++)
		lengths_at(b, l, o);
}

static void time_at(struct board *b, const struct look *l, uint32_t o, enum statement_clock clock,
		    bool little)
{
	struct statement s = {
		.kind = STATEMENT_TIME, .offset = o, .clock = clock, .little = little};
	uint32_t n, held;
	struct idea *i;

	s.width = clock == CLOCK_UNIX_MS || clock == CLOCK_NT ? 8 : 4;
	b->tried++;
	held = statement_held(&s, l, 3, &n);
	if (held * 2 < n)
		return;
	held = statement_held(&s, l, LOOK_PROBE, &n);
	if (n < 3 || held * 10 < n * 9)
		return;
	i = board_add(b, STATEMENT_TIME, o, s.width);
	i->s.clock = clock;
	i->s.little = little;
	i->chance = clock == CLOCK_UNIX_MS ? 1e-10 : clock == CLOCK_NT ? 1e-7 : 4.1e-5;
	i->by_value = true;
}

static bool ntp_at(const struct board *b, uint32_t from, uint32_t o)
{
	for (uint32_t i = from; i < b->n; i++)
		if (b->ideas[i].s.kind == STATEMENT_TIME && b->ideas[i].s.clock == CLOCK_NTP &&
		    b->ideas[i].s.offset == o)
			return true;
	return false;
}

/* An NTP time has 32 bits of fraction where these move, and where another one stands 8 bytes on. */
static void widen_ntp(struct board *b, const struct look *l, uint32_t from)
{
	for (uint32_t i = from; i < b->n; i++) {
		struct statement *s = &b->ideas[i].s;
		bool eight = false;

		if (s->kind != STATEMENT_TIME || s->clock != CLOCK_NTP || s->offset + 8 > l->bytes)
			continue;
		for (uint32_t o = s->offset % 8; o < l->bytes; o += 8)
			eight = eight || (o != s->offset && ntp_at(b, from, o));
		if (eight || !l->col[s->offset + 7].constant)
			s->width = 8;
	}
}

static void find_times(struct board *b, const struct look *l)
{
	uint32_t from = b->n;

	for (uint32_t o = 0; o + 4 <= l->bytes && o < 4 * REACH; o++) {
		for (int little = 0; little < 2; little++) {
			time_at(b, l, o, CLOCK_UNIX, little);
			time_at(b, l, o, CLOCK_NTP, little);
			if (o + 8 <= l->bytes)
				time_at(b, l, o, CLOCK_UNIX_MS, little);
		}
		if (o + 8 <= l->bytes)
			time_at(b, l, o, CLOCK_NT, true);
	}
	widen_ntp(b, l, from);
}

void find_numbers(struct board *b, const struct look *l)
{
	find_counters(b, l);
	find_lengths(b, l);
	find_times(b, l);
}
