// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cost.c - what a change costs: bytes, packets, seconds
 *
 * Two sessions differ by more than the change: other nodes answer, other sizes are drawn. So only the
 * messages that a change touches are counted, and of these the mean: what one of them has more than one
 * of the unchanged session, times how many there are in the changed one. Messages that are new, or
 * gone, count as a whole. A wait is counted where the change says that a message comes later.
 */
#include <string.h>

#include "run/evade/cost.h"

static bool named_before(const struct change *const *made, size_t i, unsigned k)
{
	const char *name = made[i]->touches[k];

	for (size_t a = 0; a <= i; a++)
		for (unsigned b = 0; b < (a < i ? made[a]->touches_n : k); b++)
			if (!strcmp(made[a]->touches[b], name))
				return true;
	return false;
}

/* In how many packets each message of a name goes. */
static unsigned parts_of(const struct change *const *made, size_t n, const char *name)
{
	unsigned most = 1;

	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < made[i]->touches_n; k++)
			if (!strcmp(made[i]->touches[k], name) && made[i]->parts > most)
				most = made[i]->parts;
	return most;
}

/* Adds to @c what messages of a name cost; returns the bytes. */
static double touched(struct cost *c, const char *name, unsigned parts, const struct trials *with,
		      const struct trials *without)
{
	const struct message_sum *a = trials_sum(with, name), *b = trials_sum(without, name);
	double whole = a ? (double)a->n / parts : 0, bytes = 0;

	if (a && b) {
		bytes = ((double)a->bytes - whole * (double)b->bytes / (double)b->n) /
			(double)with->n;
		c->packets += ((double)a->n - whole) / (double)with->n;
	} else if (a) {
		bytes = (double)a->bytes / (double)with->n;
		c->packets += (double)a->n / (double)with->n;
	} else if (b) {
		bytes = -(double)b->bytes / (double)without->n;
		c->packets -= (double)b->n / (double)without->n;
	}
	c->bytes += bytes;
	return bytes;
}

static void waited(struct cost *c, const char *name, const struct trials *with,
		   const struct trials *without)
{
	const struct message_sum *a = trials_sum(with, name), *b = trials_sum(without, name);

	if (a && b && a->after_n && b->after_n)
		c->seconds += (a->after_s - (double)a->after_n * b->after_s / (double)b->after_n) /
			      (double)with->n;
}

struct cost cost_of(const struct trials *with, const struct trials *without,
		    const struct change *const *made, size_t n)
{
	struct cost c = {0};
	double more = 0, one;

	if (!with->n || !without->n)
		return c;
	for (size_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < made[i]->touches_n; k++)
			if (!named_before(made, i, k)) {
				one = touched(&c, made[i]->touches[k],
					      parts_of(made, n, made[i]->touches[k]), with,
					      without);
				more += one > 0 ? one : 0;
			}
		for (unsigned k = 0; k < made[i]->waits_n; k++)
			waited(&c, made[i]->waits[k], with, without);
	}
	if (without->bytes)
		c.share += more * (double)without->n / (double)without->bytes;
	if (c.seconds > 0 && without->login_s > 0)
		c.share += c.seconds * (double)without->logins / without->login_s;
	return c;
}
