// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch_merge.c - `skypelab watch --merge`: EVE of several sensors as one picture
 *
 * While the inputs are followed, a client's line is printed when it is new or something of it changed
 * but times and counts, at most each second. Once, the whole picture is printed at the end. What
 * was read, joined and passed over is said on standard error at the end.
 *
 * What sensors write is strangers'. So before any of it is read the process gives up the user, capabilities
 * and all system calls but those of its work (base/privilege.h), as `watch -i` does; a process of its own
 * opens files that were rotated, and gives the file of events its name (operator/watch/opener.h).
 */
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/input.h"
#include "base/outfile.h"
#include "base/privilege.h"
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

/**
 * struct merging - one call of the command
 * @o:		What is merged, and where to; @wish: as it was called
 * @eve:	The file of events; its name is the opener's to give
 */
struct merging {
	const struct watch_merge_wish *wish;
	struct merge_options o;
	struct outfile eve;
	struct opener *opener;
	struct merge *merge;
	bool lines;
};

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

/* Everything is open, and nothing was read. */
static int confine(void *arg, struct err *e)
{
	const struct syscall_needs needs = {.serves = true};
	const struct merging *g = arg;

	return privilege_drop(g->wish->user, &needs, e);
}

/* Reads until the end; prints changes where inputs are followed. 0, or -1 with @e set. */
static int read_all(struct merging *g, struct err *e)
{
	struct picture_changes *changes = picture_changes_new();
	const struct picture *p = merge_picture(g->merge);
	uint64_t printed = second();
	int rc;

	while ((rc = merge_step(g->merge, 200, e)) > 0 && !stop) {
		if (g->o.once || second() - printed < PRINT_EVERY_S)
			continue;
		printed = second();
		if (g->lines)
			picture_changes_print(changes, stdout, p);
		if ((rc = flush(&g->o, e)) < 0)
			break;
	}
	if (rc >= 0 && g->lines && !g->o.once)
		picture_changes_print(changes, stdout, p);
	picture_changes_free(changes);
	return rc < 0 ? -1 : 0;
}

static int flush_each_second(void *arg, struct err *e)
{
	const struct merging *g = arg;

	return flush(&g->o, e);
}

/* Shows it on the terminal, until the user or a signal ends it. 0, or -1 with @e set. */
static int show_all(struct merging *g, struct err *e)
{
	const struct merged_view what = {.inputs = g->o.inputs,
					 .input_count = g->o.input_count,
					 .stop = &stop,
					 .opened = confine,
					 .second = flush_each_second,
					 .arg = g};

	return merged_view(g->merge, &what, e);
}

static void say_counts(const struct merge *m)
{
	struct merge_counts c = merge_counts(m);
	struct join_counts j = merge_join_counts(m);
	struct picture_totals t = picture_totals(merge_picture(m));

#define N(x) ((unsigned long long)(x))
	log_info("%llu sightings, %llu lines about blocks, %llu other lines; %llu seen by another "
		 "sensor too, %llu flows joined across NATs, %llu sightings undecided",
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

/* The file of events. 0, or -1 with @e set: also when it is what is read. */
static int open_eve(struct merging *g, struct err *e)
{
	const char *eve = g->wish->eve;

	for (size_t i = 0; eve && i < g->wish->n; i++)
		if (input_same_place(eve, g->wish->inputs[i]))
			return err_set(e,
				       "%s: is read as an input too; give the output another name",
				       eve);
	if (eve &&
	    (g->o.once ? outfile_open(&g->eve, eve, e) : outfile_follow(&g->eve, eve, e)) < 0)
		return -1;
	g->o.eve = g->eve.f;
	g->lines = !g->wish->view && (!eve || strcmp(eve, "-") != 0);
	return 0;
}

/* The process that opens files once this one may not, where there will be any to open or to name. */
static int start_opener(struct merging *g, struct err *e)
{
	bool names = g->eve.f && g->eve.path && !g->eve.through;
	const struct opener_paths paths = {.inputs = g->o.inputs,
					   .inputs_n = g->o.input_count,
					   .output = names ? &g->eve : NULL};

	if (g->o.once && !names)
		return 0;
	g->opener = opener_start(&paths, e);
	if (g->opener)
		merge_opener(g->merge, g->opener);
	return g->opener ? 0 : -1;
}

static int merge_all(struct merging *g, struct err *e)
{
	int rc;

	if (open_eve(g, e) < 0)
		return -1;
	g->merge = merge_open(&g->o, e);
	if (!g->merge || start_opener(g, e) < 0)
		return -1;
	catch_signals();
	if (g->wish->view)
		rc = show_all(g, e);
	else
		rc = confine(g, e) < 0 ? -1 : read_all(g, e);
	if (rc == 0 && g->lines && g->o.once)
		picture_lines(stdout, merge_picture(g->merge));
	if (rc == 0)
		rc = flush(&g->o, e);
	say_counts(g->merge);
	return rc;
}

/* What was flushed is all: its name is given to it by who may. 0, or -1 with @e set. */
static int keep_eve(struct merging *g, struct err *e)
{
	if (!g->opener || g->eve.through || !g->eve.path)
		return outfile_commit(&g->eve, e);
	return opener_output_commit(g->opener, e);
}

int watch_merge(const struct watch_merge_wish *wish, struct err *e)
{
	struct merging g = {.wish = wish,
			    .o = {.inputs = wish->inputs,
				  .input_count = wish->n,
				  .once = wish->once,
				  .skew_ns = (uint64_t)(wish->skew * 1e9)}};
	int rc = merge_all(&g, e);

	if (rc == 0)
		rc = keep_eve(&g, e);
	outfile_abort(&g.eve);
	merge_close(g.merge);
	opener_end(g.opener);
	return rc;
}
