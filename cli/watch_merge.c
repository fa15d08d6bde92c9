// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch_merge.c - `skypelab watch --merge`: EVE of several sensors as one picture
 *
 * While the inputs are followed, a client's line is printed when it is new or something of it changed
 * but times and counts, at most each second. Once, the whole picture is printed at the end. What
 * was read, joined and passed over is said on standard error at the end.
 */
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/outfile.h"
#include "cli/watch_merge.h"
#include "operator/merge/merge.h"
#include "operator/picture_lines.h"
#include "operator/view/merged.h"

#define PRINT_EVERY_S 1

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	stop = 0;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

/* Flushes both outputs. */
static int flush(const struct merge_options *o, struct err *e)
{
	if (o->eve && fflush(o->eve) != 0)
		return err_sys(e, "cannot write events");
	return outfile_flush_standard(e);
}

static uint64_t second(void)
{
	return clock_ns(CLOCK_MONOTONIC) / NS_PER_SEC;
}

/* Reads until the end; prints changes where inputs are followed. 0, or -1 with @e set. */
static int read_all(struct merge *m, const struct merge_options *o, bool lines, struct err *e)
{
	struct picture_changes *changes = picture_changes_new();
	uint64_t printed = second();
	int rc;

	while ((rc = merge_step(m, 200, e)) > 0 && !stop) {
		if (o->once || second() - printed < PRINT_EVERY_S)
			continue;
		printed = second();
		if (lines)
			picture_changes_print(changes, stdout, merge_picture(m));
		if ((rc = flush(o, e)) < 0)
			break;
	}
	if (rc >= 0 && lines && !o->once)
		picture_changes_print(changes, stdout, merge_picture(m));
	picture_changes_free(changes);
	return rc < 0 ? -1 : 0;
}

static int flush_each_second(void *arg, struct err *e)
{
	return flush(arg, e);
}

/* Shows it on the terminal, until the user or a signal ends it. 0, or -1 with @e set. */
static int show_all(struct merge *m, struct merge_options *o, struct err *e)
{
	const struct merged_view what = {.inputs = o->inputs,
					 .input_count = o->input_count,
					 .stop = &stop,
					 .second = flush_each_second,
					 .arg = o};

	return merged_view(m, &what, e);
}

static void say_counts(const struct merge *m)
{
	struct merge_counts c = merge_counts(m);
	struct join_counts j = merge_join_counts(m);
	struct picture_totals t = picture_totals(merge_picture(m));

#define N(x) ((unsigned long long)(x))
	log_info("%llu sightings, %llu lines about blocks, %llu other lines; %llu seen by another "
		 "sensor too, %llu flows "
		 "joined across NATs, %llu sightings undecided",
		 N(c.sightings), N(c.blocks), N(c.other), N(j.again), N(j.flows), N(j.undecided));
	if (c.bad || c.long_lines || c.torn)
		log_warn("%llu lines could not be read, %llu were too long, %llu had no end",
			 N(c.bad), N(c.long_lines), N(c.torn));
	if (j.early || j.sensors_left_out || t.evicted)
		log_warn("%llu sightings were told before their time, %llu were of more than 32 "
			 "sensors, %llu clients found no room",
			 N(j.early), N(j.sensors_left_out), N(t.evicted));
#undef N
}

static int merge_into(struct merge_options *o, bool lines, bool view, struct err *e)
{
	struct merge *m = merge_open(o, e);
	int rc;

	if (!m)
		return -1;
	catch_signals();
	rc = view ? show_all(m, o, e) : read_all(m, o, lines, e);
	if (rc == 0 && lines && o->once)
		picture_lines(stdout, merge_picture(m));
	if (rc == 0)
		rc = flush(o, e);
	say_counts(m);
	merge_close(m);
	return rc;
}

int watch_merge(const struct watch_merge_wish *wish, struct err *e)
{
	struct merge_options o = {.inputs = wish->inputs,
				  .input_count = wish->n,
				  .once = wish->once,
				  .skew_ns = (uint64_t)(wish->skew * 1e9)};
	struct outfile eve = {0};
	bool lines;
	int rc;

	if (wish->eve && (wish->once ? outfile_open(&eve, wish->eve, e)
				     : outfile_follow(&eve, wish->eve, e)) < 0)
		return -1;
	o.eve = eve.f;
	lines = !wish->view && (!wish->eve || strcmp(wish->eve, "-") != 0);
	rc = merge_into(&o, lines, wish->view, e);
	if (rc == 0 && wish->eve)
		return outfile_commit(&eve, e);
	outfile_abort(&eve);
	return rc;
}
