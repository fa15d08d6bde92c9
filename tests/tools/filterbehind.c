// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * filterbehind.c - whether a picture catches up with a filter whose lines it lost
 *
 *	filterbehind POLICY CLIENTS
 *
 * The filter is driven as `skypelab watch --filter` drives it, with an answered probe of each of CLIENTS
 * clients, while nobody reads its lines, until some are lost. Then they are read. Prints how many were lost
 * and, by the picture and by the filter's own list, how many clients are blocked.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "operator/filter/policy.h"
#include "operator/filter/shown.h"
#include "operator/filter/watch_filter.h"
#include "operator/picture.h"

static struct picture *picture;
static unsigned long lines, forgotten;

static void on_line(void *arg, const struct filter_block *b)
{
	(void)arg;
	lines++;
	filter_shown(picture, b);
}

static void on_forget(void *arg)
{
	(void)arg;
	forgotten++;
	picture_blocks_forget(picture);
}

static struct sighting probe(uint32_t i)
{
	struct sighting s = {.application = "skype",
			     .signature = "test",
			     .rule = "behind",
			     .kind = EVENT_PROBE_ACCEPTED,
			     .answered = true};

	s.ts_ns = clock_ns(CLOCK_REALTIME);
	s.flow.proto = IPPROTO_UDP;
	s.flow.src = (struct endpoint){ip4(0x0a000001 + i), 1024};
	s.flow.dst = (struct endpoint){ip4(0xc6336401), 4000};
	return s;
}

static int drive(struct watch_sink *sink, uint32_t clients, struct err *e)
{
	for (uint32_t i = 0; i < clients; i++) {
		struct sighting s = probe(i);
		struct watch_event ev = {.seen = &s};

		picture_sighting(picture, &s);
		if (sink->event(sink->arg, &ev, e) < 0)
			return -1;
		usleep(20); /* so that sightings are not lost as well */
	}
	return 0;
}

/* A second with the loop, as a watch has it. */
static int second(struct watch_sink *sink, struct loop *loop, struct err *e)
{
	struct watch_stats now = {0};

	if (loop_run(loop, loop_now(loop) + NS_PER_SEC, e) < 0)
		return -1;
	return sink->second(sink->arg, &now, e);
}

static size_t blocked_in_picture(size_t clients)
{
	const struct client **all = calloc(clients, sizeof(const struct client *));
	size_t n = picture_clients(picture, all, clients), blocked = 0;

	for (size_t i = 0; i < n && i < clients; i++)
		blocked += client_blocked(all[i], false);
	free(all);
	return blocked;
}

static int try(struct watch_filter *f, uint32_t clients, struct err *e)
{
	struct loop *loop = loop_new(LOOP_REAL, clock_ns(CLOCK_REALTIME), e);
	struct watch_sink sink;
	uint64_t behind = 0;
	json_t *list;

	watch_filter_sink(f, &sink);
	if (!loop || sink.begin(sink.arg, loop, e) < 0 || drive(&sink, clients, e) < 0)
		return -1;
	sleep(2); /* the filter works off what waits */
	for (int i = 0; i < 4; i++)
		if (second(&sink, loop, e) < 0)
			return -1;
	list = watch_filter_blocked(f, NULL, e);
	if (!list)
		return -1;
	printf("lost %llu lines, %lu read, %lu times anew, %llu sightings behind; blocked %zu in "
	       "the picture, %zu listed\n",
	       (unsigned long long)watch_filter_totals(f, &behind)->lines_lost, lines, forgotten,
	       (unsigned long long)behind, blocked_in_picture(clients),
	       json_array_size(json_object_get(list, "blocks")));
	json_decref(list);
	loop_free(loop);
	return 0;
}

int main(int argc, char **argv)
{
	struct watch_filter_wish wish = {.fn = on_line, .forget = on_forget};
	struct picture_limits limits = {0};
	struct watch_filter *f;
	struct err e = {0};
	int rc = 1;

	if (argc != 3)
		return 2;
	wish.policy = argv[1];
	limits.clients = strtoul(argv[2], NULL, 10);
	picture = picture_new(&limits);
	f = watch_filter_open(&wish, &e);
	if (f && try(f, (uint32_t)limits.clients, &e) == 0)
		rc = 0;
	watch_filter_close(f);
	picture_free(picture);
	if (rc)
		fprintf(stderr, "filterbehind: %s\n", e.msg);
	return rc;
}
