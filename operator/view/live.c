// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live.c - the view of what a watch sees
 *
 * A sink: readers' threads put sightings into a picture of its own, under a lock; the main thread copies
 * from it (snapshot.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operator/view/live.h"
#include "operator/view/view.h"

/* @lock protects @picture. */
struct live_view {
	struct picture *picture;
	pthread_mutex_t lock;
	struct view *view;
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

void live_view_close(struct live_view *l)
{
	if (!l)
		return;
	view_close(l->view);
	picture_free(l->picture);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
