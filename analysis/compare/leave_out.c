// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * leave_out.c - what would break a statement: the analysis again, with one host left out
 *
 * Model. The hosts with most messages on the tape, sent or received, are left out one at a time,
 * with all their flows, and after them each capture, the largest first. The map that is found then
 * is compared with the one of the whole tape (compare.c): a statement that went or changed falls
 * without that host; one whose class is nearly gone rests on it alone. In 2019 nDPI's rule took the
 * first byte of the ids of two captures for a constant: both were of one host.
 *
 * Limits. At most LEAVE_OUT_MAX hosts and as many captures, each a pass over the tape: time and
 * memory are bounded whatever the capture. The passes are independent of each other: as many as
 * there are processors, at most LOOKS_AT_ONCE, go on at the same time, and what they find is
 * gathered in their order. A statement that rests on two hosts alike stands without either. What
 * rests on a host that speaks seldom is seen from the statement's counts alone.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "analysis/compare/compare.h"
#include "analysis/compare/leave_out.h"
#include "analysis/field/analysis.h"
#include "base/err.h"
#include "base/threads.h"

#define LOOKS	      (2 * LEAVE_OUT_MAX + 1)
#define LOOKS_AT_ONCE 4 /* 40 MiB each */

/* --- who is there ------------------------------------------------------------------------- */

struct host {
	struct ip ip;
	uint64_t messages;
	UT_hash_handle hh;
};

struct tally {
	struct host *hosts;
	uint64_t inputs[UINT16_MAX + 1];
};

static void count_host(struct tally *t, const struct ip *ip)
{
	struct host *h;

	HASH_FIND(hh, t->hosts, ip, sizeof(*ip), h);
	if (!h) {
		h = xcalloc(1, sizeof(*h));
		h->ip = *ip;
		HASH_ADD(hh, t->hosts, ip, sizeof(h->ip), h);
	}
	h->messages++;
}

static void count_message(void *arg, const struct message *m)
{
	struct tally *t = arg;

	count_host(t, &m->flow->tuple.src.ip);
	count_host(t, &m->flow->tuple.dst.ip);
	t->inputs[m->flow->input]++;
}

static int loudest_first(const struct host *a, const struct host *b)
{
	if (a->messages != b->messages)
		return a->messages > b->messages ? -1 : 1;
	return memcmp(&a->ip, &b->ip, sizeof(a->ip));
}

static void choose_hosts(struct leave_out *l, struct tally *t, uint64_t messages)
{
	struct host *h, *next;

	HASH_SORT(t->hosts, loudest_first);
	HASH_ITER (hh, t->hosts, h, next) {
		// cppcheck-suppress uninitvar; HASH_SORT hides from it that there are any
		if (l->tried_n < LEAVE_OUT_MAX && h->messages * LEAVE_OUT_SHARE >= messages)
			l->tried[l->tried_n++] =
				(struct left_out){.host = h->ip, .messages = h->messages};
		HASH_DEL(t->hosts, h);
		free(h);
	}
}

/* The captures with most messages, where there are several. */
static void choose_inputs(struct leave_out *l, struct tally *t)
{
	uint32_t inputs = 0;

	for (uint32_t i = 0; i <= UINT16_MAX; i++)
		inputs += t->inputs[i] != 0;
	for (uint32_t k = 0; inputs > 1 && k < inputs && k < LEAVE_OUT_MAX; k++) {
		uint32_t best = 0;

		for (uint32_t i = 1; i <= UINT16_MAX; i++)
			best = t->inputs[i] > t->inputs[best] ? i : best;
		l->tried[l->tried_n++] = (struct left_out){
			.is_input = true, .input = (uint16_t)best, .messages = t->inputs[best]};
		t->inputs[best] = 0;
	}
}

static void choose(struct leave_out *l, const struct tape *tape)
{
	struct tally *t = xcalloc(1, sizeof(*t));
	struct message_user user = {.arg = t, .message = count_message};

	tape_play(tape, &user, NULL, NULL);
	choose_hosts(l, t, tape_messages(tape));
	choose_inputs(l, t);
	free(t);
}

/* --- second looks ------------------------------------------------------------------------- */

static bool goes_with(void *arg, const struct message_flow *f)
{
	const struct left_out *o = arg;

	if (o->is_input)
		return f->input == o->input;
	return ip_eq(&f->tuple.src.ip, &o->host) || ip_eq(&f->tuple.dst.ip, &o->host);
}

/* The map of the tape without @o (NULL = of all of it). */
static struct field_map *map_without(const struct tape *t, const struct left_out *o)
{
	struct field_analysis *a = field_analysis_new(NULL);
	struct message_user user = {
		.arg = a, .message = field_analysis_message, .end = field_analysis_end};
	struct field_map *m;

	tape_play(t, &user, o ? goes_with : NULL, (void *)o);
	m = field_analysis_finish(a);
	field_analysis_free(a);
	return m;
}

/* All passes over a tape. @maps: the whole tape's first, then in the order of @tried. */
struct looks {
	const struct tape *tape;
	const struct left_out *tried;
	uint32_t n;
	struct field_map *maps[LOOKS]; /* (owned) */
	atomic_uint_least32_t next;
	pthread_t others[LOOKS_AT_ONCE - 1];
	unsigned others_n;
	struct leave_out *out; /* (owned) */
};

/* A thread, and the caller at the end: takes passes until none is left. */
static void *look(void *arg)
{
	struct looks *k = arg;
	uint32_t i;

	while ((i = (uint32_t)atomic_fetch_add(&k->next, 1)) < k->n)
		k->maps[i] = map_without(k->tape, i ? &k->tried[i - 1] : NULL);
	return NULL;
}

static struct rest *rest_add(struct leave_out *l, enum rest_kind kind, const struct statement *s)
{
	if (!(l->rests_n & (l->rests_n - 1))) /* room for the next power of two */
		l->rests =
			xrealloc(l->rests, (l->rests_n ? 2 * l->rests_n : 1) * sizeof(*l->rests));
	l->rests[l->rests_n] = (struct rest){.kind = kind, .statement = s};
	return &l->rests[l->rests_n++];
}

static void from_counts(struct leave_out *l, const struct field_map *m, const struct statement *s)
{
	const struct message_class *c = &m->classes[s->class];

	if (s->inputs == 1 && c->inputs > 1)
		rest_add(l, REST_ONE_CAPTURE, s);
	if (s->senders == 1)
		rest_add(l, REST_ONE_SENDER, s);
	if (s->receivers == 1)
		rest_add(l, REST_ONE_RECEIVER, s);
}

static void fell(struct leave_out *l, struct left_out *o, const struct compare *c,
		 const struct compare_line *line, const struct statement *s)
{
	const struct message_class *left = c->pairs[line->pair].after;
	struct rest *r;

	r = rest_add(l, !left || left->sampled < COMPARE_FEW ? REST_ALL : REST_FALLS, s);
	r->is_input = o->is_input;
	r->host = o->host;
	r->input = o->input;
	r->left = left ? left->messages : 0;
	if (line->after && r->kind == REST_FALLS)
		statement_text(line->after, r->now);
	if (r->kind == REST_ALL)
		o->all++;
	else
		o->falls++;
}

/* @base: the map of the whole tape; @m: without @o; @asked: the statement of the caller's map for each of
 * @base's. */
static void compare_without(struct leave_out *l, struct left_out *o, const struct field_map *base,
			    const struct field_map *m, const struct statement *const *asked)
{
	struct compare *c = compare_maps(base, m);

	for (uint32_t i = 0; i < c->lines_n; i++) {
		const struct compare_line *line = &c->lines[i];

		if (!line->before || line->change == CHANGE_SAME ||
		    !asked[line->before - base->statements])
			continue;
		fell(l, o, c, line, asked[line->before - base->statements]);
	}
	compare_free(c);
}

/* Fills @asked: by index in @base's statements, the one of @map that says the same. */
static void ask(struct leave_out *l, const struct field_map *map, const struct field_map *base,
		const struct statement **asked)
{
	struct compare *c = compare_maps(map, base);

	for (uint32_t i = 0; i < c->lines_n; i++) {
		if (!c->lines[i].before || !compare_asks(c->lines[i].before))
			continue;
		if (c->lines[i].change == CHANGE_SAME)
			asked[c->lines[i].after - base->statements] = c->lines[i].before;
		else
			l->unknown++;
	}
	compare_free(c);
}

static int by_statement(const void *a, const void *b)
{
	const struct rest *x = a, *y = b;

	if (x->statement != y->statement)
		return x->statement < y->statement ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->is_input != y->is_input)
		return x->is_input ? 1 : -1;
	if (x->input != y->input)
		return x->input < y->input ? -1 : 1;
	return memcmp(&x->host, &y->host, sizeof(x->host));
}

/* A thread that cannot be had leaves its share to the others. */
struct looks *leave_out_begin(const struct tape *t)
{
	struct looks *k = xcalloc(1, sizeof(*k));
	unsigned useful = threads_useful();

	k->tape = t;
	k->out = xcalloc(1, sizeof(*k->out));
	k->tried = k->out->tried;
	choose(k->out, t);
	k->n = k->out->tried_n + 1;
	while (k->others_n + 1 < useful && k->others_n + 1 < LOOKS_AT_ONCE &&
	       !thread_start(&k->others[k->others_n], look, k))
		k->others_n++;
	return k;
}

static void looks_end(struct looks *k)
{
	while (k->others_n)
		pthread_join(k->others[--k->others_n], NULL);
}

static void looks_free(struct looks *k)
{
	for (uint32_t i = 0; i < k->n; i++)
		field_map_free(k->maps[i]);
	free(k);
}

void leave_out_stop(struct looks *k)
{
	if (!k)
		return;
	atomic_store(&k->next, k->n);
	looks_end(k);
	leave_out_free(k->out);
	looks_free(k);
}

struct leave_out *leave_out_end(struct looks *k, const struct field_map *map)
{
	struct leave_out *l = k->out;
	const struct tape *t = k->tape;
	const struct statement **asked, *last = NULL;
	struct field_map *base;

	look(k);
	looks_end(k);
	base = k->maps[0];
	asked = xcalloc(base->statements_n + 1, sizeof(*asked));
	l->taped = tape_messages(t);
	l->seen = tape_seen(t);
	for (uint32_t i = 0; i < map->statements_n; i++) {
		if (!compare_asks(&map->statements[i]))
			continue;
		l->statements++;
		from_counts(l, map, &map->statements[i]);
	}
	ask(l, map, base, asked);
	for (uint32_t i = 0; i < l->tried_n; i++)
		compare_without(l, &l->tried[i], base, k->maps[i + 1], asked);
	if (l->rests_n)
		qsort(l->rests, l->rests_n, sizeof(*l->rests), by_statement);
	l->steady = l->statements;
	for (uint32_t i = 0; i < l->rests_n; last = l->rests[i++].statement)
		l->steady -= l->rests[i].statement != last;
	free(asked);
	looks_free(k);
	return l;
}

void leave_out_free(struct leave_out *l)
{
	if (!l)
		return;
	free(l->rests);
	free(l);
}

/* --- text --------------------------------------------------------------------------------- */

static const char *who(const struct rest *r, const char *const *inputs, char buf[256])
{
	char ip[IP_TEXT_LEN];

	if (!r->is_input)
		snprintf(buf, 256, "%s", ip_text(&r->host, ip));
	else if (inputs)
		snprintf(buf, 256, "%s", inputs[r->input]);
	else
		snprintf(buf, 256, "capture %u", r->input + 1U);
	return buf;
}

const char *rest_text(const struct rest *r, const char *const *inputs, char buf[REST_TEXT_MAX])
{
	char name[256];

	switch (r->kind) {
	case REST_ONE_CAPTURE:
		snprintf(buf, REST_TEXT_MAX, "of several captures one has it");
		break;
	case REST_ONE_SENDER:
		snprintf(buf, REST_TEXT_MAX, "one sender");
		break;
	case REST_ONE_RECEIVER:
		snprintf(buf, REST_TEXT_MAX, "one receiver");
		break;
	case REST_FALLS:
		snprintf(buf, REST_TEXT_MAX, "without %s %s%s (%llu such messages left)",
			 who(r, inputs, name), *r->now ? "it becomes: " : "it is not found", r->now,
			 (unsigned long long)r->left);
		break;
	default:
		snprintf(buf, REST_TEXT_MAX, "without %s there are %llu such messages",
			 who(r, inputs, name), (unsigned long long)r->left);
		break;
	}
	return buf;
}
