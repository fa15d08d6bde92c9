// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * propose.c - which constraints could describe a class
 *
 * Guesses come from a sample (SAMPLE flows, evenly chosen over the hosts); what all members say
 * decides. Relations are looked for at the first PLACES bytes, constants at all kept ones.
 * That bits are equal in n flows by accident has the chance 2^-((n - 1) bits); places tried number
 * some thousands, so (n - 1) bits must be SURE or more. Flows that two vantages saw count once.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/draft/propose.h"
#include "base/bytes.h"
#include "base/err.h"

#define SAMPLE	   64
#define PLACES	   32 /* bytes of a message between which relations are looked for */
#define SURE	   24 /* bits */
#define SPLITS	   12 /* per class */
#define GENERATED  4  /* bytes that show a generator */
#define SIZE_FLOWS 4  /* flows that each size of a list needs; 8 are needed for a range */

struct work {
	const struct draft_class *k;
	struct draft_list sample;
	size_t own; /* members that are evidence of their own */
	struct draft_proposals *out;
	bool explained[DRAFT_STEPS][DRAFT_BYTES];
};

static void add(struct draft_proposals *p, const struct draft_constraint *c)
{
	if (!(p->n & (p->n - 1)))
		p->list = xrealloc(p->list, (p->n ? 2 * p->n : 1) * sizeof(*p->list));
	p->list[p->n] = *c;
	constraint_chance(&p->list[p->n++]);
}

void proposals_clear(struct draft_proposals *p)
{
	free(p->list);
	memset(p, 0, sizeof(*p));
}

static const struct draft_message *of(const struct work *w, size_t i, int step)
{
	return &w->sample.flows[i]->messages[step];
}

/* Proposes it when it is common. */
static bool offer(struct work *w, const struct draft_constraint *c)
{
	if (!class_keeps(w->k, c))
		return false;
	add(w->out, c);
	return true;
}

static void explain(struct work *w, int step, int at, int n)
{
	for (int i = at; i < at + n; i++)
		w->explained[step][i] = true;
}

/* ---- relations ---- */

static void offer_addresses(struct work *w, uint8_t step)
{
	for (uint16_t at = 0; at + 4 <= PLACES; at++)
		for (int sender = 0; sender < 2; sender++) {
			struct draft_constraint c = {.kind = DRAFT_ADDRESS,
						     .step = step,
						     .at = at,
						     .length = 4,
						     .sender = sender};

			if (offer(w, &c))
				explain(w, step, at, 4);
		}
}

static size_t alike(const struct work *w, uint8_t step, uint8_t other, int at, int there)
{
	size_t n = 0;

	for (size_t i = 0; i < w->sample.n; i++) {
		const struct draft_message *m = of(w, i, step), *o = of(w, i, other);

		n += m->kept > at && o->kept > there && m->bytes[at] == o->bytes[there];
	}
	return n;
}

/* Whether the byte differs from flow to flow: else equal bytes are two constants. */
static bool varies(const struct work *w, uint8_t step, int at)
{
	const struct draft_message *first = of(w, 0, step);

	for (size_t i = 1; i < w->sample.n; i++) {
		const struct draft_message *m = of(w, i, step);

		if (m->kept > at && first->kept > at && m->bytes[at] != first->bytes[at])
			return true;
	}
	return false;
}

/* Equal bytes along one diagonal: runs of two or more. */
static void offer_diagonal(struct work *w, uint8_t step, uint8_t other, int at, int there)
{
	size_t most = w->sample.n * 3 / 4;
	int run = 0;

	for (; at <= PLACES && there <= PLACES; at++, there++) {
		bool is = at < PLACES && there < PLACES && varies(w, step, at) &&
			  alike(w, step, other, at, there) > most;

		if (is && run < 8) {
			run++;
			continue;
		}
		if (run >= 2) {
			struct draft_constraint c = {.kind = DRAFT_EQUAL,
						     .step = step,
						     .other = other,
						     .at = (uint16_t)(at - run),
						     .there = (uint16_t)(there - run),
						     .length = (uint16_t)run};

			if (offer(w, &c))
				explain(w, step, at - run, run);
		}
		run = is;
	}
}

static void offer_equal(struct work *w, uint8_t step, uint8_t other)
{
	for (int d = 0; d < PLACES; d++)
		offer_diagonal(w, step, other, d, 0);
	for (int d = 1; d < PLACES; d++)
		offer_diagonal(w, step, other, 0, d);
}

/* The size of an earlier message, when that is not always the same, and a difference. */
static void offer_size_of(struct work *w, uint8_t step, uint8_t other)
{
	struct draft_constraint c = {.kind = DRAFT_SIZE_OF, .step = step, .other = other};
	size_t differ = 0;

	c.plus = (int32_t)(of(w, 0, step)->size - of(w, 0, other)->size);
	for (size_t i = 1; i < w->sample.n; i++)
		differ += of(w, i, other)->size != of(w, 0, other)->size;
	if (differ * 20 >= w->sample.n && abs(c.plus) < 256)
		offer(w, &c);
}

static void offer_change(struct work *w, uint8_t step, uint8_t other)
{
	for (uint16_t at = 0; at < 4; at++) {
		struct draft_constraint c = {
			.kind = DRAFT_CHANGE, .step = step, .other = other, .at = at, .plus = 16};

		if (w->k->shape.reply[step] == w->k->shape.reply[other] && offer(w, &c))
			explain(w, step, at, 2);
	}
}

#define COUNTED 4 /* flows in a row that show a counter */

/* A counter that goes on from one flow of an endpoint to the next. In one flow it looks like two bytes,
 * and in few flows of one host its high byte looks constant. */
static void offer_counter(struct work *w)
{
	for (uint16_t at = 0; at < DRAFT_COUNTERS; at++) {
		struct draft_constraint c = {.kind = DRAFT_COUNTER, .at = at, .low = COUNTED};
		size_t hosts, n = class_count(w->k, &c, &hosts);

		if (w->k->shape.tcp || n * 2 < w->k->members.n)
			continue;
		if (w->k->shape.steps == 1 && w->k->shape.by_client)
			offer(w, &c);
		for (int s = 0; s < w->k->shape.steps; s++)
			if (!w->k->shape.reply[s])
				explain(w, s, at, 2);
	}
}

static void offer_length(struct work *w, uint8_t step)
{
	for (uint16_t at = 0; at < 8; at++) {
		const struct draft_message *m = of(w, 0, step);
		struct draft_constraint c = {.kind = DRAFT_LENGTH, .step = step, .at = at};
		size_t differ = 0;

		if (m->kept < at + 2 || m->turn < get_be16(m->bytes + at))
			continue;
		c.plus = (int32_t)(m->turn - get_be16(m->bytes + at));
		for (size_t i = 1; i < w->sample.n; i++)
			differ += of(w, i, step)->turn != m->turn;
		if (differ && c.plus < 256 && offer(w, &c))
			explain(w, step, at, 2);
	}
}

static uint8_t inverse(uint8_t odd)
{
	uint8_t x = odd;

	for (int i = 0; i < 4; i++)
		x = (uint8_t)(x * (2 - odd * x));
	return x;
}

/* The multiplier and the summand that three bytes in a row have, when the first two differ by an odd
 * number. */
static bool generator_of(const uint8_t *x, struct draft_constraint *c)
{
	uint8_t d = (uint8_t)(x[1] - x[0]);

	if (!(d & 1))
		return false;
	c->mul = (uint8_t)((uint8_t)(x[2] - x[1]) * inverse(d));
	c->add = (uint8_t)(x[1] - c->mul * x[0]);
	return c->mul > 1;
}

/* A generator's output from some place to the end. */
static void offer_sequence(struct work *w, uint8_t step)
{
	for (uint16_t at = 0; at + 3 < DRAFT_BYTES; at++)
		for (size_t i = 0; i < w->sample.n && i < 8; i++) {
			const struct draft_message *m = of(w, i, step);
			struct draft_constraint c = {
				.kind = DRAFT_SEQUENCE, .step = step, .at = at, .low = GENERATED};

			if (m->kept >= at + 6 && generator_of(m->bytes + at, &c) && offer(w, &c))
				return;
		}
}

static void offer_nibbles(struct work *w, uint8_t step)
{
	for (uint16_t at = 0; at < 16; at++)
		for (uint16_t there = (uint16_t)(at + 2); there < 24; there++) {
			struct draft_constraint c = {.kind = DRAFT_NIBBLES,
						     .step = step,
						     .at = at,
						     .there = there,
						     .length = 2};

			if (!w->explained[step][at] && varies(w, step, at) && offer(w, &c))
				return;
		}
}

/* ---- constants ---- */

/* Bits of a byte that nearly all of the sample have in common. */
static uint8_t common_bits(const struct work *w, int step, int at, uint8_t *value)
{
	size_t ones[8] = {0}, n = 0;
	uint8_t mask = 0;

	for (size_t i = 0; i < w->sample.n; i++) {
		const struct draft_message *m = of(w, i, step);

		n += m->kept > at;
		for (int b = 0; b < 8 && m->kept > at; b++)
			ones[b] += (m->bytes[at] >> b) & 1;
	}
	*value = 0;
	for (int b = 0; b < 8; b++) {
		if (ones[b] * 8 >= n * 7)
			*value |= (uint8_t)(1 << b);
		if (ones[b] * 8 >= n * 7 || ones[b] * 8 <= n)
			mask |= (uint8_t)(1 << b);
	}
	return n * 8 >= w->sample.n * 7 ? mask : 0;
}

static bool sure(const struct work *w, uint8_t mask)
{
	return mask && (w->own - 1) * (size_t)__builtin_popcount(mask) >= SURE;
}

/* One byte: the whole of it, else a part that protocols use: a half, with or without the other half's
 * high bit. Other bits that happen to be common come of a few values. */
static bool constant_byte(const struct work *w, uint8_t step, uint16_t at,
			  struct draft_constraint *c)
{
	static const uint8_t parts[] = {0xff, 0x8f, 0x0f, 0xf0};
	uint8_t value, mask = common_bits(w, step, at, &value);

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		*c = (struct draft_constraint){
			.kind = DRAFT_BYTES_ARE, .step = step, .at = at, .length = 1};
		c->mask[0] = parts[i];
		c->value[0] = value & parts[i];
		if ((mask & parts[i]) == parts[i] && sure(w, parts[i]) && class_keeps(w->k, c))
			return true;
	}
	return false;
}

/* Neighbours that are wholly constant become one constraint. */
static void offer_constants(struct work *w, uint8_t step)
{
	struct draft_constraint run = {0}, c;

	for (uint16_t at = 0; at < DRAFT_BYTES; at++) {
		bool is = !w->explained[step][at] && constant_byte(w, step, at, &c);

		if (is && c.mask[0] == 0xff && run.length) {
			run.value[run.length] = c.value[0];
			run.mask[run.length++] = 0xff;
			continue;
		}
		if (run.length)
			add(w->out, &run);
		run.length = 0;
		if (is && c.mask[0] == 0xff)
			run = c;
		else if (is)
			add(w->out, &c);
	}
	if (run.length)
		add(w->out, &run);
}

/* ---- sizes ---- */

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The sizes of a step, sorted, with how often each comes. */
struct sizes {
	uint32_t *value; /* (owned) */
	size_t *count;	 /* (owned) */
	size_t n;
};

static struct sizes sizes_of(const struct draft_class *k, uint8_t step)
{
	size_t all = k->members.n;
	uint32_t *v = xmalloc((all + 1) * sizeof(*v));
	struct sizes s = {v, xcalloc(all + 1, sizeof(*s.count)), 0};

	for (size_t i = 0; i < all; i++)
		v[i] = k->members.flows[i]->messages[step].size;
	qsort(v, all, sizeof(*v), by_size);
	for (size_t i = 0; i < all; i++) {
		if (!s.n || v[s.n - 1] != v[i])
			v[s.n++] = v[i];
		s.count[s.n - 1]++;
	}
	return s;
}

static void sizes_clear(struct sizes *s)
{
	free(s->value);
	free(s->count);
}

/* Drops sizes that nearly no flow has: at most one in twenty flows together, the rarest first. */
static void sizes_trim(struct sizes *s, size_t all)
{
	size_t room = all / 20, kept = 0;

	for (size_t often = 1; often <= room; often++) {
		for (size_t i = kept = 0; i < s->n; i++) {
			if (s->count[i] == often && room >= often) {
				room -= often;
				continue;
			}
			s->value[kept] = s->value[i];
			s->count[kept++] = s->count[i];
		}
		s->n = kept;
	}
}

static void offer_sizes(struct work *w, uint8_t step)
{
	struct sizes s = sizes_of(w->k, step);
	struct draft_constraint c = {.kind = DRAFT_SIZE, .step = step};
	bool dense;

	if (s.n > DRAFT_SIZES)
		sizes_trim(&s, w->k->members.n);
	dense = s.n > 2 && s.value[s.n - 1] - s.value[0] < 2 * s.n;
	c.low = s.value[0];
	c.high = s.value[s.n - 1];
	if (s.n <= DRAFT_SIZES && !dense && w->own >= SIZE_FLOWS * s.n) {
		c.sizes_n = (uint8_t)s.n;
		memcpy(c.sizes, s.value, s.n * sizeof(*c.sizes));
	} else if (!dense && c.high > 4 * c.low + 64) {
		c.high = UINT32_MAX;
	}
	if (c.sizes_n || (c.low > 1 && w->own >= 8))
		offer(w, &c);
	sizes_clear(&s);
}

/* ---- all of it ---- */

static void offer_order(struct work *w)
{
	struct draft_constraint first = {.kind = DRAFT_FIRST};

	add(w->out, &first);
	for (uint8_t s = 1; s < w->k->shape.steps; s++) {
		struct draft_constraint next = {.kind = DRAFT_NEXT, .step = s};

		add(w->out, &next);
	}
}

static void offer_near(struct work *w)
{
	struct draft_constraint c = {.kind = w->k->shape.tcp ? DRAFT_NEAR_SERVER
							     : DRAFT_NEAR_CLIENT};

	offer(w, &c);
}

static struct work work_begin(const struct draft_class *k, struct draft_proposals *out)
{
	struct work w = {.k = k, .sample = class_sample(k, SAMPLE), .out = out};

	for (size_t i = 0; i < k->members.n; i++)
		w.own += !k->members.flows[i]->again;
	w.own += !w.own;
	return w;
}

void propose_common(const struct draft_class *k, struct draft_proposals *out)
{
	struct work w = work_begin(k, out);

	if (!w.sample.n)
		return;
	offer_near(&w);
	offer_counter(&w);
	for (uint8_t s = 0; s < k->shape.steps; s++) {
		offer_addresses(&w, s);
		for (uint8_t o = 0; o < s; o++) {
			offer_size_of(&w, s, o);
			offer_equal(&w, s, o);
			offer_change(&w, s, o);
		}
		offer_length(&w, s);
		offer_sequence(&w, s);
		offer_constants(&w, s);
		offer_nibbles(&w, s);
		offer_sizes(&w, s);
	}
	offer_order(&w);
	draft_list_clear(&w.sample);
}

/* ---- what splits a class ---- */

/* Whether a part of the class has it: not nearly all, not too few, in enough hosts. */
static void split(struct work *w, const struct draft_constraint *c, size_t hosts)
{
	size_t in, n = class_count(w->k, c, &in);

	if (n >= 3 && n * 20 >= w->k->members.n && in >= hosts && !class_keeps(w->k, c) &&
	    w->out->n < SPLITS)
		add(w->out, c);
}

static void split_sizes(struct work *w, uint8_t step, size_t hosts)
{
	struct sizes s = sizes_of(w->k, step);
	size_t least = w->k->members.n / 16;

	for (size_t i = 0; i < s.n; i++) {
		struct draft_constraint c = {
			.kind = DRAFT_SIZE, .step = step, .sizes_n = 1, .sizes = {s.value[i]}};

		if (s.count[i] >= least)
			split(w, &c, hosts);
	}
	sizes_clear(&s);
}

/* The most frequent value of a byte under a mask. */
static void split_byte(struct work *w, uint8_t step, uint16_t at, uint8_t mask, size_t hosts)
{
	size_t count[256] = {0}, best = 0;
	struct draft_constraint c = {.kind = DRAFT_BYTES_ARE, .step = step, .at = at, .length = 1};

	for (size_t i = 0; i < w->sample.n; i++) {
		const struct draft_message *m = of(w, i, step);

		if (m->kept > at)
			count[m->bytes[at] & mask]++;
	}
	for (size_t v = 1; v < 256; v++)
		best = count[v] > count[best] ? v : best;
	c.mask[0] = mask;
	c.value[0] = (uint8_t)best;
	if (count[best] * 4 >= w->sample.n)
		split(w, &c, hosts);
}

static void split_equal(struct work *w, uint8_t step, uint8_t other, size_t hosts)
{
	struct draft_constraint c = {
		.kind = DRAFT_EQUAL, .step = step, .other = other, .length = 2};

	if (varies(w, step, 0) && varies(w, step, 1))
		split(w, &c, hosts);
}

void propose_splits(const struct draft_class *k, size_t hosts, struct draft_proposals *out)
{
	struct work w = work_begin(k, out);

	for (uint8_t s = 0; s < k->shape.steps && w.sample.n; s++) {
		for (uint16_t at = 0; at < 4; at++) {
			split_byte(&w, s, at, 0xff, hosts);
			split_byte(&w, s, at, 0x0f, hosts);
		}
		for (uint8_t o = 0; o < s; o++)
			split_equal(&w, s, o, hosts);
		split_sizes(&w, s, hosts);
	}
	draft_list_clear(&w.sample);
}
