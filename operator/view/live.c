// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live.c - the view of what a watch sees
 *
 * A sink: readers' threads put sightings into a picture of its own, under a lock; the main thread copies
 * from it (snapshot.c), and marks in it what a filter says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operator/filter/shown.h"
#include "operator/view/live.h"
#include "operator/view/view.h"

/* @lock protects @picture. */
struct live_view {
	struct picture *picture;
	pthread_mutex_t lock;
	struct view *view;
	const struct watch_filter *filter; /* NULL = there is none */
};

static int on_begin(void *arg, struct loop *loop, struct err *e)
{
	struct live_view *l = arg;

	return view_begin(l->view, loop, e);
}

static int on_event(void *arg, const struct watch_event *ev, struct err *e)
{
	struct sighting s = *ev->seen;
	struct live_view *l = arg;

	(void)e;
	snprintf(s.sensor, sizeof(s.sensor), "%s", ev->iface); /* the machine is plain to see */
	pthread_mutex_lock(&l->lock);
	picture_sighting(l->picture, &s);
	pthread_mutex_unlock(&l->lock);
	view_changed(l->view);
	return 0;
}

static void count_filter(const struct watch_filter *f, struct view_counts *counts)
{
	const struct filter_totals *t = watch_filter_totals(f, NULL);

	counts->filter = true;
	counts->dry_run = watch_filter_wish(f)->dry_run;
	counts->stays = watch_filter_wish(f)->fail_closed;
	for (unsigned what = 0; what < FILTER_WHATS; what++)
		counts->stopped += t->packets[what];
}

static int on_second(void *arg, const struct watch_stats *now, struct err *e)
{
	struct live_view *l = arg;
	struct view_counts counts = {
		.now_ns = now->now_ns,
		.live = true,
		.packets = now->all.received + now->all.ifdropped,
		.packets_second = now->second.received + now->second.ifdropped,
		.dropped = now->all.dropped + now->all.ifdropped,
		.dropped_second = now->second.dropped + now->second.ifdropped,
	};

	(void)e;
	for (size_t i = 0; i < now->ifaces_n; i++)
		view_counts_name(&counts, now->ifaces[i].name);
	if (l->filter)
		count_filter(l->filter, &counts);
	pthread_mutex_lock(&l->lock);
	picture_time(l->picture, now->now_ns);
	pthread_mutex_unlock(&l->lock);
	view_counts(l->view, &counts);
	return 0;
}

struct live_view *live_view_open(struct watch_sink *sink, struct err *e)
{
	struct live_view *l = xcalloc(1, sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	l->picture = picture_new(NULL);
	l->view = view_open(l->picture, &l->lock, e);
	if (!l->view) {
		live_view_close(l);
		return NULL;
	}
	*sink = (struct watch_sink){
		.name = "view",
		.arg = l,
		.sightings = true,
		.begin = on_begin,
		.event = on_event,
		.second = on_second,
	};
	return l;
}

void live_view_filter(struct live_view *l, const struct watch_filter *f)
{
	l->filter = f;
}

void live_view_block(struct live_view *l, const struct filter_block *b)
{
	pthread_mutex_lock(&l->lock);
	filter_shown(l->picture, b);
	pthread_mutex_unlock(&l->lock);
	view_changed(l->view);
}

void live_view_blocks_forget(struct live_view *l)
{
	pthread_mutex_lock(&l->lock);
	picture_blocks_forget(l->picture);
	pthread_mutex_unlock(&l->lock);
}

void live_view_close(struct live_view *l)
{
	if (!l)
		return;
	view_close(l->view);
	picture_free(l->picture);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
