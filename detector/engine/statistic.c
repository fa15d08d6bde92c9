// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * statistic.c - chi-square over half bytes, and Gaussian beliefs, as conditions of tallies
 *
 * The two classifiers of Bonfiglio and others, "Revealing Skype Traffic: When Randomness Plays with You", SIGCOMM 2007,
 * in the form of their program (Tstat 3.1.1, skype.c and naivebayes.c).
 *
 * Chi-square. Of each of the first 16 half bytes (1 is the higher half of byte 0), over the n counted messages that
 * have 8 bytes, with O(v) messages in which it is v: X = sum over v of (O(v) - n/16)^2 / (n/16) = 16/n * sum O(v)^2 - n.
 * Random: about 15 (there are 15 degrees of freedom). Constant: 15 n. It is compared in whole numbers, as X * n.
 *
 * Belief. A class k of K is a Gaussian of sizes (bytes) or gaps (ms). A window is w messages; of gaps, from one message
 * to the w-th after it, with one sample, the mean gap. The belief in k is (log10(1/K) + sum of log10 density(sample)) /
 * samples; that of a window is the greatest over k, and the belief is the mean over the whole windows till now.
 * A density is taken as 1e-25 at least.
 *
 * State is that of the match (gauge.h): 0.6 KiB for the half bytes of a count, about 0.1 KiB for a belief. Limits: of
 * half bytes 65,535 messages count. Where time steps back the gap is 0.
 */
#include <math.h>

#include "detector/engine/statistic.h"
#include "detector/language/statistic.h"

#define DENSITY_LEAST -25.0 /* log10 */

static void *state_of(const struct detector *d, const struct match *in, const struct statistic *s)
{
	return (char *)pool_at(&d->gauges, in->gauge) + s->at;
}

static void add_nibbles(struct nibble_state *s, const struct view *v)
{
	if (v->avail < STATISTIC_NIBBLES / 2 || s->n == UINT16_MAX)
		return;
	s->n++;
	for (unsigned i = 0; i < STATISTIC_NIBBLES; i++) {
		uint8_t value = i % 2 ? v->data[i / 2] & 0x0f : v->data[i / 2] >> 4;

		s->squares[i] += 2U * s->counts[i][value]++ + 1;
	}
}

static double log_density(const struct statistic_class *c, double x)
{
	double off = (x - c->mean) / c->deviation;
	double log = c->peak - off * off / 2 * M_LOG10E;

	return log > DENSITY_LEAST ? log : DENSITY_LEAST;
}

/* The window is over: of its @samples. */
static void end_window(struct belief_state *b, const struct statistic *s, double samples)
{
	double best = -INFINITY;

	for (unsigned k = 0; k < s->classes_n; k++) {
		double belief = (b->sums[k] - s->share) / samples;

		best = belief > best ? belief : best;
		b->sums[k] = 0;
	}
	b->n = 0;
	b->windows++;
	b->mean += (best - b->mean) / b->windows;
}

static void add_size(struct belief_state *b, const struct statistic *s, uint32_t size)
{
	for (unsigned k = 0; k < s->classes_n; k++)
		b->sums[k] += log_density(&s->classes[k], size);
	if (++b->n == s->window)
		end_window(b, s, s->window);
}

static void add_gap(struct belief_state *b, const struct statistic *s, uint64_t now)
{
	uint64_t ns = now > b->from_ns ? now - b->from_ns : 0;

	if (!b->begun) {
		b->begun = true;
		b->from_ns = now;
		return;
	}
	if (++b->n < s->window)
		return;
	for (unsigned k = 0; k < s->classes_n; k++)
		b->sums[k] = log_density(&s->classes[k], (double)ns / 1e6 / s->window);
	b->from_ns = now;
	end_window(b, s, 1);
}

void statistic_message(struct detector *d, struct match *in, unsigned message, const struct view *v)
{
	const struct rule *r = d->set->rules[in->rule];

	for (unsigned i = 0; i < r->statistics_n; i++) {
		const struct statistic *s = &r->statistics[i];

		if (s->tally != message)
			continue;
		if (s->kind == STATISTIC_NIBBLES_OF)
			add_nibbles(state_of(d, in, s), v);
		else if (s->kind == STATISTIC_SIZE_BELIEF)
			add_size(state_of(d, in, s), s, v->len);
		else
			add_gap(state_of(d, in, s), s, d->packet.ts_ns);
	}
}

static bool nibbles_hold(const struct nibble_state *s, const struct when *w)
{
	uint64_t n = s->n;

	for (unsigned i = 0; i < STATISTIC_NIBBLES; i++) {
		uint64_t x = 16 * (uint64_t)s->squares[i] - n * n; /* never below 0 */

		if ((w->nibbles >> i & 1) && (x < w->lo * n || (w->hi && x >= w->hi * n)))
			return false;
	}
	return n > 0;
}

bool statistic_holds(const struct detector *d, const struct match *in, const struct when *w)
{
	const struct statistic *s = &d->set->rules[in->rule]->statistics[w->gauge];
	const struct belief_state *b = state_of(d, in, s);

	if (s->kind == STATISTIC_NIBBLES_OF)
		return nibbles_hold(state_of(d, in, s), w);
	return b->windows && b->mean >= s->least;
}
