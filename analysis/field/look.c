// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * look.c - the messages of one class, laid out to be searched
 *
 * Of a class that has more than LOOK_MAX messages some are taken: first one of each flow and
 * direction, then a second of each, and so on; among equals the draw decides. The usual values are
 * counted over the offsets that vary, each with the same weight. They are the null model for what
 * is said of single bytes: bytes drawn from few symbols have no field, although each has few
 * values.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/field/look.h"
#include "base/err.h"

#define LEAST	    4	  /* messages that have an offset at which one looks */
#define NEARLY	    0.955 /* of them have one value: constant */
#define ALL_BUT	    0.99  /* ... in a class of many kinds */
#define FEW_FLOWS   4
#define FEW_OFFSETS 8 /* that vary: one of uniform bytes is added */

struct look *look_new(void)
{
	return xcalloc(1, sizeof(struct look));
}

void look_free(struct look *l)
{
	free(l);
}

static int by_rank(const void *a, const void *b)
{
	const struct sample *x = *(const struct sample *const *)a;
	const struct sample *y = *(const struct sample *const *)b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->draw != y->draw)
		return x->draw < y->draw ? -1 : 1;
	return x < y ? -1 : x > y;
}

void look_order(const struct sample **x, uint32_t n)
{
	if (n)
		qsort(x, n, sizeof(*x), by_rank);
}

/* An index and what it is sorted by. */
struct keyed {
	uint64_t key, second;
	uint32_t i;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* Numbers equal keys from 0; how many there are. */
static uint32_t number(struct keyed *k, uint32_t n, uint32_t *out)
{
	uint32_t numbers = 0;

	qsort(k, n, sizeof(*k), by_key);
	for (uint32_t i = 0; i < n; i++) {
		numbers += !i || k[i].key != k[i - 1].key;
		out[k[i].i] = numbers - 1;
	}
	return numbers;
}

static void number_all(struct look *l)
{
	struct keyed flow[LOOK_MAX] = {{0}}, from[LOOK_MAX] = {{0}}, to[LOOK_MAX] = {{0}};

	for (uint32_t i = 0; i < l->n; i++) {
		flow[i] = (struct keyed){l->x[i]->flow, 0, i};
		from[i] = (struct keyed){l->x[i]->from_host, 0, i};
		to[i] = (struct keyed){l->x[i]->to_host, 0, i};
	}
	struct keyed order[LOOK_MAX] = {{0}};

	for (uint32_t i = 0; i < l->n; i++)
		order[i] = (struct keyed){(uintptr_t)l->x[i], 0, i};
	qsort(order, l->n, sizeof(order[0]), by_key);
	for (uint32_t i = 0; i < l->n; i++)
		l->in_time[i] = order[i].i;
	l->flows = number(flow, l->n, l->flow);
	for (uint32_t i = 0; i < l->n; i++)
		l->in_flow[i] = flow[i].i;
	number(from, l->n, l->from);
	number(to, l->n, l->to);
}

/* The next of another flow in the order of @k within its first @n, from @i on. */
static uint32_t next_other(const struct look *l, const struct keyed *k, uint32_t n, uint32_t i)
{
	for (uint32_t step = 1; step < n; step++) {
		uint32_t j = k[(i + step) % n].i;

		if (l->flow[j] != l->flow[k[i].i])
			return j;
	}
	return UINT32_MAX;
}

static void find_partners(struct look *l)
{
	struct keyed k[LOOK_MAX] = {{0}};
	uint32_t begin = 0, end;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct sample *x = l->x[i];

		k[i] = (struct keyed){x->reply ? x->to_host : x->from_host,
				      (uint64_t)x->rank << 32 | (uint32_t)x->flow, i};
	}
	qsort(k, l->n, sizeof(k[0]), by_key);
	for (; begin < l->n; begin = end) {
		for (end = begin; end < l->n && k[end].key == k[begin].key;)
			end++;
		for (uint32_t i = begin; i < end; i++) {
			uint32_t j = next_other(l, k + begin, end - begin, i - begin);

			if (j == UINT32_MAX)
				j = next_other(l, k, l->n, i);
			l->partner[k[i].i] = j == UINT32_MAX ? k[(i + l->n / 2) % l->n].i : j;
		}
	}
}

static void count_column(struct look *l, uint32_t o)
{
	struct column *c = &l->col[o];
	uint8_t all = 0xff, any = 0;

	memset(c, 0, sizeof(*c));
	for (uint32_t k = 0; k < l->n; k++) {
		if (!look_has(l, k, o, 1))
			continue;
		c->hist[l->x[k]->bytes[o]]++;
		all &= l->x[k]->bytes[o];
		any |= l->x[k]->bytes[o];
		c->n++;
	}
	for (int v = 0; v < 256; v++) {
		c->distinct += c->hist[v] > 0;
		if (c->hist[v] > c->top_n) {
			c->top_n = c->hist[v];
			c->top = (uint8_t)v;
		}
	}
	c->fixed = (uint8_t) ~(all ^ any);
	c->constant = c->n && (double)c->top_n >= (l->narrow ? NEARLY : ALL_BUT) * (double)c->n;
}

static int by_bytes(const void *a, const void *b)
{
	const struct sample *x = *(const struct sample *const *)a;
	const struct sample *y = *(const struct sample *const *)b;
	int d = memcmp(x->bytes, y->bytes, SAMPLE_BYTES);

	return d ? d : (x->size > y->size) - (x->size < y->size);
}

static uint32_t different_messages(const struct look *l)
{
	const struct sample *x[LOOK_MAX];
	uint32_t n = 0;

	memcpy(x, l->x, l->n * sizeof(*x));
	qsort(x, l->n, sizeof(*x), by_bytes);
	for (uint32_t i = 0; i < l->n; i++)
		n += !i || by_bytes(&x[i], &x[i - 1]);
	return n;
}

/* Flows that have offset @o. */
static uint32_t column_units(const struct look *l, uint32_t o)
{
	uint8_t seen[LOOK_MAX] = {0};
	uint32_t n = 0;

	if (l->col[o].n == l->n)
		return l->units;
	for (uint32_t k = 0; k < l->n; k++) {
		if (!look_has(l, k, o, 1) || seen[l->flow[k]])
			continue;
		seen[l->flow[k]] = 1;
		n++;
	}
	return l->n && l->flows < FEW_FLOWS && l->units > n ? l->units * l->col[o].n / l->n : n;
}

static void count_usual(struct look *l)
{
	memset(l->usual, 0, sizeof(l->usual));
	l->vary = 0;
	for (uint32_t o = 0; o < l->bytes; o++) {
		const struct column *c = &l->col[o];

		if (c->constant)
			continue;
		for (int v = 0; v < 256; v++)
			l->usual[v] += c->hist[v] / (double)c->n;
		l->vary++;
	}
}

double look_usual(const struct look *l, uint32_t o, uint8_t v)
{
	const struct column *c = &l->col[o];
	bool own = !c->constant;
	double n = l->vary - own, sum = l->usual[v] - (own ? c->hist[v] / (double)c->n : 0);

	if (n < FEW_OFFSETS) {
		sum += 1 / 256.0;
		n++;
	}
	return sum > 0 ? sum / n : 0;
}

static void count_columns(struct look *l)
{
	l->bytes = 0;
	for (uint32_t o = 0; o < SAMPLE_BYTES && o < l->longest; o++) {
		count_column(l, o);
		if (l->col[o].n < LEAST)
			break;
		l->col[o].units = column_units(l, o);
		l->bytes = o + 1;
	}
	count_usual(l);
}

static void measure(struct look *l)
{
	l->shortest = UINT32_MAX;
	l->longest = 0;
	memset(l->past_n, 0, sizeof(l->past_n));
	for (uint32_t k = 0; k < l->n; k++) {
		const struct sample *x = l->x[k];

		if (x->size < l->shortest)
			l->shortest = x->size;
		if (x->size > l->longest)
			l->longest = x->size;
		for (int e = 0; e < EARLIER_KINDS; e++)
			l->past_n[e] += x->earlier[e].number != 0;
	}
}

void look_fill(struct look *l, const struct sample *const *members, uint32_t n, bool narrow,
	       uint32_t prefix)
{
	l->narrow = narrow;
	l->prefix = prefix;
	l->n = n < LOOK_MAX ? n : LOOK_MAX;
	memcpy(l->x, members, l->n * sizeof(*members));
	number_all(l);
	find_partners(l);
	l->units = l->flows < FEW_FLOWS ? different_messages(l) : l->flows;
	measure(l);
	count_columns(l);
}
