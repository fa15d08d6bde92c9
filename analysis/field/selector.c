// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * selector.c - the byte that says of what type a message is
 *
 * A type decides when it is said, and how long it is. So the mutual information of each of the
 * first bytes with (place, size) is measured in either direction, less what chance gives (Miller
 * and Madow); it must be a good part of what the byte tells at all, or the byte is about something
 * else. The mask is the one with the fewest values that tells nearly as much as the whole byte. The
 * byte must have few values under its mask that cover nearly all messages. A byte of the message's
 * length says nothing but that, and is no type.
 */
#include <math.h>
#include <string.h>

#include "analysis/field/selector.h"

#define LEAST	   40	/* messages */
#define TELLS	   0.35 /* of what the value tells is about place and size */
#define LOOK	   4096 /* at most */
#define KINDS	   80	/* direction, place, size in 8 steps */
#define COVERED	   0.7
#define NEARLY	   0.93
#define CHANGES	   2 /* for each value */
#define MASKS	   10
#define BITS_LEAST 0.2
#define PLAIN                                                                                      \
	0.6 /* where most of what it tells is about them, fewer bits are enough: one type may be rare */
#define PLAIN_BITS   0.04
#define PLAIN_ALL    100 /* bits of all messages together */
#define RARE	     0.005
#define WHOLE	     16	  /* from this offset on a type is a whole byte */
#define LENGTHS	     0.95 /* of the messages have their length there */
#define LENGTH_SIZES 4	  /* different sizes to see that */

static uint32_t kind_of(const struct brief *m)
{
	uint32_t step = m->size < 12	? 0
			: m->size < 19	? 1
			: m->size < 27	? 2
			: m->size < 40	? 3
			: m->size < 64	? 4
			: m->size < 128 ? 5
			: m->size < 512 ? 6
					: 7;

	return (step * 5 + m->place) * 2 + m->reply;
}

struct counts {
	uint32_t both[256][KINDS], value[256], kind[KINDS], n;
};

static bool rare(const struct counts *c, int v)
{
	return c->value[v] < 4 || c->value[v] < RARE * c->n;
}

/* Messages of rare values are left out; @n counts them still. */
static void drop_value(struct counts *c, int v)
{
	for (int k = 0; k < KINDS; k++) {
		c->kind[k] -= c->both[v][k];
		c->both[v][k] = 0;
	}
	c->value[v] = 0;
}

static void count(struct counts *c, const struct brief *const *m, uint32_t n, uint32_t o,
		  uint8_t mask)
{
	memset(c, 0, sizeof(*c));
	for (uint32_t i = 0; i < n; i += 1 + n / LOOK) {
		uint32_t k = kind_of(m[i]);
		uint8_t v = m[i]->b[o] & mask;

		if (o >= m[i]->kept)
			continue;
		c->both[v][k]++;
		c->value[v]++;
		c->kind[k]++;
		c->n++;
	}
	for (int v = 0; v < 256; v++)
		if (c->value[v] && rare(c, v))
			drop_value(c, v);
}

/* Of the messages of one direction (the lowest bit of a kind): the information of the value about the
 * kind, less what chance gives; added to *@bits, and to *@own what the value has at all. */
static void inform(const struct counts *c, int reply, double *bits, double *own)
{
	double values = 0, kinds = 0, n = 0, sum = 0, of_value[256] = {0};

	for (int k = reply; k < KINDS; k += 2) {
		kinds += c->kind[k] > 0;
		n += c->kind[k];
		for (int v = 0; v < 256; v++)
			of_value[v] += c->both[v][k];
	}
	for (int v = 0; v < 256; v++) {
		if (of_value[v] <= 0)
			continue;
		values++;
		*own -= of_value[v] * log2(of_value[v] / n);
		for (int k = reply; k < KINDS; k += 2)
			if (c->both[v][k])
				sum += c->both[v][k] *
				       log2(c->both[v][k] * n / (of_value[v] * c->kind[k]));
	}
	*bits += sum - (values - 1) * (kinds - 1) / (2 * M_LN2);
}

/* Bits that the value tells about place and size; *@own: and those that it tells at all. */
static double information(const struct counts *c, double *own)
{
	double bits = 0;

	*own = 0;
	if (!c->n)
		return 0;
	inform(c, 0, &bits, own);
	inform(c, 1, &bits, own);
	*own /= c->n;
	return bits / c->n;
}

static uint32_t values(const struct counts *c)
{
	uint32_t n = 0;

	for (int v = 0; v < 256; v++)
		n += c->value[v] > 0;
	return n;
}

/* Values that are not rare, most frequent first; the part of messages that have them. */
static double common(const struct counts *c, struct selector *s)
{
	uint32_t left[256], covered = 0;

	memcpy(left, c->value, sizeof(left));
	for (s->n = 0; s->n < SELECTOR_VALUES; s->n++) {
		int top = 0;

		for (int v = 1; v < 256; v++)
			if (left[v] > left[top])
				top = v;
		if (!left[top])
			break;
		s->values[s->n] = (uint8_t)top;
		covered += left[top];
		left[top] = 0;
	}
	return c->n ? covered / (double)c->n : 0;
}

/* The mask under which the byte tells nearly as much as under any, with the fewest values; 0 bits when it
 * tells much more than place and size. Leaves the counts under it in @c. */
static double choose_mask(struct counts *c, const struct brief *const *m, uint32_t n,
			  struct selector *s)
{
	static const uint8_t masks[MASKS] = {0xff, 0xbf, 0x8f, 0x0f, 0xf0,
					     0xf8, 0x3f, 0xe0, 0xc0, 0x07};
	double bits[MASKS], own[MASKS], most = 0;
	uint32_t n_of[MASKS], best = MASKS;

	for (uint32_t i = 0; i < MASKS; i++) {
		count(c, m, n, s->offset, masks[i]);
		bits[i] = information(c, &own[i]);
		n_of[i] = values(c);
		most = bits[i] > most ? bits[i] : most;
	}
	if (most <= 0)
		return 0;
	for (uint32_t i = 0; i < MASKS; i++)
		if (bits[i] >= NEARLY * most && (best == MASKS || n_of[i] < n_of[best]))
			best = i;
	s->mask = masks[best];
	count(c, m, n, s->offset, s->mask);
	if (bits[best] < TELLS * own[best])
		return 0;
	return bits[best] >= BITS_LEAST ||
			       (bits[best] >= PLAIN_BITS && bits[best] >= PLAIN * own[best] &&
				bits[best] * c->n >= PLAIN_ALL)
		       ? bits[best]
		       : 0;
}

/* Whether the value comes and goes: one that is the same for a while, and then another, is no type. */
static bool comes_and_goes(const struct brief *const *m, uint32_t n, const struct selector *s)
{
	uint32_t changes = 0;
	int last[2] = {-1, -1};

	for (uint32_t i = 0; i < n; i++) {
		int v = m[i]->b[s->offset] & s->mask, *l = &last[m[i]->reply];

		if (s->offset >= m[i]->kept || !memchr(s->values, v, s->n))
			continue;
		changes += *l >= 0 && *l != v;
		*l = v;
	}
	return changes >= CHANGES * s->n;
}

/* Of @n messages those that count() looks at. */
static uint32_t looked_at(uint32_t n)
{
	return n / (1 + n / LOOK);
}

/* The message's length, less @less, without its lowest @shift bits, as one byte. */
static uint8_t length_byte(const struct brief *m, uint32_t less, uint32_t shift)
{
	return (uint8_t)((m->size - less) >> shift);
}

/* Whether byte @o is that of the length in nearly all messages. */
static bool is_length(const struct brief *const *m, uint32_t n, uint16_t o, uint32_t less,
		      uint32_t shift)
{
	uint32_t held = 0, all = 0, sizes = 0, last = UINT32_MAX;

	for (uint32_t i = 0; i < n; i += 1 + n / LOOK) {
		if (o >= m[i]->kept)
			continue;
		all++;
		sizes += m[i]->size != last;
		last = m[i]->size;
		held += m[i]->b[o] == length_byte(m[i], less, shift);
	}
	return sizes >= LENGTH_SIZES && held >= LENGTHS * all;
}

/* The offset of the lowest byte of a length, or SELECTOR_BYTES; *@less: what the length is less
 * than the size. */
static uint16_t find_length(const struct brief *const *m, uint32_t n, uint32_t *less)
{
	for (uint16_t o = 0; o < SELECTOR_BYTES && o < m[0]->kept; o++) {
		*less = (uint8_t)(m[0]->size - m[0]->b[o]);
		if (is_length(m, n, o, *less, 0))
			return o;
	}
	return SELECTOR_BYTES;
}

/* Whether byte @o is one of the length whose lowest byte is at @low. */
static bool of_length(const struct brief *const *m, uint32_t n, uint16_t o, uint16_t low,
		      uint32_t less)
{
	return low < SELECTOR_BYTES &&
	       (o == low || ((o + 1 == low || o == low + 1) && is_length(m, n, o, less, 8)));
}

bool selector_find(const struct brief *const *m, uint32_t n, struct selector *out)
{
	static _Thread_local struct counts c;
	double best = 0;
	bool found = false;
	uint32_t less = 0;
	uint16_t length;

	if (n < LEAST)
		return false;
	length = find_length(m, n, &less);
	for (uint16_t o = 0; o < SELECTOR_BYTES; o++) {
		struct selector s = {.offset = o, .mask = 0xff};
		double bits;

		count(&c, m, n, o, 0xff);
		if (c.n < 0.9 * looked_at(n))
			break;
		if (of_length(m, n, o, length, less) || (o >= WHOLE && common(&c, &s) < COVERED))
			continue;
		bits = choose_mask(&c, m, n, &s);
		if (bits <= best || common(&c, &s) < COVERED || s.n < 2 ||
		    !comes_and_goes(m, n, &s))
			continue;
		best = bits;
		*out = s;
		found = true;
	}
	return found;
}
