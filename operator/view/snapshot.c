// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * snapshot.c - what the view shows, as it was at one moment
 *
 * The picture is locked only while rows are copied out of it; sorting and drawing come after that, so
 * who reads packets never waits for a terminal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/loop.h"
#include "operator/view/snapshot.h"

#define COUNT_NS (NS_PER_SEC * 9 / 10) /* over which a rate is reckoned, at least */

void view_counts_name(struct view_counts *c, const char *name)
{
	size_t n = strlen(c->source);

	snprintf(c->source + n, sizeof(c->source) - n, "%s%s", n ? " " : "", name);
}

static void make_room(struct snapshot *s, size_t n)
{
	if (n <= s->room)
		return;
	s->room = n + n / 4 + 16;
	s->rows = xrealloc(s->rows, s->room * sizeof(*s->rows));
	s->clients = xrealloc(s->clients, s->room * sizeof(*s->clients));
}

void snapshot_take(struct snapshot *s, const struct picture *p, const struct ip *who)
{
	const struct client *one = who ? picture_client(p, who) : NULL;

	s->totals = picture_totals(p);
	make_room(s, s->totals.clients);
	s->n = picture_clients(p, s->clients, s->room);
	if (s->n > s->room)
		s->n = s->room;
	s->blocked = s->would_block = 0;
	for (size_t i = 0; i < s->n; i++) {
		row_from_client(&s->rows[i], s->clients[i]);
		s->blocked += s->rows[i].blocked;
		s->would_block += s->rows[i].would_block;
	}
	s->has_client = one != NULL;
	if (one)
		s->client = *one;
}

void snapshot_count(struct snapshot *s, const struct view_counts *counts)
{
	uint64_t passed = counts->tick_ns - s->counted_ns;

	s->counts = *counts;
	if (s->counted_ns && passed < COUNT_NS)
		return;
	if (s->counted_ns)
		s->sightings_second =
			((s->totals.sightings - s->counted) * NS_PER_SEC + passed / 2) / passed;
	s->counted = s->totals.sightings;
	s->counted_ns = counts->tick_ns;
}

void snapshot_free(struct snapshot *s)
{
	free(s->rows);
	free((void *)s->clients);
	*s = (struct snapshot){0};
}
