// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * coverage.c - how much of what is said on an internet its monitors find
 *
 * Clients live in networks of the edge, drawn at random; each has the same number of flows, to networks
 * of the edge drawn at random. A flow takes the shortest valley-free path (paths.c). Monitors are put
 * into networks in an order, so each network has a rank; what k monitors see is what passes a network
 * of a rank below k. Kept of each flow and order are three ranks: of the client's own network, the least
 * on the way, of the other end's network.
 *
 * A conversation is found with the probability that belongs to the position of the monitor that sees it;
 * of several the largest, since they look at the same packets with the same signature. A client's flows
 * are of two sorts, those that a signature finds and the others: a monitor that sees all F of them finds
 * the client with the probability C that was measured; of these clients D flows are found. A monitor
 * that sees j of the F, any j, finds the client with the probability
 *
 *	C (1 - (F-D)/F (F-D-1)/(F-1) ... (F-D-j+1)/(F-j+1)),
 *
 * one minus the chance that all j are of the other sort. It agrees with what was measured of clients
 * where j = F, and with what was measured of flows where j = 1 (C D/F).
 *
 * One internet is one trial: the interval is Student's t over them. Where all are alike, which is where
 * everything or nothing is found, Wilson's of the clients or conversations that were drawn.
 *
 * Limits: every network of the edge is equally large, and nobody prefers those nearby. Both are against
 * what is known of the internet, and both make monitors at random networks look better than they are
 * where few networks have most clients.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/coverage/coverage.h"
#include "analysis/coverage/internet.h"
#include "analysis/coverage/paths.h"
#include "base/err.h"
#include "base/rng.h"

#define NEVER UINT16_MAX /* the rank of a network that gets no monitor */

struct ranks {
	uint16_t at[POSITIONS];
};

struct coverage {
	struct coverage_spec spec;
	struct ranks *ranks[PLACEMENTS]; /* (owned) by internet, client, flow */
	unsigned places[PLACEMENTS];
};

const char *coverage_placement_text(enum coverage_placement p)
{
	static const char *const words[] = {"random", "degree", "edge"};

	return words[p];
}

/* ------------------------------------------------------------------ the order of monitors */

/* A network, and what comes before what: links, then the place that it was drawn to. */
struct place {
	unsigned links;
	uint16_t at, net;
};

static int by_degree(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->links != y->links)
		return x->links > y->links ? -1 : 1;
	return x->at - y->at;
}

/* Networks of one degree stay in random order. */
static void sort_by_degree(const struct internet *x, uint16_t *of, unsigned n)
{
	struct place *all = xcalloc(n, sizeof(*all));

	for (unsigned i = 0; i < n; i++)
		all[i] = (struct place){x->nets[of[i]].n, (uint16_t)i, of[i]};
	qsort(all, n, sizeof(*all), by_degree);
	for (unsigned i = 0; i < n; i++)
		of[i] = all[i].net;
	free(all);
}

/* The rank of every network, into @rank. How many get one. */
static unsigned rank_networks(const struct internet *x, enum coverage_placement p, struct rng *r,
			      uint16_t *rank)
{
	unsigned from = p == PLACE_EDGE ? x->core : 0, n = x->n - from;
	uint16_t *order = xcalloc(n, sizeof(*order));

	for (unsigned i = 0; i < n; i++)
		order[i] = (uint16_t)(from + i);
	rng_shuffle(r, order, n, sizeof(*order));
	if (p == PLACE_DEGREE)
		sort_by_degree(x, order, n);
	memset(rank, 0xff, x->n * sizeof(*rank));
	for (unsigned i = 0; i < n; i++)
		rank[order[i]] = (uint16_t)i;
	free(order);
	return n;
}

/* ------------------------------------------------------------------ conversations */

/* What of a path with these networks has which rank. */
static struct ranks ranks_of(const uint16_t *rank, const uint16_t *path, unsigned n)
{
	struct ranks r = {.at = {rank[path[n - 1]], NEVER, rank[path[0]]}};

	for (unsigned i = 1; i + 1 < n; i++)
		if (rank[path[i]] < r.at[POSITION_BETWEEN])
			r.at[POSITION_BETWEEN] = rank[path[i]];
	return r;
}

/* A network of the edge other than @but. */
static unsigned draw_edge(struct rng *r, const struct internet *x, unsigned but)
{
	unsigned at;

	do
		at = rng_range(r, x->core, x->n - 1);
	while (at == but);
	return at;
}

/* Every two networks of these internets have a path: each buys from somebody, and all T are peers. */
static void draw_clients(struct coverage *c, const struct internet *x, unsigned number,
			 uint16_t *const rank[PLACEMENTS], struct rng *r)
{
	size_t at = (size_t)number * c->spec.clients * c->spec.flows;
	struct paths *p = paths_new(x);
	uint16_t path[PATH_MAX_NETS];

	for (unsigned i = 0; i < c->spec.clients; i++) {
		unsigned home = draw_edge(r, x, x->n);

		paths_from(p, home);
		for (unsigned k = 0; k < c->spec.flows; k++, at++) {
			unsigned n = paths_to(p, draw_edge(r, x, home), path);

			for (int o = 0; o < PLACEMENTS; o++)
				c->ranks[o][at] = n ? ranks_of(rank[o], path, n)
						    : (struct ranks){{NEVER, NEVER, NEVER}};
		}
	}
	paths_free(p);
}

static void draw_internet(struct coverage *c, unsigned number)
{
	const struct coverage_spec *spec = &c->spec;
	uint64_t seed = rng_stream_seed(spec->seed, "coverage", number);
	struct internet *x =
		spec->star ? internet_star(spec->networks) : internet_new(spec->networks, seed);
	uint16_t *rank[PLACEMENTS];
	struct rng r;

	rng_init(&r, seed, "monitors");
	for (int o = 0; o < PLACEMENTS; o++) {
		unsigned n;

		rank[o] = xcalloc(x->n, sizeof(*rank[o]));
		n = rank_networks(x, (enum coverage_placement)o, &r, rank[o]);
		c->places[o] = number && c->places[o] < n ? c->places[o] : n;
	}
	rng_init(&r, seed, "clients");
	draw_clients(c, x, number, rank, &r);
	for (int o = 0; o < PLACEMENTS; o++)
		free(rank[o]);
	internet_free(x);
}

struct coverage *coverage_new(const struct coverage_spec *spec)
{
	struct coverage *c = xcalloc(1, sizeof(*c));

	c->spec = *spec;
	for (int o = 0; o < PLACEMENTS; o++)
		c->ranks[o] = xcalloc((size_t)spec->internets * spec->clients * spec->flows,
				      sizeof(*c->ranks[o]));
	for (unsigned i = 0; i < spec->internets; i++)
		draw_internet(c, i);
	return c;
}

void coverage_free(struct coverage *c)
{
	if (!c)
		return;
	for (int o = 0; o < PLACEMENTS; o++)
		free(c->ranks[o]);
	free(c);
}

const struct coverage_spec *coverage_spec(const struct coverage *c)
{
	return &c->spec;
}

unsigned coverage_places(const struct coverage *c, enum coverage_placement p)
{
	return c->places[p];
}

/* ------------------------------------------------------------------ shares */

static double flow_found(const struct ranks *r, unsigned k, const struct coverage_sight *s)
{
	double most = 0;

	for (int i = 0; i < POSITIONS; i++)
		if (r->at[i] < k && s->flow[i] > most)
			most = s->flow[i];
	return most;
}

double coverage_none_of(double all, double found, unsigned j)
{
	double p = 1;

	for (unsigned i = 0; i < j && p > 0; i++)
		p *= fmax(0, all - found - i) / (all - i);
	return p;
}

/* A client and its flows. */
static double client_found(const struct ranks *r, unsigned flows, unsigned k,
			   const struct coverage_sight *s)
{
	double most = 0;

	for (int i = 0; i < POSITIONS; i++) {
		unsigned seen = 0;
		double p;

		for (unsigned f = 0; f < flows; f++)
			seen += r[f].at[i] < k;
		p = s->client[i] * (1 - coverage_none_of(flows, s->found[i] * flows, seen));
		most = p > most ? p : most;
	}
	return most;
}

/* @by: what was found of each internet, a mean; @drawn: of how many, in all. */
static struct coverage_share over_internets(const struct coverage *c, const double *by,
					    uint64_t drawn)
{
	struct coverage_share s = {0};

	for (unsigned i = 0; i < c->spec.internets; i++)
		s.share += by[i] / c->spec.internets;
	if (!mean_t95(by, c->spec.internets, &s.of))
		s.of = wilson95((uint64_t)llround(s.share * (double)drawn), drawn);
	s.of.low = fmax(0, s.of.low);
	s.of.high = fmin(1, s.of.high);
	return s;
}

struct coverage_share coverage_of_flows(const struct coverage *c, enum coverage_placement p,
					unsigned k, const struct coverage_sight *s)
{
	size_t each = (size_t)c->spec.clients * c->spec.flows;
	double *by = xcalloc(c->spec.internets, sizeof(*by));
	struct coverage_share out;

	for (unsigned i = 0; i < c->spec.internets; i++) {
		for (size_t f = 0; f < each; f++)
			by[i] += flow_found(&c->ranks[p][i * each + f], k, s);
		by[i] /= (double)each;
	}
	out = over_internets(c, by, each * c->spec.internets);
	free(by);
	return out;
}

struct coverage_share coverage_of_clients(const struct coverage *c, enum coverage_placement p,
					  unsigned k, const struct coverage_sight *s)
{
	unsigned n = c->spec.clients, flows = c->spec.flows;
	double *by = xcalloc(c->spec.internets, sizeof(*by));
	struct coverage_share out;

	for (unsigned i = 0; i < c->spec.internets; i++) {
		const struct ranks *r = c->ranks[p] + (size_t)i * n * flows;

		for (unsigned k2 = 0; k2 < n; k2++)
			by[i] += client_found(r + (size_t)k2 * flows, flows, k, s) / n;
	}
	out = over_internets(c, by, (uint64_t)n * c->spec.internets);
	free(by);
	return out;
}
