// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * echo.c - which replies prove that who sent them has seen the request
 *
 * Anyone can send a request in another's name, and a reply in another's name. A reply that holds
 * bytes of the request was sent by somebody whom the request has reached. So a message of the server
 * echoes a message of the client when its tests compare with that one (`equal`, `change`, not
 * negated) in at least ECHO_BITS bits that the rule leaves free in the request: bits which the rule
 * fixes are known to all who can read it.
 *
 * A bit of the request is fixed by its own tests: `bytes` (where all alternatives look at it),
 * `address`, `length`, `nibbles`, `equal` within the message, and the upper bits of a `number` that
 * must be in a small set. `change` takes as many bits as its set of differences leaves open.
 *
 * Limits: it is a proof against those who send blindly. Who sees the request, or sends both, can echo
 * it; and who asks in another's name a node that answers makes a true exchange of which the named one
 * knows nothing. Only a network that lets no one send from foreign addresses is safe from that.
 */
#include <string.h>

#include "detector/language/echo.h"

#define OFFSETS 2048 /* that a test may give, from the start or the end */

/* Whether byte @at of a test that begins at @from is among its @n bytes; *@i: which. Both count from
 * the same end, or nothing is known. */
static bool covers(int32_t from, uint32_t n, int32_t at, uint32_t *i)
{
	if ((from < 0) != (at < 0) || at < from || (uint32_t)(at - from) >= n)
		return false;
	*i = (uint32_t)(at - from);
	return true;
}

/* Bits needed to tell apart the numbers of a set, rounded down or @up. */
static unsigned bits_of(const struct numset *s, unsigned width, bool up)
{
	uint64_t n = 0, top = (1ULL << width) - 1;
	unsigned bits = 0;

	for (unsigned i = 0; i < s->n && s->r[i].lo <= top; i++)
		n += (s->r[i].hi < top ? s->r[i].hi : top) - s->r[i].lo + 1;
	if (!s->n)
		return width;
	while (bits < width && (2ULL << bits) <= n)
		bits++;
	return up && bits < width && (1ULL << bits) < n ? bits + 1 : bits;
}

/* The bits that a test fixes in its byte @i. */
static uint8_t fixed_by(const struct test *t, uint32_t i)
{
	uint8_t fixed = 0xff;
	unsigned open;

	switch (t->kind) {
	case TEST_BYTES:
		for (unsigned a = 0; a < t->alternatives; a++)
			fixed &= t->masks[a * t->length + i];
		return fixed;
	case TEST_NUMBER:
		open = bits_of(&t->numbers, 8U * t->length, false);
		i = t->length - 1U - i; /* from the lowest byte */
		return open >= 8 * (i + 1) ? 0
		       : open <= 8 * i	   ? 0xff
					   : (uint8_t)(0xff << (open - 8 * i));
	case TEST_EQUAL:
		return t->ref < 0 ? 0xff : 0;
	case TEST_NIBBLES:
		return t->high ? 0xf0 : 0x0f;
	case TEST_ADDRESS:
	case TEST_LENGTH:
		return 0xff;
	default:
		return 0;
	}
}

/* The bits of byte @at that the rule leaves free in the message. */
static uint8_t free_bits(const struct message *m, int32_t at)
{
	uint8_t left = 0xff;
	uint32_t i;

	for (unsigned k = 0; k < m->tests_n; k++) {
		const struct test *t = &m->tests[k];

		if (!t->negate && covers(t->at, t->length, at, &i))
			left &= (uint8_t)~fixed_by(t, i);
	}
	return left;
}

static bool same_name(const struct rule *r, unsigned a, unsigned b)
{
	return !strcmp(r->messages[a].name, r->messages[b].name);
}

/* The same of all alternatives that have the name of message @ref: the reply may be to any. */
static uint8_t free_in_all(const struct rule *r, unsigned ref, int32_t at)
{
	uint8_t left = 0xff;

	for (unsigned i = 0; i < r->messages_n; i++)
		if (same_name(r, i, ref))
			left &= free_bits(&r->messages[i], at);
	return left;
}

/* The free bits of message @ref that @m must know. No byte counts twice. */
static unsigned echoed_bits(const struct rule *r, const struct message *m, unsigned ref)
{
	uint8_t seen[2 * OFFSETS + SAVE_MAX] = {0}; /* by offset in the request, from -OFFSETS */
	unsigned bits = 0;

	for (unsigned k = 0; k < m->tests_n; k++) {
		const struct test *t = &m->tests[k];
		unsigned unknown = 0, open = 0;

		if (t->negate || t->ref < 0 || !same_name(r, (unsigned)t->ref, ref) ||
		    (t->kind != TEST_EQUAL && t->kind != TEST_CHANGE))
			continue;
		for (int32_t at = t->there; at < t->there + t->length; at++) {
			uint8_t left = free_in_all(r, ref, at), *was = &seen[at + OFFSETS];

			unknown += (unsigned)__builtin_popcount(left & ~*was);
			*was |= left;
		}
		if (t->kind == TEST_CHANGE)
			open = bits_of(&t->numbers, 8U * t->length, true);
		bits += unknown > open ? unknown - open : 0;
	}
	return bits;
}

void echo_settle(struct rule *r)
{
	for (unsigned k = 0; k < r->messages_n; k++) {
		struct message *m = &r->messages[k];

		m->echoes = 0;
		for (unsigned i = 0; i < k && m->from != FROM_CLIENT; i++)
			if (r->messages[i].from != FROM_SERVER && echoed_bits(r, m, i) >= ECHO_BITS)
				m->echoes |= 1U << i;
	}
}
