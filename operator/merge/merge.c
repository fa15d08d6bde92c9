// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * merge.c - the inputs of several sensors, in order of time, into one picture
 *
 * Of each input one sighting is read ahead, and the first of these goes to the join: so files that
 * are there already are read side by side, however long. What an input says is late by what the
 * sensor buffers, so the join waits: its time is the least of what the inputs have come to, leaving
 * out those that said nothing for QUIET_MS. When all are quiet, nothing is waited for.
 *
 * A line that cannot be used is counted; of each input the first is named.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/moment.h"
#include "operator/filter/shown.h"
#include "operator/merge/eve_reader.h"
#include "operator/merge/follow.h"
#include "operator/merge/merge.h"
#include "operator/merge/merged_eve.h"

#define QUIET_MS     1500
#define TIME_MS	     250 /* how often who is silent is looked for */
#define RECENT_NS    (3600 * NS_PER_SEC)
#define AT_ONCE	     8192 /* sightings of one step */
#define LOOK_MS	     100  /* how often a file is asked for more */
#define NAME_AT_MOST 40	  /* of a path, as a sensor's name: the rest is for the interface */

struct input {
	struct follow *from;
	const char *name; /* within its path */
	bool has, warned;
	struct sighting ahead; /* when it has one */
	uint64_t newest_ns, heard_ms;
	bool heard;
};

struct merge {
	struct merge_options options;
	struct picture *picture;
	struct join *join;
	struct merge_counts counts;
	struct opener *opener;
	uint64_t timed_ms;
	bool failed;
	struct err why;
	size_t input_count;
	struct input inputs[MERGE_INPUTS];
};

static uint64_t now_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

static void write_event(void *arg, const struct sighting *s, const struct join_verdict *v)
{
	struct merge *m = arg;

	if (!m->failed && merged_eve_write(m->options.eve, s, v, &m->why) < 0)
		m->failed = true;
}

static const char *name_of(const char *path)
{
	size_t n = strlen(path);

	if (!strcmp(path, "-"))
		return "standard input";
	return n > NAME_AT_MOST ? path + n - NAME_AT_MOST : path;
}

static int open_inputs(struct merge *m, struct err *e)
{
	for (; m->input_count < m->options.input_count; m->input_count++) {
		const char *path = m->options.inputs[m->input_count];
		struct input *in = &m->inputs[m->input_count];

		in->from = follow_open(path, EVE_LINE_BYTES, m->options.once, e);
		if (!in->from)
			return -1;
		in->name = name_of(path);
		in->heard_ms = now_ms();
	}
	return 0;
}

struct merge *merge_open(const struct merge_options *options, struct err *e)
{
	struct join_options how = {.skew_ns = options->skew_ns};
	struct merge *m = xcalloc(1, sizeof(*m));

	m->options = *options;
	json_object_seed(0); /* from a device, which cannot be opened later */
	m->picture = picture_new(options->picture);
	m->join = join_new(&how, m->picture, options->eve ? write_event : NULL, m);
	if (!options->input_count || options->input_count > MERGE_INPUTS)
		err_set(e, "%zu inputs to merge; 1 to %d can be", options->input_count,
			MERGE_INPUTS);
	else if (open_inputs(m, e) == 0)
		return m;
	merge_close(m);
	return NULL;
}

void merge_opener(struct merge *m, struct opener *opener)
{
	if (m->options.once)
		return;
	m->opener = opener;
	for (size_t i = 0; i < m->input_count; i++)
		follow_opener(m->inputs[i].from, opener, i);
}

void merge_close(struct merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->input_count; i++)
		follow_close(m->inputs[i].from);
	join_free(m->join);
	picture_free(m->picture);
	free(m);
}

uint64_t merge_now_ns(const struct merge *m)
{
	uint64_t last = picture_totals(m->picture).last_ns, now = clock_ns(CLOCK_REALTIME);

	return !last || last > now || now - last > RECENT_NS ? last : now;
}

const struct picture *merge_picture(const struct merge *m)
{
	return m->picture;
}

struct join_counts merge_join_counts(const struct merge *m)
{
	return join_counts(m->join);
}

struct merge_counts merge_counts(const struct merge *m)
{
	struct merge_counts sum = m->counts;

	for (size_t i = 0; i < m->input_count; i++) {
		struct follow_counts c = follow_counts(m->inputs[i].from);

		sum.torn += c.torn;
		sum.long_lines += c.long_lines;
		sum.replaced += c.replaced;
		sum.cut += c.cut;
	}
	return sum;
}

/* ------------------------------------------------------------------ reading */

static void say_bad(struct merge *m, struct input *in, const struct err *e)
{
	m->counts.bad++;
	if (in->warned)
		return;
	in->warned = true;
	log_warn("%s: line %llu is passed over: %s; further ones are only counted",
		 follow_path(in->from), (unsigned long long)follow_counts(in->from).lines, e->msg);
}

/* Reads the next sighting ahead, where there is one. */
static void read_ahead(struct merge *m, struct input *in, uint64_t now)
{
	const char *line;
	struct err e;
	size_t n;

	while (!in->has && (line = follow_line(in->from, &n, now))) {
		struct filter_block block;
		enum eve_line is = eve_reader_line(line, n, in->name, &in->ahead, &block, &e);

		in->heard_ms = now;
		in->has = is == EVE_LINE_SIGHTING;
		m->counts.sightings += is == EVE_LINE_SIGHTING;
		m->counts.blocks += is == EVE_LINE_BLOCK;
		m->counts.other += is == EVE_LINE_OTHER;
		if (is == EVE_LINE_BLOCK)
			filter_shown(m->picture, &block);
		if (is == EVE_LINE_BAD)
			say_bad(m, in, &e);
	}
}

/* The input whose sighting is the first; NULL = none has one. */
static struct input *first_of(struct merge *m, uint64_t now)
{
	struct input *first = NULL;

	for (size_t i = 0; i < m->input_count; i++) {
		struct input *in = &m->inputs[i];

		read_ahead(m, in, now);
		if (in->has && (!first || moment_before(in->ahead.ts_ns, first->ahead.ts_ns)))
			first = in;
	}
	return first;
}

static void pass_on(struct merge *m, struct input *in)
{
	if (!in->heard || moment_before(in->newest_ns, in->ahead.ts_ns))
		in->newest_ns = in->ahead.ts_ns;
	in->heard = true;
	in->has = false;
	join_sighting(m->join, &in->ahead, (unsigned)(in - m->inputs));
}

/* What no sensor will say anything before any more. False = all are quiet. */
static bool come_to(const struct merge *m, uint64_t now, uint64_t *ts_ns)
{
	bool any = false;

	for (size_t i = 0; i < m->input_count; i++) {
		const struct input *in = &m->inputs[i];

		if (!in->has && (follow_ended(in->from) || now - in->heard_ms >= QUIET_MS))
			continue;
		if (!in->heard) {
			*ts_ns = MOMENT_FIRST;
			return true;
		}
		if (!any || moment_before(in->newest_ns, *ts_ns))
			*ts_ns = in->newest_ns;
		any = true;
	}
	return any;
}

static bool all_ended(const struct merge *m)
{
	for (size_t i = 0; i < m->input_count; i++)
		if (!follow_ended(m->inputs[i].from) || m->inputs[i].has)
			return false;
	return true;
}

static void wait_for_more(const struct merge *m, int wait_ms)
{
	struct pollfd p[MERGE_INPUTS];
	nfds_t n = 0;

	for (size_t i = 0; i < m->input_count; i++) {
		int fd = follow_fd(m->inputs[i].from);

		if (fd >= 0)
			p[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
		else if (!follow_ended(m->inputs[i].from) && wait_ms > LOOK_MS)
			wait_ms = LOOK_MS;
	}
	poll(p, n, wait_ms);
}

/* Who is silent, and what is no longer blocked, goes; what is read once is shown whole. One sensor's clock
 * that is ahead makes nobody silent. */
static void pass_time(struct merge *m, uint64_t now)
{
	uint64_t clock = clock_ns(CLOCK_REALTIME), at;

	if (m->options.once || now - m->timed_ms < TIME_MS)
		return;
	m->timed_ms = now;
	if (m->opener && opener_ended(m->opener)) {
		m->failed = true;
		err_env(&m->why, "the process that opens files has ended");
	}
	at = merge_now_ns(m);
	picture_time(m->picture, moment_before(clock, at) ? clock : at);
}

int merge_step(struct merge *m, int wait_ms, struct err *e)
{
	uint64_t now = now_ms(), ts_ns = 0;
	struct input *in = first_of(m, now);

	if (!in && wait_ms && !all_ended(m)) {
		wait_for_more(m, wait_ms);
		now = now_ms();
		in = first_of(m, now);
	}
	for (int n = 0; in && n < AT_ONCE; n++) {
		pass_on(m, in);
		if (n % 64 == 63 && come_to(m, now, &ts_ns))
			join_time(m->join, ts_ns);
		in = first_of(m, now);
	}
	if (come_to(m, now, &ts_ns))
		join_time(m->join, ts_ns);
	else
		join_flush(m->join);
	pass_time(m, now);
	if (m->failed) {
		*e = m->why;
		return -1;
	}
	return all_ended(m) ? 0 : 1;
}
