// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rounds.c - bursts of new flows, and their period
 *
 * The flows that a host opens make bursts: openings less than a quarter of a second apart. For each lag
 * of one to six bursts the times from a burst to the one so many after it are looked at. The lag whose
 * times are least likely by chance is the round: 1 and 4 probes in turn are a round of two bursts.
 *
 * Chance: bursts that come at any time (Poisson, with the mean that was seen) have times that follow
 * Erlang's distribution of that order. What the tolerance covers of it, at the place where it covers
 * most, is the chance of one; the binomial tail is that of all, though neighbouring times share
 * gaps: only every lag-th is independent, and so many are counted. Multiplied by the lags and hosts
 * tried.
 *
 * Limits: of the first 65,536 flows only (record.h). Memory: what the hosts that opened flows need,
 * 3 MiB at most.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/talk/chance.h"
#include "analysis/talk/rounds.h"
#include "base/err.h"
#include "base/moment.h"

#define BURSTS_FROM 4
#define P_LIMIT	    0.01

struct burst {
	uint64_t ts_ns;
	uint32_t flows;
};

/* Indices of flows, which are @list: by capture, host, protocol and time. */
static int order_openings(const void *a, const void *b, void *list)
{
	const struct talk_flow *flows = list;
	const struct message_flow *x = &flows[*(const uint32_t *)a].flow;
	const struct message_flow *y = &flows[*(const uint32_t *)b].flow;
	int by_host = memcmp(&x->tuple.src.ip, &y->tuple.src.ip, sizeof(struct ip));

	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	if (by_host)
		return by_host;
	if (x->tuple.proto != y->tuple.proto)
		return x->tuple.proto - y->tuple.proto;
	return moment_order(x->first_ns, y->first_ns);
}

static bool same_host(const struct message_flow *a, const struct message_flow *b)
{
	return a->input == b->input && a->tuple.proto == b->tuple.proto &&
	       ip_eq(&a->tuple.src.ip, &b->tuple.src.ip);
}

/* Bursts of @n openings into @out; how many. */
static uint32_t bursts_of(const struct talk_flow *f, const uint32_t *openings, uint32_t n,
			  struct burst *out)
{
	uint32_t bursts = 0;
	uint64_t last = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t ts = f[openings[i]].flow.first_ns;

		if (!bursts || ts - last > ROUNDS_BURST_NS)
			out[bursts++] = (struct burst){.ts_ns = ts};
		out[bursts - 1].flows++;
		last = ts;
	}
	return bursts;
}

static int order_real(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* P(X <= x) of Erlang's distribution of order @k and rate 1. */
static double erlang(unsigned k, double x)
{
	double term = 1, sum = 0;

	for (unsigned i = 0; i < k; i++) {
		sum += term;
		term *= x / (i + 1);
	}
	return 1 - exp(-x) * sum;
}

/* The most that a window of the tolerance covers of Erlang's distribution of order @k. */
static double cover(unsigned k)
{
	double best = 0;

	for (int i = 0; i < 124; i++) { /* 0.05 to 20 */
		double at = 0.05 * pow(1.05, i);
		double part = erlang(k, at * (1 + ROUNDS_TOLERANCE)) -
			      erlang(k, at * (1 - ROUNDS_TOLERANCE));

		best = part > best ? part : best;
	}
	return best;
}

/* Tries one lag; keeps it in @r when it is less likely than what is there. @times: room for @n */
static void try_lag(struct host_rounds *r, const struct burst *b, uint32_t n, uint32_t lag,
		    double *times)
{
	uint32_t tried = n - lag, held = 0, independent, alike;
	double median, p;

	for (uint32_t i = 0; i < tried; i++)
		times[i] = (double)(b[i + lag].ts_ns - b[i].ts_ns) / 1e9;
	qsort(times, tried, sizeof(*times), order_real);
	median = times[tried / 2];
	for (uint32_t i = 0; i < tried; i++)
		held += fabs(times[i] - median) <= ROUNDS_TOLERANCE * median;
	independent = tried / lag;
	alike = independent ? held * independent / tried : 0;
	p = alike < 2 ? 1 : chance_of(alike - 1, independent - 1, cover(lag));
	if (p >= r->p)
		return;
	r->p = p;
	r->lag = lag;
	r->period_s = median;
	r->held = held;
	r->tried = tried;
}

static int order_whole(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The median of the burst sizes at each place of a round, beginning with the largest. */
static void sizes_of(struct host_rounds *r, const struct burst *b, uint32_t n)
{
	uint32_t *sizes = xcalloc(n, sizeof(*sizes)), by_place[ROUNDS_LAGS], largest = 0;

	for (uint32_t place = 0; place < r->lag; place++) {
		uint32_t k = 0;

		for (uint32_t i = place; i < n; i += r->lag)
			sizes[k++] = b[i].flows;
		qsort(sizes, k, sizeof(*sizes), order_whole);
		by_place[place] = sizes[k / 2];
		if (by_place[place] > by_place[largest])
			largest = place;
	}
	for (uint32_t i = 0; i < r->lag; i++)
		r->largest[i] = by_place[(largest + i) % r->lag];
	free(sizes);
}

/* What one host's openings are. @openings: @n of them, in time order */
static struct host_rounds look(const struct talk_flow *f, const uint32_t *openings, uint32_t n)
{
	const struct message_flow *first = &f[openings[0]].flow;
	struct host_rounds r = {.host = first->tuple.src.ip,
				.input = first->input,
				.proto = first->tuple.proto,
				.flows = n,
				.p = 1,
				.number = first->first_number};
	struct burst *b = xcalloc(n, sizeof(*b));
	double *times = xcalloc(n, sizeof(*times));

	r.bursts = bursts_of(f, openings, n, b);
	for (uint32_t lag = 1; lag <= ROUNDS_LAGS && r.bursts >= BURSTS_FROM + lag; lag++)
		try_lag(&r, b, r.bursts, lag, times);
	if (r.lag)
		sizes_of(&r, b, r.bursts);
	free(times);
	free(b);
	return r;
}

static int order_rounds(const void *a, const void *b)
{
	const struct host_rounds *x = a, *y = b;

	if (x->flows != y->flows)
		return x->flows > y->flows ? -1 : 1;
	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	return memcmp(&x->host, &y->host, sizeof(x->host));
}

static void correct(struct all_rounds *r)
{
	uint32_t tried = 0;

	for (size_t i = 0; i < r->n; i++)
		tried += r->list[i].lag > 0;
	for (size_t i = 0; i < r->n; i++) {
		struct host_rounds *h = &r->list[i];

		h->p = h->p * tried * ROUNDS_LAGS < 1 ? h->p * tried * ROUNDS_LAGS : 1;
		if (h->p > P_LIMIT)
			h->lag = 0;
	}
}

void rounds_find(struct all_rounds *r, const struct talk_flows *flows)
{
	uint32_t *openings = xcalloc(flows->n + 1, sizeof(*openings)), n = 0;

	for (size_t i = 0; i < flows->n; i++)
		if (talk_from_start(&flows->list[i].flow))
			openings[n++] = (uint32_t)i;
	if (n)
		qsort_r(openings, n, sizeof(*openings), order_openings, flows->list);
	for (uint32_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && same_host(&flows->list[openings[from]].flow,
							&flows->list[openings[to]].flow);
		     to++)
			;
		r->list = xrealloc(r->list, (r->n + 1) * sizeof(*r->list));
		r->list[r->n++] = look(flows->list, openings + from, to - from);
	}
	free(openings);
	r->hosts = r->n;
	if (r->n)
		qsort(r->list, r->n, sizeof(*r->list), order_rounds);
	if (r->n > ROUNDS_HOSTS)
		r->n = ROUNDS_HOSTS;
	correct(r);
}

void rounds_clear(struct all_rounds *r)
{
	free(r->list);
	*r = (struct all_rounds){0};
}
