// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measures_named.c - measures that need more than a selector: functions that a claim file calls by name
 *
 *   function   | a case is                              | it holds when
 *   one-port   | a client with a flow that is `flow`    | all of them have one port of the client
 *   same-port  | a flow that is `then`                  | its client's port is that of a flow that is
 *              |                                        | `flow` of the same client
 *   port-order | a client and a server with connections | each group of ports in `parameters`, in their
 *              | that are `flow`, of two groups of ports| order, begins after the one before
 *   overlap    | a client with two flows that are `flow`| one begins to another server before an earlier
 *              |                                        | one has its first answer or ends
 *   port-step  | two flows that are `flow` of a client, | the client's port went up by a number in `step`
 *              | one after the other                    |
 *   no-common- | a client with COMMON_LEAST flows that  | no server port is that of a tenth of them
 *   port       | are `flow`                             | and of COMMON_NODES servers
 *   upper-half | a client with a flow that is `flow`    | the client's port of the first lies in the
 *              |                                        | upper half of 1024 to 65535
 *
 * A client is an address in a capture. The cost is the square of the flows that are of the kind, of which
 * FLOWS are looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/claims/match.h"
#include "analysis/claims/measures_flows.h"
#include "analysis/claims/measures_named.h"
#include "base/moment.h"

#define FLOWS	     4096
#define COMMON_LEAST 10
#define COMMON_NODES 3 /* two may have one port by chance */

/* The flows of a kind, in order of their first packet. */
struct chosen {
	const struct scene_flow *f[FLOWS];
	size_t n;
};

static struct chosen *choose(const struct claim_set *s, int kind, const struct claim_scene *scene)
{
	struct chosen *c = xcalloc(1, sizeof(*c));

	for (size_t i = 0; i < scene->n && c->n < FLOWS; i++)
		if (claim_flow_is(s, kind, scene->flows[i]))
			c->f[c->n++] = scene->flows[i];
	return c;
}

static bool same_client(const struct scene_flow *a, const struct scene_flow *b)
{
	return ip_eq(&a->client.ip, &b->client.ip);
}

/* Whether flow @i is the first of its client. */
static bool is_first(const struct chosen *c, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_client(c->f[k], c->f[i]))
			return false;
	return true;
}

static void one_port(const struct claim_set *s, const struct claim *c,
		     const struct claim_scene *scene, struct claim_cases *out)
{
	struct chosen *all = choose(s, c->measure.flow_at, scene);

	for (size_t i = 0; i < all->n; i++) {
		const struct scene_flow *other = NULL;

		if (!is_first(all, i))
			continue;
		for (size_t k = i + 1; k < all->n && !other; k++)
			if (same_client(all->f[k], all->f[i]) &&
			    all->f[k]->client.port != all->f[i]->client.port)
				other = all->f[k];
		measure_flow_case(c, scene, other ? other : all->f[i], !other, NULL, out);
	}
	free(all);
}

static void same_port(const struct claim_set *s, const struct claim *c,
		      const struct claim_scene *scene, struct claim_cases *out)
{
	struct chosen *all = choose(s, c->measure.flow_at, scene);
	struct chosen *then = choose(s, c->measure.then_flow_at, scene);

	for (size_t i = 0; i < then->n; i++) {
		bool any = false, same = false;

		for (size_t k = 0; k < all->n; k++) {
			if (!same_client(all->f[k], then->f[i]))
				continue;
			any = true;
			same |= all->f[k]->client.port == then->f[i]->client.port;
		}
		if (any)
			measure_flow_case(c, scene, then->f[i], same, NULL, out);
	}
	free(all);
	free(then);
}

/* Which of the groups of ports a flow's server port is of; -1 = none. */
static int group_of(const struct claim *c, const struct scene_flow *f)
{
	for (unsigned i = 0; i < c->measure.parameters.n; i++) {
		struct numset set = {0};

		if (numset_apply(&set, c->measure.parameters.items[i], false) == 0 && set.n &&
		    numset_has(&set, f->server.port))
			return (int)i;
	}
	return -1;
}

/* First flow of each group to the server of @f by its client; how many groups there are. */
static int groups_to(const struct claim *c, const struct chosen *all, const struct scene_flow *f,
		     const struct scene_flow *first[MEASURE_GROUPS])
{
	int n = 0;

	memset(first, 0, MEASURE_GROUPS * sizeof(*first));
	for (size_t i = 0; i < all->n; i++) {
		int g = group_of(c, all->f[i]);

		if (g < 0 || g >= MEASURE_GROUPS || first[g] || !same_client(all->f[i], f) ||
		    !ip_eq(&all->f[i]->server.ip, &f->server.ip))
			continue;
		first[g] = all->f[i];
		n++;
	}
	return n;
}

static bool in_order(const struct scene_flow *const first[MEASURE_GROUPS])
{
	const struct scene_flow *before = NULL;

	for (int g = 0; g < MEASURE_GROUPS; g++) {
		if (!first[g])
			continue;
		if (before && moment_before(first[g]->first_ns, before->first_ns))
			return false;
		before = first[g];
	}
	return true;
}

/* The group whose flow is the first of all; there is one. */
static int first_group(const struct scene_flow *const first[MEASURE_GROUPS])
{
	int best = -1;

	for (int g = 0; g < MEASURE_GROUPS; g++)
		if (first[g] &&
		    (best < 0 || moment_before(first[g]->first_ns, first[best]->first_ns)))
			best = g;
	return best;
}

/* Whether an earlier flow has the same two ends but for ports. */
static bool pair_seen(const struct chosen *all, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_client(all->f[k], all->f[i]) &&
		    ip_eq(&all->f[k]->server.ip, &all->f[i]->server.ip))
			return true;
	return false;
}

static void port_order(const struct claim_set *s, const struct claim *c,
		       const struct claim_scene *scene, struct claim_cases *out)
{
	struct chosen *all = choose(s, c->measure.flow_at, scene);

	for (size_t i = 0; i < all->n; i++) {
		const struct scene_flow *first[MEASURE_GROUPS];
		char value[32];

		if (pair_seen(all, i) || groups_to(c, all, all->f[i], first) < 2)
			continue;
		snprintf(value, sizeof(value), "first %.20s",
			 c->measure.parameters.items[first_group(first)]);
		measure_flow_case(c, scene, all->f[i], in_order(first), value, out);
	}
	free(all);
}

/* When the server first said something, or the flow ended. */
static uint64_t decided_ns(const struct scene_flow *f)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (!f->messages[i].from_client)
			return f->messages[i].ts_ns;
	return f->last_ns;
}

static void overlap(const struct claim_set *s, const struct claim *c,
		    const struct claim_scene *scene, struct claim_cases *out)
{
	struct chosen *all = choose(s, c->measure.flow_at, scene);

	for (size_t i = 0; i < all->n; i++) {
		const struct scene_flow *f = all->f[i], *meets = NULL;
		bool second = false;

		if (!is_first(all, i))
			continue;
		for (size_t a = i; a < all->n && !meets; a++)
			for (size_t b = same_client(f, all->f[a]) ? a + 1 : all->n;
			     b < all->n && !meets; b++) {
				if (!same_client(f, all->f[b]) ||
				    ip_eq(&all->f[a]->server.ip, &all->f[b]->server.ip))
					continue;
				second = true;
				if (moment_before(all->f[b]->first_ns, decided_ns(all->f[a])))
					meets = all->f[b];
			}
		if (second)
			measure_flow_case(c, scene, meets ? meets : f, meets != NULL, NULL, out);
	}
	free(all);
}

static void port_step(const struct claim_set *s, const struct claim *c,
		      const struct claim_scene *scene, struct claim_cases *out)
{
	struct chosen *all = choose(s, c->measure.flow_at, scene);

	for (size_t i = 1; i < all->n; i++) {
		size_t k = i;
		char value[32];
		int step;

		while (k-- > 0 && !same_client(all->f[k], all->f[i]))
			;
		if (k == SIZE_MAX)
			continue;
		step = (int)all->f[i]->client.port - (int)all->f[k]->client.port;
		snprintf(value, sizeof(value), "%+d", step);
		measure_flow_case(c, scene, all->f[i],
				  step >= 0 && numset_has(&c->measure.step, (uint32_t)step), value,
				  out);
	}
	free(all);
}

/* How many flows of the client of @f go to its server's port: itself and those to other servers. */
static size_t flows_to_port(const struct chosen *all, const struct scene_flow *f, size_t *flows)
{
	size_t n = 1;

	*flows = 0;
	for (size_t i = 0; i < all->n; i++) {
		if (!same_client(all->f[i], f))
			continue;
		++*flows;
		n += all->f[i]->server.port == f->server.port &&
		     !ip_eq(&all->f[i]->server.ip, &f->server.ip);
	}
	return n;
}

static void no_common_port(const struct claim_set *s, const struct claim *c,
			   const struct claim_scene *scene, struct claim_cases *out)
{
	struct chosen *all = choose(s, c->measure.flow_at, scene);

	for (size_t i = 0; i < all->n; i++) {
		const struct scene_flow *most = all->f[i];
		size_t flows = 0, top = 0;
		char value[64];

		if (!is_first(all, i))
			continue;
		for (size_t k = i; k < all->n; k++) {
			size_t n = same_client(all->f[k], all->f[i])
					   ? flows_to_port(all, all->f[k], &flows)
					   : 0;

			most = n > top ? all->f[k] : most;
			top = n > top ? n : top;
		}
		if (flows < COMMON_LEAST)
			continue;
		snprintf(value, sizeof(value), "%u: %zu of %zu", most->server.port, top, flows);
		measure_flow_case(c, scene, most, top < COMMON_NODES || top * 10 < flows,
				  top < COMMON_NODES || top * 10 < flows ? NULL : value, out);
	}
	free(all);
}

static void upper_half(const struct claim_set *s, const struct claim *c,
		       const struct claim_scene *scene, struct claim_cases *out)
{
	struct chosen *all = choose(s, c->measure.flow_at, scene);

	for (size_t i = 0; i < all->n; i++)
		if (is_first(all, i))
			measure_flow_case(c, scene, all->f[i],
					  all->f[i]->client.port >= 1024 + (65536 - 1024) / 2, NULL,
					  out);
	free(all);
}

static const struct measure_named named[] = {
	{.name = "one-port", .fn = one_port},
	{.name = "same-port", .fn = same_port, .then = true},
	{.name = "port-order", .fn = port_order, .groups = true},
	{.name = "overlap", .fn = overlap},
	{.name = "no-common-port", .fn = no_common_port},
	{.name = "port-step", .fn = port_step, .step = true},
	{.name = "upper-half", .fn = upper_half},
};

const struct measure_named *measure_named_find(const char *name, char *list, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		if (!strcmp(named[i].name, name))
			return &named[i];
		if (n < size)
			n += (size_t)snprintf(list + n, size - n, "%s%s", i ? ", " : "",
					      named[i].name);
	}
	return NULL;
}
