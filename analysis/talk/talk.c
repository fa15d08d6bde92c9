// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * talk.c - one look at each message for all questions about who talks with whom
 *
 * A flow that is under way carries what the questions need to know of it (mine); at its end it becomes
 * a record and is counted. Memory: 0.8 KiB a flow under way, and what here.h, record.h, exchange.h,
 * series.h and gaps.h say.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "analysis/talk/talk.h"
#include "base/err.h"

/* A flow that is under way. */
struct under_way {
	struct talk_flow record;
	struct exchange_flow exchange;
	struct series_flow series;
	struct gap_flow gaps;
};

struct talk *talk_new(const struct here_usage *usage)
{
	struct talk *t = xcalloc(1, sizeof(*t));

	here_begin(&t->here, usage);
	exchanges_begin(&t->exchanges);
	return t;
}

static void begin(void *arg, struct message_flow *f)
{
	(void)arg;
	f->mine = xcalloc(1, sizeof(struct under_way));
}

static void keep_step(struct talk_flow *r, const struct message *m)
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

	keep_step(&u->record, m);
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
	u->record.flow = *f;
	talk_flows_add(&t->flows, &u->record);
	here_flow(&t->here, f);
	free(u);
	f->mine = NULL;
}

struct message_user talk_user(struct talk *t)
{
	return (struct message_user){t, begin, message, end};
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
	here_clear(&t->here);
	talk_flows_clear(&t->flows);
	exchanges_clear(&t->exchanges);
	series_clear(&t->series);
	gaps_clear(&t->gaps);
	rounds_clear(&t->rounds);
	patterns_clear(&t->patterns);
	free(t);
}
