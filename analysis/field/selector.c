// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * selector.c - the byte that says of what type a message is
 *
 * A type decides who says it, when, and how long it is. So the mutual information of each of the first
 * bytes with (direction, place, size) is measured, less what chance gives (Miller and Madow). Bits that
 * add nothing to it are masked out, except those that never move. The byte must have few values under
 * its mask that cover nearly all messages.
 */
#include <math.h>
#include <string.h>

#include "analysis/field/selector.h"

#define LEAST	   40	/* messages */
#define LOOK	   4096 /* at most */
#define KINDS	   80	/* direction, place, size in 8 steps */
#define COVERED	   0.93
#define BITS_LEAST 0.3
#define RARE	   0.005

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
}

static double information(const struct counts *c)
{
	double bits = 0, values = 0, kinds = 0, n = c->n;

	for (int k = 0; k < KINDS; k++)
		kinds += c->kind[k] > 0;
	for (int v = 0; v < 256; v++) {
		if (!c->value[v])
			continue;
		values++;
		for (int k = 0; k < KINDS; k++)
			if (c->both[v][k])
				bits += c->both[v][k] / n *
					log2(c->both[v][k] * n /
					     ((double)c->value[v] * c->kind[k]));
	}
	return bits - (values - 1) * (kinds - 1) / (2 * n * M_LN2);
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
		if (left[top] < 4 || left[top] < RARE * c->n)
			break;
		s->values[s->n] = (uint8_t)top;
		covered += left[top];
		left[top] = 0;
	}
	return c->n ? covered / (double)c->n : 0;
}

/* Bits at offset @o that move. */
static uint8_t moving(const struct brief *const *m, uint32_t n, uint32_t o)
{
	uint8_t all = 0xff, any = 0;

	for (uint32_t i = 0; i < n; i++)
		if (o < m[i]->kept) {
			all &= m[i]->b[o];
			any |= m[i]->b[o];
		}
	return all ^ any;
}

/* Masks out what adds nothing, from the high bit down. */
static double mask_out(struct counts *c, const struct brief *const *m, uint32_t n,
		       struct selector *s, double bits)
{
	uint8_t moves = moving(m, n, s->offset);

	for (int bit = 0x80; bit; bit /= 2) {
		double less;

		if (!(moves & bit))
			continue;
		count(c, m, n, s->offset, (uint8_t)(s->mask & ~bit));
		less = information(c);
		if (less < 0.97 * bits)
			continue;
		s->mask &= (uint8_t)~bit;
		bits = less > bits ? less : bits;
	}
	count(c, m, n, s->offset, s->mask);
	return information(c);
}

bool selector_find(const struct brief *const *m, uint32_t n, struct selector *out)
{
	static _Thread_local struct counts c;
	double best = BITS_LEAST;
	bool found = false;

	if (n < LEAST)
		return false;
	for (uint16_t o = 0; o < SELECTOR_BYTES; o++) {
		struct selector s = {.offset = o, .mask = 0xff};
		double bits;

		count(&c, m, n, o, 0xff);
		if (c.n < 0.9 * n / (1 + n / LOOK))
			break;
		bits = mask_out(&c, m, n, &s, information(&c));
		if (bits <= best || common(&c, &s) < COVERED || s.n < 2)
			continue;
		best = bits;
		*out = s;
		found = true;
	}
	return found;
}
