// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gaps.c - keep-alives, and gaps that are whole seconds
 *
 * A timer shows in the gap from one message to the next of the same size, in one direction of a flow.
 * Gaps from half a second to ten minutes are looked at. Two questions are asked of the gaps of a kind:
 *
 *   beat    does one gap come again and again? Windows of four widths, 0.1 to 4 %, are slid over the
 *           gaps. What a window holds is compared with the gaps around it, from 1/1.22 to 1.22 of it:
 *           where gaps are spread smoothly it holds its share of these, or twice that at the end of
 *           their range. The chance is multiplied by the windows tried
 *   whole   are they whole seconds, to 20 ms? Against fractions spread evenly: 1 of 25 is by chance
 *
 * What a client sends to many peers at the same moments is one trial: of gaps of a kind that begin and
 * end within a second of each other only the first counts.
 *
 * Both chances are multiplied by the number of kinds (Bonferroni).
 *
 * Limits: a direction is followed in three sizes at a time, the one longest silent gives way; of more
 * than 256 gaps of a kind a sample stands for all in the beat. Memory: 7 MiB at most.
 */
#include <math.h>
#include <stdlib.h>

#include "analysis/talk/chance.h"
#include "analysis/talk/gaps.h"
#include "base/err.h"
#include "base/moment.h"

#define AROUND	   1.22
#define WIDTHS	   4
#define KINDS_FROM 3 /* gaps: fewer say nothing */

static struct gap_kind *kind_of(struct all_gaps *g, const struct message *m)
{
	struct gap_key key = {
		.size = m->size, .proto = m->flow->tuple.proto, .by_responder = m->reply};
	struct gap_kind *kind;

	HASH_FIND(hh, g->kinds, &key, sizeof(key), kind);
	if (kind)
		return kind;
	if (HASH_COUNT(g->kinds) == GAPS_KINDS) {
		g->left_out++;
		return NULL;
	}
	kind = xcalloc(1, sizeof(*kind));
	kind->key = key;
	HASH_ADD(hh, g->kinds, key, sizeof(kind->key), kind);
	return kind;
}

/* The place of a size in a flow's direction; one that is new takes the place longest silent. */
static struct gap_place *place_of(struct gap_flow *f, const struct message *m)
{
	struct gap_place *list = f->places[m->reply], *oldest = list;

	for (int i = 0; i < GAP_SIZES; i++) {
		if (list[i].size == m->size)
			return &list[i];
		if (!list[i].size || moment_before(list[i].last_ns, oldest->last_ns))
			oldest = &list[i];
	}
	*oldest = (struct gap_place){.size = m->size};
	return oldest;
}

static bool is_whole(uint64_t gap)
{
	double s = (double)gap / 1e9;

	return fabs(s - round(s)) <= GAPS_WHOLE_TOLERANCE;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return moment_before(a, b) ? b - a : a - b;
}

/* Whether another flow had this gap at the same time; notes it if not. */
static bool is_copy(struct gap_kind *kind, uint64_t from_ns, uint64_t to_ns)
{
	for (int i = 0; i < GAPS_LATEST; i++) {
		const struct gap_span *s = &kind->latest[i];

		if (s->to_ns && apart(s->from_ns, from_ns) < GAPS_COPY_NS &&
		    apart(s->to_ns, to_ns) < GAPS_COPY_NS)
			return true;
	}
	kind->latest[kind->turn++ % GAPS_LATEST] = (struct gap_span){from_ns, to_ns};
	return false;
}

static void add(struct gap_kind *kind, struct gap_place *at, const struct message *m, uint64_t gap)
{
	if (gap < GAPS_LEAST_NS || gap > GAPS_MOST_NS) {
		kind->shorter += gap < GAPS_LEAST_NS;
		kind->longer += gap > GAPS_MOST_NS;
		return;
	}
	if (is_copy(kind, m->ts_ns - gap, m->ts_ns)) {
		kind->copies++;
		return;
	}
	if (!kind->gaps.n) {
		kind->input = m->flow->input;
		kind->number = m->number;
	}
	spread_add(&kind->gaps, gap);
	kind->flows += !at->counted;
	at->counted = true;
	if (gap < GAPS_WHOLE_FROM_NS)
		return;
	kind->whole_of++;
	kind->whole += is_whole(gap);
}

void gaps_message(struct all_gaps *g, struct gap_flow *f, const struct message *m)
{
	struct gap_place *at;
	struct gap_kind *kind;
	uint64_t before;

	if (m->broken || !m->size)
		return;
	at = place_of(f, m);
	before = at->last_ns;
	at->last_ns = m->ts_ns;
	if (!before || !moment_before(before, m->ts_ns))
		return;
	kind = kind_of(g, m);
	if (kind)
		add(kind, at, m, m->ts_ns - before);
}

/* The window of @width that holds most of @n times (seconds, sorted): how many; *@centre is the
 * median of them. */
static uint32_t find_window(const double *s, uint32_t n, double width, double *centre)
{
	uint32_t best = 0, from = 0;

	*centre = 0;
	for (uint32_t to = 0; to < n; to++) {
		while (s[to] > s[from] * (1 + width))
			from++;
		if (to - from + 1 > best) {
			best = to - from + 1;
			*centre = s[from + (to - from) / 2];
		}
	}
	return best;
}

/* Chance that some window of @width holds as many as the @k around @centre. */
static double window_chance(const double *s, uint32_t n, double width, double centre, uint32_t k)
{
	double share = 2 * log1p(width) / (2 * log(AROUND));
	uint32_t around = 0;
	double chance;

	for (uint32_t i = 0; i < n; i++)
		around += s[i] >= centre / AROUND && s[i] <= centre * AROUND;
	if (k < 2 || around < k)
		return 1;
	/* given that a window begins with one gap, k - 1 of the others are in it; any may be the one */
	chance = n * chance_of(k - 1, around - 1, share);
	return chance < 1 ? chance : 1;
}

static void find_beat(struct gap_kind *kind)
{
	static const double widths[WIDTHS] = {0.001, 0.004, 0.016, 0.04};
	double s[SPREAD_KEPT];
	uint32_t n = spread_kept(&kind->gaps);

	spread_quantile(&kind->gaps, 0.5); /* sorts */
	for (uint32_t i = 0; i < n; i++)
		s[i] = kind->gaps.us[i] / 1e6;
	kind->beat_of = n;
	kind->beat_p = 2;
	for (size_t w = 0; w < WIDTHS; w++) {
		double centre;
		uint32_t k = find_window(s, n, widths[w], &centre);
		double p = window_chance(s, n, widths[w], centre, k) * WIDTHS;

		if (p >= kind->beat_p)
			continue;
		kind->beat_p = p < 1 ? p : 1;
		kind->beat = k;
		kind->beat_s = centre;
		kind->width = widths[w];
	}
}

static int order(const struct gap_kind *a, const struct gap_kind *b)
{
	if (a->gaps.n != b->gaps.n)
		return a->gaps.n > b->gaps.n ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

static double corrected(double p, uint32_t tried)
{
	return p * tried < 1 ? p * tried : 1;
}

void gaps_finish(struct all_gaps *g)
{
	uint32_t tried = 0;

	for (struct gap_kind *k = g->kinds; k; k = k->hh.next)
		tried += k->gaps.n >= KINDS_FROM;
	for (struct gap_kind *k = g->kinds; k; k = k->hh.next) {
		double share = 2 * GAPS_WHOLE_TOLERANCE;

		find_beat(k);
		k->whole_p = 1;
		if (k->gaps.n < KINDS_FROM) {
			k->beat_p = 1;
			continue;
		}
		k->beat_p = corrected(k->beat_p, tried);
		k->whole_p = corrected(chance_of(k->whole, k->whole_of, share), tried);
	}
	HASH_SORT(g->kinds, order);
}

void gaps_clear(struct all_gaps *g)
{
	struct gap_kind *kind, *next;

	HASH_ITER (hh, g->kinds, kind, next) {
		HASH_DEL(g->kinds, kind);
		spread_clear(&kind->gaps);
		free(kind);
	}
	*g = (struct all_gaps){0};
}
