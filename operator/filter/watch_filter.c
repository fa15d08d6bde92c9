// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch_filter.c - the filter as a part of `skypelab watch`
 *
 * Model. A sink (operator/watch/sinks.h) hands each sighting that counts to the filter's process,
 * from the reader's thread and without waiting. In the main thread its loop reads the lines that
 * come back, and answers what the control socket asks. When the filter's process ends, the loop is
 * stopped and the watch ends with what was the matter. Where it was faster than its lines are read, some
 * were lost: once a second all that is in force is asked for then, and replaces what was heard.
 */
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "operator/filter/line.h"
#include "operator/filter/process.h"
#include "operator/filter/watch_filter.h"

struct watch_filter {
	struct watch_filter_wish wish;
	struct filter_policy *policy;
	struct filter_process *process;
	struct loop *loop;
	struct filter_block *early; /* (owned) lines of the start, @early_n, for when all is open */
	size_t early_n;
	json_t *reply;	  /* (owned) lines of the question that is being answered */
	struct err ended; /* why the filter's process is gone */
	uint64_t behind;  /* sightings lost, as said last; and lines */
	uint64_t lines_lost;
	bool replacing,
		replaced; /* lost lines are made up for; the first of what is in force came */
};

static void keep_early(struct watch_filter *f, const struct filter_block *b)
{
	if (!(f->early_n & (f->early_n - 1)))
		f->early =
			xrealloc(f->early, (f->early_n ? 2 * f->early_n : 1) * sizeof(*f->early));
	f->early[f->early_n++] = *b;
}

/* What was heard is forgotten, once, behind the lines that were under way. */
static void replace(struct watch_filter *f)
{
	if (!f->replaced && f->wish.forget)
		f->wish.forget(f->wish.arg);
	f->replaced = true;
}

static void on_line(void *arg, const struct filter_block *b)
{
	struct watch_filter *f = arg;

	if (f->replacing && b->outcome == FILTER_LISTED) {
		replace(f);
		f->wish.fn(f->wish.arg, b);
		return;
	}
	if (f->reply && (b->outcome == FILTER_LISTED || b->outcome == FILTER_UNBLOCKED))
		json_array_append_new(f->reply, filter_line_json(b, NULL));
	if (!f->loop)
		keep_early(f, b);
	else if (b->outcome != FILTER_LISTED)
		f->wish.fn(f->wish.arg, b);
}

/* ---- questions ---- */

/* The answer: the lines that came between asking and now; @rc of asking. */
static json_t *reply(struct watch_filter *f, int rc)
{
	json_t *blocks = f->reply;

	f->reply = NULL;
	if (rc >= 0)
		return json_pack("{s:o}", "blocks", blocks);
	json_decref(blocks);
	return NULL;
}

json_t *watch_filter_blocked(void *arg, const json_t *request, struct err *e)
{
	struct watch_filter *f = arg;

	(void)request;
	f->reply = json_array();
	return reply(f, filter_process_blocked(f->process, e));
}

json_t *watch_filter_unblock(void *arg, const json_t *request, struct err *e)
{
	const char *text = json_string_value(json_object_get(request, "address"));
	struct watch_filter *f = arg;
	bool all = text && !strcmp(text, "all");
	struct ip ip;

	if (!all && (!text || ip_parse(text, &ip) < 0)) {
		err_set(e, "unblock: expected an address, or all");
		return NULL;
	}
	f->reply = json_array();
	return reply(f, filter_process_unblock(f->process, all ? NULL : &ip, e));
}

/* ---- the sink ---- */

static void on_process(void *arg, uint32_t events)
{
	struct watch_filter *f = arg;

	(void)events;
	if (filter_process_read(f->process, &f->ended) < 0) {
		loop_fd_del(f->loop, filter_process_fd(f->process));
		loop_stop(f->loop);
	}
}

static int begin(void *arg, struct loop *loop, struct err *e)
{
	struct watch_filter *f = arg;

	f->loop = loop;
	threads_wake_soon(); /* readers, which begin later: a block is late by what they wait */
	for (size_t i = 0; i < f->early_n; i++)
		f->wish.fn(f->wish.arg, &f->early[i]);
	return loop_fd_add(loop, filter_process_fd(f->process), EPOLLIN, on_process, f, e);
}

static int on_event(void *arg, const struct watch_event *ev, struct err *e)
{
	struct watch_filter *f = arg;

	(void)e;
	if (filter_policy_counts(f->policy, ev->seen))
		filter_process_sighting(f->process, ev->seen);
	return 0;
}

/* An error is that the filter's process is gone; the loop finds it out. */
static void make_up(struct watch_filter *f)
{
	struct err e;

	f->replacing = true;
	f->replaced = false;
	if (filter_process_blocked(f->process, &e) >= 0)
		replace(f);
	f->replacing = false;
}

static int on_second(void *arg, const struct watch_stats *now, struct err *e)
{
	struct watch_filter *f = arg;
	uint64_t behind, lost = filter_process_totals(f->process, &behind)->lines_lost;

	(void)now;
	(void)e;
	if (behind > f->behind)
		log_warn("the filter is behind: %llu sightings were not handed over",
			 (unsigned long long)(behind - f->behind));
	if (lost > f->lines_lost) {
		log_warn("the filter was faster than its lines are read: %llu were lost; what is "
			 "in force is said again",
			 (unsigned long long)(lost - f->lines_lost));
		make_up(f);
	}
	f->behind = behind;
	f->lines_lost = lost;
	return 0;
}

static int at_end(void *arg, const struct watch_stats *now, struct err *e)
{
	struct watch_filter *f = arg;

	(void)now;
	if (!f->ended.msg[0])
		filter_process_read(f->process, &f->ended);
	if (!f->ended.msg[0])
		return 0;
	*e = f->ended;
	return -1;
}

struct watch_filter *watch_filter_open(const struct watch_filter_wish *wish, struct err *e)
{
	struct watch_filter *f = xcalloc(1, sizeof(*f));
	const struct filter_wish inner = {.netns = -1,
					  .dry_run = wish->dry_run,
					  .fail_closed = wish->fail_closed,
					  .fn = on_line,
					  .arg = f};

	f->wish = *wish;
	f->policy = filter_policy_load(wish->policy, e);
	if (f->policy)
		f->process = filter_process_start(f->policy, &inner, wish->user, e);
	if (f->process)
		return f;
	watch_filter_close(f);
	return NULL;
}

const struct watch_filter_wish *watch_filter_wish(const struct watch_filter *f)
{
	return &f->wish;
}

const struct filter_totals *watch_filter_totals(const struct watch_filter *f, uint64_t *behind)
{
	uint64_t any;

	return filter_process_totals(f->process, behind ? behind : &any);
}

void watch_filter_sink(struct watch_filter *f, struct watch_sink *sink)
{
	*sink = (struct watch_sink){.name = "filter",
				    .arg = f,
				    .sightings = true,
				    .begin = begin,
				    .event = on_event,
				    .second = on_second,
				    .end = at_end};
}

void watch_filter_close(struct watch_filter *f)
{
	if (!f)
		return;
	filter_process_stop(f->process);
	filter_policy_free(f->policy);
	free(f->early);
	free(f);
}
