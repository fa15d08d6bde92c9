// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pattern.c - flows that go the same ways, and what their messages have in common, step by step
 *
 * The key is the protocol, the directions of the first eight messages (all, when there are fewer), and
 * the size of the first one where a twentieth of the protocol's flows, and three at least, begin with
 * it. So a client whose messages have fixed sizes has a pattern for each kind of request, and one whose
 * sizes vary from flow to flow has one for all. At most 2 * 21 * 510 patterns. TCP flows whose beginning
 * is not in the capture are left out.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/talk/pattern.h"
#include "base/moment.h"

struct keyed {
	char key[PATTERN_STEPS + 1];
	uint8_t proto;
	uint32_t first; /* size */
	uint32_t flow;
};

#define FREQUENT_LEAST 3
#define FREQUENT_PART  20

static struct keyed key_of(const struct talk_flow *f, uint32_t index)
{
	struct keyed k = {.proto = f->flow.tuple.proto, .first = f->steps[0].size, .flow = index};

	for (uint8_t i = 0; i < f->steps_n && i < PATTERN_STEPS; i++)
		k.key[i] = f->steps[i].reply ? '<' : '>';
	return k;
}

static int order_keys(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int by_key = strcmp(x->key, y->key);

	if (x->proto != y->proto)
		return x->proto - y->proto;
	if (by_key)
		return by_key;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->flow > y->flow) - (x->flow < y->flow);
}

static int order_firsts(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->proto != y->proto)
		return x->proto - y->proto;
	return (x->first > y->first) - (x->first < y->first);
}

/* First sizes that few flows of their protocol have become 0. */
static void only_frequent(struct keyed *k, uint32_t n, const uint64_t flows[2])
{
	if (n)
		qsort(k, n, sizeof(*k), order_firsts);
	for (uint32_t from = 0, to; from < n; from = to) {
		uint64_t of = flows[k[from].proto == IPPROTO_TCP];

		for (to = from; to < n && order_firsts(&k[from], &k[to]) == 0; to++)
			;
		for (uint32_t i = from;
		     (to - from < FREQUENT_LEAST || (to - from) * FREQUENT_PART < of) && i < to;
		     i++)
			k[i].first = UINT32_MAX; /* not yet 0: it would be a neighbour's */
	}
	for (uint32_t i = 0; i < n; i++)
		if (k[i].first == UINT32_MAX)
			k[i].first = 0;
}

static int order_sizes(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int order_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *step_name(const struct message_names *names, uint16_t input, const struct talk_step *s)
{
	const char *name = message_name(names, input, s->end_number, NULL);

	if (name || s->number == s->end_number)
		return name;
	return message_name(names, input, s->number, NULL);
}

/* The sizes of a step: @n of them at @sizes, which are sorted. */
static void take_sizes(struct pattern_step *s, uint32_t *sizes, uint32_t n)
{
	qsort(sizes, n, sizeof(*sizes), order_sizes);
	s->least = sizes[0];
	s->most = sizes[n - 1];
	for (uint32_t from = 0, to; from < n; from = to) {
		for (to = from; to < n && sizes[to] == sizes[from]; to++)
			;
		if (to - from > s->common_n) {
			s->common_n = to - from;
			s->common = sizes[from];
		}
	}
}

static void take_names(struct pattern_step *s, const char **list, uint32_t n)
{
	if (n)
		qsort(list, n, sizeof(*list), order_names);
	for (uint32_t from = 0, to; from < n; from = to) {
		for (to = from; to < n && !strcmp(list[to], list[from]); to++)
			;
		if (to - from > s->named) {
			s->named = to - from;
			s->name = list[from];
		}
	}
}

static void take_step(struct pattern *p, size_t step, const struct talk_flows *flows,
		      const struct keyed *k, uint32_t n, const struct message_names *names)
{
	struct pattern_step *s = &p->steps[step];
	uint32_t *sizes = xcalloc(n, sizeof(*sizes)), named = 0;
	const char **list = xcalloc(n, sizeof(*list));

	s->reply = p->directions[step] == '<';
	for (uint32_t i = 0; i < n; i++) {
		const struct talk_flow *f = &flows->list[k[i].flow];
		uint64_t before = step ? f->steps[step - 1].ts_ns : f->flow.first_ns;
		uint64_t now = f->steps[step].ts_ns;

		sizes[i] = f->steps[step].size;
		spread_add(&s->delay, moment_before(now, before) ? 0 : now - before);
		list[named] = step_name(names, f->flow.input, &f->steps[step]);
		named += list[named] != NULL;
	}
	take_sizes(s, sizes, n);
	take_names(s, list, named);
	free(list);
	free(sizes);
}

static void take_pattern(struct patterns *all, const struct talk_flows *flows,
			 const struct keyed *k, uint32_t n, const struct message_names *names)
{
	struct pattern *p;

	all->list = xrealloc(all->list, (all->n + 1) * sizeof(*all->list));
	p = &all->list[all->n++];
	*p = (struct pattern){.proto = k->proto,
			      .first = k->first,
			      .flows = n,
			      .example = k->flow,
			      .n = strlen(k->key)};
	memcpy(p->directions, k->key, sizeof(p->directions));
	for (uint32_t i = 0; i < n; i++) {
		const struct message_flow *f = &flows->list[k[i].flow].flow;

		p->longer += f->messages[0] + f->messages[1] > p->n;
	}
	for (size_t step = 0; step < p->n; step++)
		take_step(p, step, flows, k, n, names);
}

static int order_patterns(const void *a, const void *b)
{
	const struct pattern *x = a, *y = b;

	if (x->flows != y->flows)
		return x->flows > y->flows ? -1 : 1;
	if (x->proto != y->proto)
		return y->proto - x->proto; /* UDP first */
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return strcmp(x->directions, y->directions);
}

void patterns_find(struct patterns *p, const struct talk_flows *flows,
		   const struct message_names *names)
{
	struct keyed *k = xcalloc(flows->n + 1, sizeof(*k));
	uint32_t n = 0;

	for (size_t i = 0; i < flows->n; i++)
		if (flows->list[i].steps_n && talk_from_start(&flows->list[i].flow)) {
			p->flows[flows->list[i].flow.tuple.proto == IPPROTO_TCP]++;
			k[n++] = key_of(&flows->list[i], (uint32_t)i);
		}
	only_frequent(k, n, p->flows);
	if (n)
		qsort(k, n, sizeof(*k), order_keys);
	for (uint32_t from = 0, to; from < n; from = to) {
		for (to = from; to < n && k[to].proto == k[from].proto &&
				k[to].first == k[from].first && !strcmp(k[to].key, k[from].key);
		     to++)
			;
		take_pattern(p, flows, k + from, to - from, names);
	}
	if (p->n)
		qsort(p->list, p->n, sizeof(*p->list), order_patterns);
	free(k);
}

void patterns_clear(struct patterns *p)
{
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < p->list[i].n; k++)
			spread_clear(&p->list[i].steps[k].delay);
	free(p->list);
	*p = (struct patterns){0};
}

const struct pattern *pattern_typical(const struct patterns *p, uint8_t proto)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].proto == proto && strchr(p->list[i].directions, '<') &&
		    strchr(p->list[i].directions, '>'))
			return &p->list[i];
	return NULL;
}

const char *pattern_sizes(const struct pattern *p, size_t step, char text[64])
{
	const struct pattern_step *s = &p->steps[step];

	if (s->least == s->most)
		snprintf(text, 64, "%u B", s->least);
	else if (s->common_n * 2 > p->flows)
		snprintf(text, 64, "%u B, also %u..%u", s->common, s->least, s->most);
	else
		snprintf(text, 64, "%u..%u B", s->least, s->most);
	return text;
}
