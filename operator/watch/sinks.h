/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_SINKS_H
#define OPERATOR_WATCH_SINKS_H

#include "base/loop.h"
#include "operator/sighting.h"
#include "operator/watch/stats.h"

/**
 * struct watch_event - what a sink gets of an event; valid during the call
 * @ev:		The event
 * @seen:	The same as a sighting, where a sink has @sightings; else NULL
 * @iface:	Interface of the packet that decided it
 * @host:	The sensor's name
 * @in_part:	Packets were lost while it was seen
 */
struct watch_event {
	const struct detection_event *ev;
	const struct sighting *seen;
	const char *iface, *host;
	bool in_part;
};

/**
 * struct watch_sink - where what `watch` sees goes; every function may be NULL
 * @name:	For messages
 * @arg:	For the functions
 * @sightings:	It wants events as sightings
 * @begin:	Everything is open, no packet was read: add descriptors and timers to the loop
 * @event:	In a reader's thread, one at a time, never together with @batch_end or @reloaded. Not to
 *		be waited in: packets are lost meanwhile
 * @batch_end:	After events, so that what they left can be written together; where @event is called
 * @second:	Each second, in the main thread
 * @reopen:	SIGHUP: open the file anew; in the main thread
 * @reloaded:	Other signatures are in force: words that belong to the old ones are gone
 * @end:	The last event is over; in the main thread
 *
 * A function that returns -1 with @e (which may be NULL) set ends the program with that error; one of
 * @reopen is only said.
 */
struct watch_sink {
	const char *name;
	void *arg;
	bool sightings;
	int (*begin)(void *arg, struct loop *loop, struct err *e);
	int (*event)(void *arg, const struct watch_event *ev, struct err *e);
	int (*batch_end)(void *arg, struct err *e);
	int (*second)(void *arg, const struct watch_stats *now, struct err *e);
	int (*reopen)(void *arg, struct err *e);
	void (*reloaded)(void *arg);
	int (*end)(void *arg, const struct watch_stats *now, struct err *e);
};

#define SINKS_MAX 16

struct sinks {
	struct watch_sink sink[SINKS_MAX];
	size_t n;
	bool sightings; /* one of them wants them */
};

void sinks_add(struct sinks *s, const struct watch_sink *sink);
/* Each calls that function of all sinks. 0, or -1 with @e set by the first that failed; the others are
 * called all the same. */
int sinks_begin(const struct sinks *s, struct loop *loop, struct err *e);
int sinks_event(const struct sinks *s, const struct watch_event *ev, struct err *e);
int sinks_batch_end(const struct sinks *s, struct err *e);
int sinks_second(const struct sinks *s, const struct watch_stats *now, struct err *e);
int sinks_reopen(const struct sinks *s, struct err *e);
void sinks_reloaded(const struct sinks *s);
int sinks_end(const struct sinks *s, const struct watch_stats *now, struct err *e);

#endif
