// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * paths.c - the shortest valley-free paths
 *
 * A network carries what a customer sends or gets, and nothing else: a path goes up to providers, over
 * at most one peering, and down to customers (L. Gao, On inferring autonomous system relationships in
 * the Internet, IEEE/ACM Transactions on Networking 9(6), 2001). A breadth-first search has two states
 * for each network:
 *
 *   state   reached by                    goes on to
 *   UP      the source; a provider link   provider: UP; peer, customer: DOWN
 *   DOWN    a peer or customer link       customer: DOWN
 *
 * Of equally short paths the one found first is taken: by the order of links, which is random.
 *
 * Limits: BGP's preference of customers' routes over shorter ones is left out, and so is every policy of
 * a network's own.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/coverage/paths.h"
#include "base/err.h"

enum { UP, DOWN };
#define NOBODY UINT32_MAX

/* A place is 2 * network + state. */
struct paths {
	const struct internet *x;
	uint32_t *before; /* (owned) the place before a place; NOBODY = not reached */
	uint32_t *queue;  /* (owned) places in the order in which they were reached */
	uint32_t *when;	  /* (owned) the network's first place in the order; NOBODY = none */
};

struct paths *paths_new(const struct internet *x)
{
	struct paths *p = xcalloc(1, sizeof(*p));

	p->x = x;
	p->before = xcalloc(2UL * x->n, sizeof(*p->before));
	p->queue = xcalloc(2UL * x->n, sizeof(*p->queue));
	p->when = xcalloc(x->n, sizeof(*p->when));
	return p;
}

void paths_free(struct paths *p)
{
	if (!p)
		return;
	free(p->before);
	free(p->queue);
	free(p->when);
	free(p);
}

void paths_from(struct paths *p, unsigned source)
{
	uint32_t begin = 0, end = 0;

	memset(p->before, 0xff, 2UL * p->x->n * sizeof(*p->before));
	memset(p->when, 0xff, p->x->n * sizeof(*p->when));
	p->before[2 * source + UP] = 2 * source + UP;
	p->queue[end++] = 2 * source + UP;
	while (begin < end) {
		uint32_t place = p->queue[begin++];
		const struct net *net = &p->x->nets[place / 2];

		if (p->when[place / 2] == NOBODY)
			p->when[place / 2] = place;
		for (unsigned i = 0; i < net->n; i++) {
			const struct net_link *l = &net->links[i];
			uint32_t next = 2U * l->to + (l->relation == NET_PROVIDER ? UP : DOWN);

			if (place % 2 == DOWN && l->relation != NET_CLIENT)
				continue;
			if (p->before[next] != NOBODY)
				continue;
			p->before[next] = place;
			p->queue[end++] = next;
		}
	}
}

unsigned paths_to(const struct paths *p, unsigned to, uint16_t out[PATH_MAX_NETS])
{
	uint32_t place = p->when[to];
	unsigned n = 0;

	while (place != NOBODY && n < PATH_MAX_NETS) {
		out[n++] = (uint16_t)(place / 2);
		if (p->before[place] == place)
			return n;
		place = p->before[place];
	}
	return 0;
}
