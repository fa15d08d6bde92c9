// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * counting.c - actions that count matches under a key: "count"
 *
 * Model. A count is an entry of the memory. Fixed: it is kept for the window from its first match on, or without a
 * window as long as its set keeps, and an entry for each pair says what was counted. Sliding: the entry keeps the last
 * matches beside it, latest first, one more than any rule asks for, so that the count is exact up to what is asked, and
 * "exactly" can tell more. With distinct parts each pair is there once, at its latest time: so many different ones were
 * seen in a window as have their latest time in it. One that was forgotten has so many after it that nobody asks
 * whether it is new.
 *
 * Limits. COUNT_SLIDING_MAX matches in a window that slides; 24 bytes for each that the largest count of the set asks.
 */
#include <string.h>

#include "detector/engine/counting.h"

/**
 * struct slide - the last matches under a key
 * @n:	How many, first in the pool's list of free ones
 * @last: Latest first: the pair (zero: all matches count), and when
 */
struct slide {
	uint64_t n;
	struct {
		struct memory_key pair;
		uint64_t ns;
	} last[];
};

static size_t most_asked(const struct signature_set *set)
{
	size_t most = 0;

	for (size_t i = 0; i < set->rules_n; i++) {
		const struct rule *r = set->rules[i];

		for (unsigned s = 0; s <= r->steps_n; s++) {
			const struct counting *c =
				s < r->steps_n ? &r->steps[s].then.count : &r->then.count;

			if (c->used && c->sliding && c->least > most)
				most = c->least;
		}
	}
	return most;
}

size_t counting_room(const struct signature_set *set)
{
	return sizeof(struct slide) +
	       (most_asked(set) + 1) * sizeof(((struct slide *)NULL)->last[0]);
}

/* The number of the window under way. A pair that was counted in another window is new. */
static uint32_t time_of(const struct memory_entry *e, const struct counting *c)
{
	return c->within ? (uint32_t)(e->expires >> 10) | 1 : 1;
}

/* From the first match on. */
static bool fixed(struct memory *m, const struct counting *c, const struct memory_key *key,
		  const struct memory_key *pair, uint64_t now, uint64_t keep)
{
	struct memory_entry *e = c->within ? memory_find(m, c->set, key, now) : NULL, *seen;

	if (!e)
		e = memory_put(m, c->set, key, now, c->within ? c->within : keep);
	if (pair) {
		uint32_t time = time_of(e, c);

		seen = memory_put(m, c->set, pair, now, c->within ? c->within : keep);
		if (seen->value == time)
			return false;
		seen->value = time;
		e = memory_find(m, c->set, key, now);
		if (!e) /* it had to make room */
			return false;
	}
	e->count += e->count < UINT32_MAX;
	return c->exactly ? e->count == c->least : e->count >= c->least;
}

static struct slide *slide_of(struct memory *m, struct memory_entry *e)
{
	if (!e->slides) {
		e->value = pool_get(&m->slides); /* as many as entries */
		e->slides = true;
	}
	return pool_at(&m->slides, e->value);
}

/* Puts a match before the others; false when its pair is in the window already. */
static bool put_first(const struct memory *m, struct slide *s, const struct memory_key *pair,
		      uint64_t now, uint64_t within)
{
	size_t room = (m->slides.size - sizeof(*s)) / sizeof(s->last[0]), at = s->n;
	bool known = false;

	for (size_t i = 0; pair && i < s->n && at == s->n; i++)
		if (s->last[i].pair.a == pair->a && s->last[i].pair.b == pair->b) {
			known = now - s->last[i].ns <= within;
			at = i;
		}
	if (at == room)
		at--; /* the oldest makes room */
	else if (at == s->n)
		s->n++;
	memmove(&s->last[1], &s->last[0], at * sizeof(s->last[0]));
	s->last[0].pair = pair ? *pair : (struct memory_key){0};
	s->last[0].ns = now;
	return !known;
}

/* Counts the matches of the last @c->within ns. */
static bool sliding(struct memory *m, const struct counting *c, const struct memory_key *key,
		    const struct memory_key *pair, uint64_t now)
{
	struct memory_entry *e = memory_find(m, c->set, key, now);
	struct slide *s;
	uint32_t n = 0;
	bool fresh;

	if (!e)
		e = memory_put(m, c->set, key, now, c->within);
	if (e->expires < now + c->within)
		e->expires = now + c->within;
	s = slide_of(m, e);
	fresh = put_first(m, s, pair, now, c->within);
	while (n < s->n && now - s->last[n].ns <= c->within)
		n++;
	return c->exactly ? fresh && n == c->least : n >= c->least;
}

bool counting_reached(struct memory *m, const struct counting *c, const struct memory_key *key,
		      const struct memory_key *pair, uint64_t now, uint64_t keep)
{
	return c->sliding ? sliding(m, c, key, pair, now) : fixed(m, c, key, pair, now, keep);
}
