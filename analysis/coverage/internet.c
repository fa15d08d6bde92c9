// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * internet.c - an internet of autonomous systems, after published rules
 *
 * The rules and all numbers are those of A. Elmokashfi, A. Kvalbein and C. Dovrolis, On the
 * Scalability of BGP: The Role of Topology Growth, IEEE JSAC 28(8), 2010, pages 1250-1261, table I
 * ("baseline"), as random_internet_as_graph() of the Python package networkx reads them too:
 *
 *   kind  how many         providers, on average   of which T   in two regions   peers, on average
 *   T     4 to 6           none                    -            in all five      every other T
 *   M     15 %             2 + 2.5 n/10000         0.375        20 %             M: 1 + 2 n/10000
 *   CP    5 %              2 + 1.5 n/10000         0.375        5 %              M: 0.2 + 2 n/10000,
 *                                                                                CP: 0.05 + 2 n/100000
 *   C     the rest         1 + 5 n/100000          0.125        none             none
 *
 * Networks come in this order. A new one chooses providers among T and M in its regions, each with a
 * probability that grows with the links it has (preferential attachment). Peers are chosen in the end:
 * an M chooses among all M by the peers they have, a CP uniformly in its regions; never whom it buys
 * from or sells to, however far up or down.
 *
 * Limits: random numbers are our own, so a seed gives another internet than networkx's. There is no
 * geography below five regions, and no network of several places.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/coverage/internet.h"
#include "base/err.h"
#include "base/rng.h"

#define REGIONS 5

/* An internet being made. */
struct making {
	struct internet *x;
	struct rng rng;
	unsigned words;	  /* of one row of @above */
	uint64_t *above;  /* bit j of row i: i buys from j, or from one who does */
	uint16_t *peers;  /* peers of an M */
	uint16_t *choice; /* whom to choose among, @choice_n of them */
	unsigned choice_n;
};

static bool is_above(const struct making *m, unsigned upper, unsigned lower)
{
	return upper < m->x->core &&
	       m->above[(size_t)lower * m->words + upper / 64] >> upper % 64 & 1;
}

static bool are_joined(const struct internet *x, unsigned a, unsigned b)
{
	for (unsigned i = 0; i < x->nets[a].n; i++)
		if (x->nets[a].links[i].to == b)
			return true;
	return false;
}

static void add_link(struct net *net, unsigned to, enum net_relation relation)
{
	if (net->n == net->cap) {
		net->cap = (uint16_t)(net->cap ? 2 * net->cap : 4);
		net->links = xrealloc(net->links, net->cap * sizeof(*net->links));
	}
	net->links[net->n++] = (struct net_link){.to = (uint16_t)to, .relation = (uint8_t)relation};
}

static void join(struct internet *x, unsigned buyer, unsigned seller)
{
	add_link(&x->nets[buyer], seller, NET_PROVIDER);
	add_link(&x->nets[seller], buyer, NET_CLIENT);
}

static void join_peers(struct making *m, unsigned a, unsigned b)
{
	add_link(&m->x->nets[a], b, NET_PEER);
	add_link(&m->x->nets[b], a, NET_PEER);
	m->peers[a]++;
	m->peers[b]++;
}

/* ------------------------------------------------------------------ chance */

/* A whole number from @low on with the mean @mean. */
static unsigned whole_with_mean(struct rng *r, double low, double mean)
{
	double high = 2 * mean - low, rest = high - floor(high);
	double first = round(rng_unit(r) * (floor(high) - low) + low);

	return (unsigned)first + (rng_unit(r) < rest / 2);
}

/* Which of @n to take, each with its weight; uniformly when all weights are 0. @n > 0. */
static unsigned choose_weighted(struct rng *r, const uint16_t *of, unsigned n,
				const struct making *m, bool by_peers)
{
	double sum = 0, at;
	unsigned i = 0;

	for (unsigned k = 0; k < n; k++)
		sum += by_peers ? m->peers[of[k]] : m->x->nets[of[k]].n;
	if (!(sum > 0))
		return rng_range(r, 0, n - 1);
	at = rng_unit(r) * sum;
	for (; i + 1 < n; i++) {
		at -= by_peers ? m->peers[of[i]] : m->x->nets[of[i]].n;
		if (at < 0)
			break;
	}
	return i;
}

/* ------------------------------------------------------------------ transit */

static uint8_t some_regions(struct rng *r, bool two)
{
	unsigned first = rng_range(r, 0, REGIONS - 1), second = rng_range(r, 0, REGIONS - 2);

	second += second >= first;
	return (uint8_t)(1U << first | (two ? 1U << second : 0));
}

/* The networks from @from to @to that share a region with @i, without @i, into @out. How many. */
static unsigned near(const struct making *m, unsigned i, unsigned from, unsigned to, uint16_t *out)
{
	const struct net *nets = m->x->nets;
	unsigned n = 0;

	for (unsigned k = from; k < to; k++)
		if (k != i && nets[k].regions & nets[i].regions)
			out[n++] = (uint16_t)k;
	return n;
}

static void buy(struct making *m, unsigned i, unsigned seller)
{
	uint64_t *row = m->above + (size_t)i * m->words;

	join(m->x, i, seller);
	row[seller / 64] |= 1ULL << seller % 64;
	for (unsigned w = 0; w < m->words; w++)
		row[w] |= m->above[(size_t)seller * m->words + w];
}

struct kind_rule {
	double two_regions, providers, tier_one;
};

/* Makes @i a network of @kind that buys transit. @tier_one: how many there are; @middle: the first
 * number that no M has yet */
static void add_buyer(struct making *m, unsigned i, enum net_kind kind,
		      const struct kind_rule *rule, unsigned tier_one, unsigned middle)
{
	uint16_t top[8], *mid = m->choice;
	unsigned tops, mids, wanted;

	m->x->nets[i].kind = (uint8_t)kind;
	m->x->nets[i].regions = some_regions(&m->rng, rng_unit(&m->rng) < rule->two_regions);
	wanted = whole_with_mean(&m->rng, 1, rule->providers);
	tops = near(m, i, 0, tier_one, top);
	mids = near(m, i, tier_one, middle, mid);
	for (unsigned d = 0; d < wanted && tops + mids > 0; d++) {
		bool up = !mids || (tops && rng_unit(&m->rng) < rule->tier_one);
		uint16_t *of = up ? top : mid;
		unsigned *n = up ? &tops : &mids;
		unsigned at = choose_weighted(&m->rng, of, *n, m, false);

		buy(m, i, of[at]);
		of[at] = of[--*n];
	}
}

/* ------------------------------------------------------------------ peers */

/* An M among all M from @from to @to, by the peers they have. */
static void peer_of_middle(struct making *m, unsigned i, unsigned from, unsigned to)
{
	m->choice_n = 0;
	for (unsigned k = from; k < to; k++)
		if (k != i && !is_above(m, i, k) && !is_above(m, k, i) && !are_joined(m->x, i, k))
			m->choice[m->choice_n++] = (uint16_t)k;
	if (m->choice_n)
		join_peers(m, i,
			   m->choice[choose_weighted(&m->rng, m->choice, m->choice_n, m, true)]);
}

/* A CP with one of @from to @to in its regions. */
static void peer_of_content(struct making *m, unsigned i, unsigned from, unsigned to)
{
	unsigned n = near(m, i, from, to, m->choice), kept = 0;

	for (unsigned k = 0; k < n; k++)
		if (!is_above(m, m->choice[k], i) && !are_joined(m->x, i, m->choice[k]))
			m->choice[kept++] = m->choice[k];
	if (kept)
		join_peers(m, i, m->choice[rng_range(&m->rng, 0, kept - 1)]);
}

/* ------------------------------------------------------------------ all of it */

static struct internet *internet_empty(unsigned n, unsigned core)
{
	struct internet *x = xcalloc(1, sizeof(*x));

	x->n = n;
	x->core = core;
	x->nets = xcalloc(n, sizeof(*x->nets));
	return x;
}

/* Networks that buy transit, from @from to @to. */
static void add_buyers(struct making *m, unsigned from, unsigned to, enum net_kind kind,
		       const struct kind_rule *rule, unsigned tier_one)
{
	for (unsigned i = from; i < to; i++)
		add_buyer(m, i, kind, rule, tier_one, i < m->x->core ? i : m->x->core);
}

static void add_peers(struct making *m, unsigned tier_one, unsigned contents)
{
	unsigned core = m->x->core;
	double n = m->x->n;

	for (unsigned i = tier_one; i < core; i++)
		for (unsigned k = whole_with_mean(&m->rng, 0, 1 + 2 * n / 10000); k; k--)
			peer_of_middle(m, i, tier_one, core);
	for (unsigned i = core; i < contents; i++)
		for (unsigned k = whole_with_mean(&m->rng, 0, 0.2 + 2 * n / 10000); k; k--)
			peer_of_content(m, i, tier_one, core);
	for (unsigned i = core; i < contents; i++)
		for (unsigned k = whole_with_mean(&m->rng, 0, 0.05 + 2 * n / 100000); k; k--)
			peer_of_content(m, i, core, contents);
}

struct internet *internet_new(unsigned n, uint64_t seed)
{
	const struct kind_rule middle = {0.2, 2 + 2.5 * n / 10000, 0.375};
	const struct kind_rule content = {0.05, 2 + 1.5 * n / 10000, 0.375};
	const struct kind_rule customer = {0, 1 + 5.0 * n / 100000, 0.125};
	unsigned tier_one, core, contents;
	struct making m = {0};

	rng_init(&m.rng, seed, "internet");
	tier_one = (unsigned)round(rng_unit(&m.rng) * 2 + 4);
	core = tier_one + (unsigned)round(0.15 * n);
	contents = core + (unsigned)round(0.05 * n);
	m.x = internet_empty(n, core);
	m.words = (core + 63) / 64;
	m.above = xcalloc(n, m.words * sizeof(*m.above));
	m.peers = xcalloc(n, sizeof(*m.peers));
	m.choice = xcalloc(n, sizeof(*m.choice));
	for (unsigned i = 0; i < tier_one; i++) {
		m.x->nets[i].regions = (1U << REGIONS) - 1;
		for (unsigned k = 0; k < i; k++)
			join_peers(&m, i, k);
	}
	add_buyers(&m, tier_one, core, NET_MIDDLE, &middle, tier_one);
	add_buyers(&m, core, contents, NET_CONTENT, &content, tier_one);
	add_buyers(&m, contents, n, NET_CUSTOMER, &customer, tier_one);
	add_peers(&m, tier_one, contents);
	/* Of paths that are equally short one is taken, by this order: nobody shall win by age. */
	for (unsigned i = 0; i < n; i++)
		rng_shuffle(&m.rng, m.x->nets[i].links, m.x->nets[i].n,
			    sizeof(*m.x->nets[i].links));
	free(m.above);
	free(m.peers);
	free(m.choice);
	return m.x;
}

struct internet *internet_star(unsigned edges)
{
	struct internet *x = internet_empty(edges + 1, 1);

	for (unsigned i = 1; i <= edges; i++) {
		x->nets[i].kind = NET_CUSTOMER;
		join(x, i, 0);
	}
	return x;
}

void internet_free(struct internet *x)
{
	for (unsigned i = 0; x && i < x->n; i++)
		free(x->nets[i].links);
	if (x)
		free(x->nets);
	free(x);
}
