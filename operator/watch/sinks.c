// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sinks.c - what `watch` sees, given to all who asked for it
 *
 * A sink is a struct of functions (sinks.h). Whoever wants what the detector finds adds one before
 * watch_run(): the lines on standard output, EVE, and so on.
 */
#include "operator/watch/sinks.h"

void sinks_add(struct sinks *s, const struct watch_sink *sink)
{
	s->sightings |= sink->sightings;
	if (s->n < SINKS_MAX)
		s->sink[s->n++] = *sink;
}

/* Calls function @name of every sink; the first failure is what is said. */
#define ALL(name, ...)                                                                             \
	int bad = 0;                                                                               \
                                                                                                   \
	for (size_t i = 0; i < s->n; i++) {                                                        \
		const struct watch_sink *k = &s->sink[i];                                          \
		struct err *to = bad ? NULL : e;                                                   \
                                                                                                   \
		if (k->name && k->name(k->arg, ##__VA_ARGS__, to) < 0)                             \
			bad = -1;                                                                  \
	}                                                                                          \
	return bad

int sinks_begin(const struct sinks *s, struct loop *loop, struct err *e)
{
	ALL(begin, loop);
}

int sinks_event(const struct sinks *s, const struct watch_event *ev, struct err *e)
{
	ALL(event, ev);
}

int sinks_batch_end(const struct sinks *s, struct err *e)
{
	ALL(batch_end);
}

int sinks_second(const struct sinks *s, const struct watch_stats *now, struct err *e)
{
	ALL(second, now);
}

int sinks_reopen(const struct sinks *s, struct err *e)
{
	ALL(reopen);
}

void sinks_reloaded(const struct sinks *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->sink[i].reloaded)
			s->sink[i].reloaded(s->sink[i].arg);
}

int sinks_end(const struct sinks *s, const struct watch_stats *now, struct err *e)
{
	ALL(end, now);
}
