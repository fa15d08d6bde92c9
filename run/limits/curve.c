// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * curve.c - what monitors find on an internet: what passes them, times what they find of it
 *
 * The first comes from analysis/coverage, the second from a run (looks.c). A flow, a session and a call
 * are conversations of two networks; a client has as many flows as the run's clients have on average,
 * and is found when one of them is.
 *
 * Two things are uncertain and independent: which internet it is, and what the recall is. The distances
 * from the figure to the ends of both intervals are added as squares, below and above by themselves
 * (G. Y. Zou and A. Donner, Construction of confidence limits about effect measures, Statistics in
 * Medicine 27, 2008).
 */
#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "run/limits/curve.h"

#define FLOWS_MAX 100

unsigned curves_flows_per_client(const struct looks *l)
{
	static const enum look in[] = {LOOK_OUTSIDE, LOOK_INSIDE};

	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		for (size_t k = 0; k < l->n; k++) {
			const struct look_recall *r = l->tables[k].recall[in[i]];
			double mean;

			if (!r[LOOK_CLIENT].of || !r[LOOK_FLOW].of)
				continue;
			mean = (double)r[LOOK_FLOW].of / (double)r[LOOK_CLIENT].of;
			return (unsigned)fmax(1, fmin(FLOWS_MAX, round(mean)));
		}
	return 0;
}

/* ------------------------------------------------------------------ how monitors look */

enum end { END_LOW, END_AT, END_HIGH };

static double end_of(const struct look_recall *r, enum end end)
{
	return end == END_LOW ? r->interval.low : end == END_HIGH ? r->interval.high : r->share;
}

/* How a monitor at a position looks. */
static enum look look_at(int look, enum look_unit unit, int position)
{
	if (look != LOOK_BY_PLACE)
		return (enum look)look;
	if (position == POSITION_BETWEEN)
		return LOOK_OUTSIDE;
	return position == POSITION_OWN || unit == LOOK_CALL ? LOOK_INSIDE : LOOK_NODE;
}

/* False when the run does not say what one of the monitors finds. */
static bool sight_of(struct coverage_sight *s, const struct look_table *t, int look,
		     enum look_unit unit, enum end end)
{
	for (int i = 0; i < POSITIONS; i++) {
		const struct look_recall *r = t->recall[look_at(look, unit, i)];
		const struct look_recall *flow = &r[LOOK_FLOW], *client = &r[LOOK_CLIENT];

		if (!r[unit].of || (unit == LOOK_CLIENT && !flow->of))
			return false;
		s->flow[i] = end_of(&r[unit], end);
		s->client[i] = end_of(client, end);
		s->found[i] = client->found ? fmin(1, flow->share / client->share) : 1;
	}
	return true;
}

/* ------------------------------------------------------------------ the curves */

static void add(struct curves *all, const struct curve *one)
{
	for (int p = 0; p < PLACEMENTS; p++) {
		struct curve *v = &all->all[all->n++];

		*v = *one;
		v->placement = (enum coverage_placement)p;
	}
}

static void add_all_that_passes(struct curves *all, enum look_unit unit)
{
	struct coverage_sight perfect;

	for (int i = 0; i < POSITIONS; i++)
		perfect.flow[i] = perfect.client[i] = perfect.found[i] = 1;
	add(all, &(struct curve){.look = "all that passes",
				 .unit = unit,
				 .at = perfect,
				 .low = perfect,
				 .high = perfect});
}

static void add_table(struct curves *all, const struct looks *l, const struct look_table *t)
{
	for (int u = 0; u < LOOK_UNITS; u++)
		for (int look = 0; look < CURVE_LOOKS; look++) {
			struct curve one = {.table = t, .unit = (enum look_unit)u};
			enum look_unit unit = one.unit;

			if (look == LOOK_ALL || !sight_of(&one.at, t, look, unit, END_AT))
				continue;
			sight_of(&one.low, t, look, unit, END_LOW);
			sight_of(&one.high, t, look, unit, END_HIGH);
			one.look = look == LOOK_BY_PLACE ? "each by its place" : l->names[look];
			add(all, &one);
		}
}

void curves_of(struct curves *all, const struct coverage *c, const struct looks *l)
{
	size_t tables = l ? l->n : 0;

	*all = (struct curves){.c = c};
	all->all = xcalloc((2 + tables * LOOK_UNITS * CURVE_LOOKS) * PLACEMENTS, sizeof(*all->all));
	add_all_that_passes(all, LOOK_FLOW);
	if (l && curves_flows_per_client(l))
		add_all_that_passes(all, LOOK_CLIENT);
	for (size_t i = 0; i < tables; i++)
		add_table(all, l, &l->tables[i]);
}

void curves_clear(struct curves *all)
{
	free(all->all);
}

/* ------------------------------------------------------------------ along a curve */

static struct coverage_share share_with(const struct curves *all, const struct curve *v, unsigned k,
					const struct coverage_sight *s)
{
	return v->unit == LOOK_CLIENT ? coverage_of_clients(all->c, v->placement, k, s)
				      : coverage_of_flows(all->c, v->placement, k, s);
}

struct coverage_share curve_at(const struct curves *all, const struct curve *v, unsigned k)
{
	struct coverage_share s = share_with(all, v, k, &v->at);
	double low, high;

	if (!v->table)
		return s;
	low = share_with(all, v, k, &v->low).share;
	high = share_with(all, v, k, &v->high).share;
	s.of.low = fmax(0, s.share - hypot(s.share - s.of.low, s.share - low));
	s.of.high = fmin(1, s.share + hypot(s.of.high - s.share, high - s.share));
	return s;
}

static bool reaches(const struct curves *all, const struct curve *v, unsigned k, double share,
		    bool surely)
{
	if (!surely)
		return share_with(all, v, k, &v->at).share >= share;
	return curve_at(all, v, k).of.low >= share;
}

/* More monitors never find less. The lower end of an interval may dip all the same: then this is one of
 * the numbers from which on it holds, near the least. */
unsigned curve_monitors(const struct curves *all, const struct curve *v, double share, bool surely)
{
	unsigned low = 0, high = coverage_places(all->c, v->placement);

	if (!reaches(all, v, high, share, surely))
		return 0;
	while (high - low > 1) {
		unsigned middle = low + (high - low) / 2;

		if (reaches(all, v, middle, share, surely))
			high = middle;
		else
			low = middle;
	}
	return high;
}

unsigned curve_next(const struct curves *all, const struct curve *v, unsigned k)
{
	unsigned places = coverage_places(all->c, v->placement), step = 1;

	if (k >= places)
		return 0;
	while (10 * step <= k)
		step *= 10;
	k = k < 1 ? 1 : k < 2 * step ? 2 * step : k < 5 * step ? 5 * step : 10 * step;
	return k < places ? k : places;
}
