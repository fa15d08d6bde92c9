// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * class.c - positive flows that begin alike, and what holds in them host by host
 *
 * A host with many flows must not outweigh others, nor may what one host alone has become a rule: a
 * constraint is asked of every host by itself. One flow in eight may be without it, in a host and over
 * all hosts: a foreign flow with a wrong label.
 */
#include <math.h>
#include <string.h>

#include "analysis/draft/class.h"

static const uint8_t first_places[DRAFT_STEPS] = {0, 1, 2, 3};

static bool holds(const struct draft_class *k, const struct draft_constraint *c, size_t i)
{
	return constraint_holds(c, k->members.flows[i], first_places, k->shape.by_client);
}

/* The end of the run of members from @i on that are of one host. */
static size_t host_end(const struct draft_class *k, size_t i)
{
	uint32_t host = k->members.flows[i]->host;

	while (i < k->members.n && k->members.flows[i]->host == host)
		i++;
	return i;
}

size_t class_hosts(const struct draft_class *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->members.n; i = host_end(k, i))
		n++;
	return n;
}

size_t class_count(const struct draft_class *k, const struct draft_constraint *c, size_t *hosts)
{
	size_t all = 0, end;

	*hosts = 0;
	for (size_t i = 0; i < k->members.n; i = end) {
		size_t n = 0;

		end = host_end(k, i);
		for (size_t j = i; j < end; j++)
			n += holds(k, c, j);
		all += n;
		*hosts += n > 0;
	}
	return all;
}

bool class_keeps(const struct draft_class *k, const struct draft_constraint *c)
{
	size_t hosts = 0, kept = 0, missed = 0, end;

	for (size_t i = 0; i < k->members.n; i = end) {
		size_t misses = 0;

		end = host_end(k, i);
		for (size_t j = i; j < end; j++)
			misses += !holds(k, c, j);
		hosts++;
		kept += misses <= (end - i) / 8;
		missed += misses <= (end - i) / 8 ? misses : 0;
	}
	return (double)kept >= ceil(DRAFT_HOSTS_MOST * (double)hosts) && missed * 8 <= k->members.n;
}

struct draft_list class_sample(const struct draft_class *k, size_t most)
{
	struct draft_list l = {0};
	size_t n = k->members.n < most ? k->members.n : most;

	for (size_t i = 0; i < n; i++)
		draft_list_add(&l, k->members.flows[i * k->members.n / n]);
	return l;
}

void class_free(struct draft_class *k)
{
	draft_list_clear(&k->members);
	memset(k, 0, sizeof(*k));
}
