// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * merged.c - the view of what several sensors saw
 *
 * One thread: the loop's timer reads what the sensors have written, a bit at a time, and keys and the
 * screen have their turn in between.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "operator/view/merged.h"
#include "operator/view/view.h"

#define BUSY_NS	 NS_PER_MS /* until the next look, when something was read */
#define QUIET_NS (50 * NS_PER_MS)

/**
 * struct merging - what the loop works on
 * @ended:	All inputs have
 * @counted:	Sightings that were read by then
 * @failed:	@e is set
 */
struct merging {
	struct merge *merge;
	const struct merged_view *what;
	struct view *view;
	struct loop *loop;
	struct loop_timer step, second;
	uint64_t counted;
	bool ended, failed;
	struct err *e;
};

/* The names without their folders. */
static void name_inputs(struct view_counts *c, const struct merged_view *what)
{
	for (size_t i = 0; i < what->input_count; i++) {
		const char *slash = strrchr(what->inputs[i], '/');

		view_counts_name(c, slash ? slash + 1 : what->inputs[i]);
	}
}

static void count(struct merging *g)
{
	struct view_counts c = {
		.now_ns = merge_now_ns(g->merge),
		.unreadable = merge_counts(g->merge).bad + merge_counts(g->merge).long_lines,
	};

	name_inputs(&c, g->what);
	view_counts(g->view, &c);
}

static void fail(struct merging *g)
{
	g->failed = true;
	loop_stop(g->loop);
}

static void on_step(void *arg)
{
	struct merging *g = arg;
	uint64_t before = g->counted;

	if (*g->what->stop) {
		loop_stop(g->loop);
		return;
	}
	if (!g->ended) {
		int rc = merge_step(g->merge, 0, g->e);

		g->ended = rc == 0;
		if (rc < 0) {
			fail(g);
			return;
		}
	}
	g->counted = merge_counts(g->merge).sightings;
	if (g->counted != before)
		count(g);
	loop_timer_after(g->loop, &g->step, g->counted != before ? BUSY_NS : QUIET_NS);
}

static void on_second(void *arg)
{
	struct merging *g = arg;

	count(g);
	if (g->what->second(g->what->arg, g->e) < 0)
		fail(g);
	else
		loop_timer_after(g->loop, &g->second, NS_PER_SEC);
}

static int run(struct merging *g, struct err *e)
{
	g->step = (struct loop_timer){.fn = on_step, .arg = g};
	g->second = (struct loop_timer){.fn = on_second, .arg = g};
	if (g->what->opened(g->what->arg, e) < 0 || view_begin(g->view, g->loop, e) < 0)
		return -1;
	loop_timer_after(g->loop, &g->step, 0);
	loop_timer_after(g->loop, &g->second, 0);
	return loop_run(g->loop, 0, e) < 0 || g->failed ? -1 : 0;
}

int merged_view(struct merge *m, const struct merged_view *what, struct err *e)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* there is one thread */
	struct merging g = {.merge = m, .what = what, .e = e};
	int rc = -1;

	g.loop = loop_new(LOOP_REAL, clock_ns(CLOCK_REALTIME), e);
	if (g.loop)
		g.view = view_open(merge_picture(m), &lock, e);
	if (g.view)
		rc = run(&g, e);
	view_close(g.view);
	loop_free(g.loop);
	return rc;
}
