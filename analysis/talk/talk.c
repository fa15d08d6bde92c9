// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * talk.c - one look at each message for all questions about who talks with whom
 *
 * A flow that is under way carries what the questions need to know of it (mine); at its end it becomes
 * a record and is counted. Memory: 1.2 KiB a flow under way, and what here.h, record.h, exchange.h,
 * series.h and gaps.h say.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/talk/talk.h"
#include "base/err.h"

/* A flow that is under way: what every message needs is first. */
struct under_way {
	uint8_t steps_n;
	struct exchange_flow exchange;
	struct gap_flow gaps;
	struct series_flow series;
	struct talk_step steps[TALK_STEPS];
};

struct talk *talk_new(const struct here_usage *usage)
{
	struct talk *t = xcalloc(1, sizeof(*t));

	slab_begin(&t->under_way, sizeof(struct under_way));
	here_begin(&t->here, usage);
	exchanges_begin(&t->exchanges);
	return t;
}

static void begin(void *arg, struct message_flow *f)
{
	struct talk *t = arg;
	struct under_way *u = slab_get(&t->under_way);

	memset(u, 0, offsetof(struct under_way, steps));
	f->mine = u;
}

static void fetch(void *arg, const struct message_flow *f, const void *mine, bool reply)
{
	bool tcp = f->tuple.proto == IPPROTO_TCP; /* has no series */
	size_t n = tcp ? offsetof(struct under_way, series) : offsetof(struct under_way, steps);

	(void)arg;
	(void)reply;
	for (size_t at = 0; at < n; at += 64)
		__builtin_prefetch((const char *)mine + at, 1);
}

static void keep_step(struct under_way *r, const struct message *m)
{
	if (r->steps_n == TALK_STEPS)
		return;
	r->steps[r->steps_n++] = (struct talk_step){.ts_ns = m->ts_ns,
						    .number = m->number,
						    .end_number = m->end_number,
						    .size = m->size,
						    .reply = m->reply};
}

static void message(void *arg, const struct message *m)
{
	struct talk *t = arg;
	struct under_way *u = m->flow->mine;

	keep_step(u, m);
	exchanges_message(&t->exchanges, &u->exchange, m);
	series_message(&t->series, &u->series, m);
	gaps_message(&t->gaps, &u->gaps, m);
	if (!m->broken)
		t->sizes[m->flow->tuple.proto == IPPROTO_TCP]
			[m->size < TALK_SIZES ? m->size : TALK_SIZES - 1]++;
}

static void end(void *arg, struct message_flow *f)
{
	struct talk *t = arg;
	struct under_way *u = f->mine;

	series_end(&t->series, &u->series, f);
	talk_flows_add(&t->flows, f, u->steps, u->steps_n);
	here_flow(&t->here, f);
	slab_put(&t->under_way, u);
	f->mine = NULL;
}

struct message_user talk_user(struct talk *t)
{
	return (struct message_user){t, begin, message, end, fetch};
}

void talk_finish(struct talk *t, const struct message_names *names)
{
	here_finish(&t->here);
	talk_flows_sort(&t->flows);
	exchanges_finish(&t->exchanges);
	series_sort(&t->series);
	gaps_finish(&t->gaps);
	rounds_find(&t->rounds, &t->flows);
	patterns_find(&t->patterns, &t->flows, names);
}

void talk_free(struct talk *t)
{
	if (!t)
		return;
	slab_clear(&t->under_way);
	here_clear(&t->here);
	talk_flows_clear(&t->flows);
	exchanges_clear(&t->exchanges);
	series_clear(&t->series);
	gaps_clear(&t->gaps);
	rounds_clear(&t->rounds);
	patterns_clear(&t->patterns);
	free(t);
}
