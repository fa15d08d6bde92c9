// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch_lines.c - what `skypelab watch` prints where there is no terminal: one line an event
 *
 * The lines are those of detect_table.c. Lost packets are said on standard error, once in the second in
 * which it happens.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/outfile.h"
#include "cli/detect_table.h"
#include "cli/watch_lines.h"

struct watch_lines {
	struct table_out *table;
	bool name_ifaces;
};

static int on_event(void *arg, const struct watch_event *ev, struct err *e)
{
	struct watch_lines *l = arg;

	(void)e;
	flockfile(stdout); /* the main thread prints lines of a filter */
	table_event(l->table, ev->ev, l->name_ifaces ? ev->iface : NULL);
	funlockfile(stdout);
	return 0;
}

static int on_batch_end(void *arg, struct err *e)
{
	(void)arg;
	return outfile_flush_standard(e);
}

static int on_second(void *arg, const struct watch_stats *now, struct err *e)
{
	(void)arg;
	(void)e;
	if (now->second.dropped)
		log_warn("%llu packets were lost in the last second, %llu were seen",
			 (unsigned long long)now->second.dropped,
			 (unsigned long long)now->second.frames);
	return 0;
}

static int on_end(void *arg, const struct watch_stats *now, struct err *e)
{
	struct watch_lines *l = arg;
	struct table_out *t = l->table;

	l->table = NULL;
	return table_end(t, now->all.frames, e);
}

struct watch_lines *watch_lines_new(const struct signature_set *set, size_t ifaces,
				    struct watch_sink *sink)
{
	struct watch_lines *l = xcalloc(1, sizeof(*l));

	l->table = table_new(set, TABLE_EVENTS);
	l->name_ifaces = ifaces > 1;
	*sink = (struct watch_sink){.name = "lines",
				    .arg = l,
				    .event = on_event,
				    .batch_end = on_batch_end,
				    .second = on_second,
				    .end = on_end};
	return l;
}

void watch_lines_free(struct watch_lines *l)
{
	if (!l)
		return;
	table_free(l->table);
	free(l);
}
