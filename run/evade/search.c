// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * search.c - which changes to try next, and which of those tried is the cheapest
 *
 * Every change is tried alone. For sets of changes an attempt of each would be too many, so what has
 * been tried says what to expect: a rule that reported under no attempt that is part of a set is not
 * expected to report under the set. Sets with the fewest expected rules are tried first, and among
 * these the cheapest by the sum of what their changes cost alone. What came of it is known the next
 * time: sets behind a failure are expected to fail as it did.
 *
 *   an attempt is  entered when                            left when
 *   untried        it is chosen                            its trials are read
 *   through        no trial was seen, more than chance     tried again with other streams
 *   confirmed      the further trials say the same         -
 *   failed         a trial was seen, or a login failed     -
 *
 * Limits. Costs of a set are not always the sum of its parts', and rules may depend on each other: the
 * result is the cheapest of what was tried, not of all there is.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "results/score/intervals.h"
#include "run/evade/search.h"

#define COST_STEPS 1000 /* of a whole session: what differs by less is drawn, and no cost */

struct attempt *attempt_add(struct attempts *a, const unsigned *change, unsigned n)
{
	struct attempt *t;

	if (a->n == a->room) {
		a->room = a->room ? 2 * a->room : 64;
		a->list = xrealloc(a->list, a->room * sizeof(*a->list));
	}
	t = &a->list[a->n++];
	*t = (struct attempt){.n = n};
	if (n)
		memcpy(t->change, change, n * sizeof(*change));
	return t;
}

void attempts_free(struct attempts *a)
{
	for (size_t i = 0; i < a->n; i++) {
		trials_clear(&a->list[i].trials);
		trials_clear(&a->list[i].again);
	}
	free(a->list);
}

size_t attempt_changes(const struct attempts *a, const struct attempt *t,
		       const struct change *out[TOGETHER_MAX])
{
	for (unsigned i = 0; i < t->n; i++)
		out[i] = &a->changes->list[t->change[i]];
	return t->n;
}

char *attempt_text(const struct attempts *a, const struct attempt *t)
{
	char *text = xstrdup("");

	for (unsigned i = 0; i < t->n; i++) {
		char *more = xasprintf("%s%s%s", text, i ? " + " : "",
				       a->changes->list[t->change[i]].text);

		free(text);
		text = more;
	}
	return text;
}

bool can_tell(uint64_t n, const struct trials *without, size_t s)
{
	return exact_upper95(0, n) < wilson95(without->sights[s].seen, without->n).low;
}

/* Does signature @s no longer see the client, as far as @with can tell: every login came in, none was
 * seen, and by more than chance? */
static bool evades(const struct trials *with, const struct trials *without, size_t s)
{
	if (!with->n || with->in < with->n || with->sights[s].seen)
		return false;
	return can_tell(with->n, without, s);
}

unsigned attempt_on_both(const struct attempts *a, const struct attempt *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->n; i++)
		n += a->changes->list[t->change[i]].who == CHANGE_BOTH;
	return n;
}

static bool cheaper(const struct attempts *a, const struct attempt *x, const struct attempt *y)
{
	long one = lround(x->cost.share * COST_STEPS), other = lround(y->cost.share * COST_STEPS);

	if (one != other)
		return one < other;
	if (x->n != y->n)
		return x->n < y->n;
	/* Changes that the client can make alone come first at the same cost. */
	return attempt_on_both(a, x) < attempt_on_both(a, y);
}

struct attempt *search_best(const struct attempts *a, size_t s)
{
	const struct attempt *plain = &a->list[0];
	struct attempt *best = NULL;

	for (size_t i = 1; i < a->n; i++) {
		struct attempt *t = &a->list[i];

		if (!evades(&t->trials, &plain->trials, s) ||
		    (t->again.n && !evades(&t->again, &plain->again, s)))
			continue;
		if (!best || cheaper(a, t, best))
			best = t;
	}
	return best;
}

/* ------------------------------------------------------------------ sets of changes */

struct choice {
	const struct attempts *a;
	size_t s;
	unsigned together;
	size_t most, n;
	struct attempt *out; /* in order */
	unsigned *rules;     /* that are expected to report under each of @out */
};

static bool is_part(const struct attempt *part, const struct attempt *of)
{
	unsigned k = 0;

	for (unsigned i = 0; i < part->n; i++, k++) {
		while (k < of->n && of->change[k] < part->change[i])
			k++;
		if (k == of->n || of->change[k] != part->change[i])
			return false;
	}
	return true;
}

/* How many rules are expected to report; -1 = the set has been tried. */
static int expected(const struct choice *c, const struct attempt *t)
{
	uint64_t fired[FIRED_WORDS];
	unsigned n = 0;

	memset(fired, 0xff, sizeof(fired));
	for (size_t i = 0; i < c->a->n; i++) {
		const struct attempt *part = &c->a->list[i];

		if (!part->trials.n || !is_part(part, t))
			continue;
		if (part->n == t->n)
			return -1;
		for (unsigned w = 0; w < FIRED_WORDS; w++)
			fired[w] &= part->trials.sights[c->s].fired[w];
	}
	for (unsigned w = 0; w < FIRED_WORDS; w++)
		n += (unsigned)__builtin_popcountll(fired[w]);
	return (int)n;
}

static void consider(struct choice *c, struct attempt *t)
{
	int rules = expected(c, t);
	size_t at = c->n;

	if (rules < 0)
		return;
	while (at && ((unsigned)rules < c->rules[at - 1] ||
		      ((unsigned)rules == c->rules[at - 1] && cheaper(c->a, t, &c->out[at - 1]))))
		at--;
	if (at == c->most)
		return;
	if (c->n < c->most)
		c->n++;
	memmove(&c->out[at + 1], &c->out[at], (c->n - 1 - at) * sizeof(*c->out));
	memmove(&c->rules[at + 1], &c->rules[at], (c->n - 1 - at) * sizeof(*c->rules));
	c->out[at] = *t;
	c->rules[at] = (unsigned)rules;
}

static double cost_alone(const struct attempts *a, unsigned change)
{
	return a->list[change + 1].cost.share;
}

static bool helps(const struct choice *c, unsigned change)
{
	const struct sight *plain = &c->a->list[0].trials.sights[c->s];
	const struct trials *t = &c->a->list[change + 1].trials;

	if (!t->n || t->in < t->n)
		return false; /* it has to be left out: the client does not come in */
	if (t->sights[c->s].seen < plain->seen)
		return true;
	for (unsigned w = 0; w < FIRED_WORDS; w++)
		if (plain->fired[w] & ~t->sights[c->s].fired[w])
			return true;
	return false;
}

/* Adds every set that begins with @t. */
static void extend(struct choice *c, struct attempt *t, const bool *useful)
{
	unsigned from = t->n ? t->change[t->n - 1] + 1 : 0;

	if (t->n >= 2)
		consider(c, t);
	if (t->n == c->together)
		return;
	for (unsigned i = from; i < c->a->usable; i++) {
		bool apart = useful[i];

		for (unsigned k = 0; k < t->n && apart; k++)
			apart = !changes_exclude(&c->a->changes->list[t->change[k]],
						 &c->a->changes->list[i]);
		if (!apart)
			continue;
		t->change[t->n++] = i;
		t->cost.share += cost_alone(c->a, i);
		extend(c, t, useful);
		t->cost.share -= cost_alone(c->a, i);
		t->n--;
	}
}

size_t search_next(const struct attempts *a, size_t s, unsigned together, size_t most,
		   struct attempt *out)
{
	struct choice c = {.a = a, .s = s, .together = together, .most = most, .out = out};
	bool *useful = xcalloc(a->usable, sizeof(*useful));
	struct attempt none = {0};

	c.rules = xcalloc(most + 1, sizeof(*c.rules));
	for (unsigned i = 0; i < a->usable; i++)
		useful[i] = helps(&c, i);
	extend(&c, &none, useful);
	free(c.rules);
	free(useful);
	return c.n;
}
