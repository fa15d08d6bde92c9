// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_watch.c - `skypelab watch`: the detector live, for an operator
 *
 * Options become a watch (operator/watch/watch.h) and its sinks: what is printed, written and answered.
 * Each sink is an option here, a function that adds it, and a file of its own elsewhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd_watch.h"
#include "cli/default_signatures.h"
#include "cli/watch_lines.h"
#include "cli/watch_merge.h"
#include "cli/command/failure.h"
#include "operator/view/live.h"
#include "operator/view/terminal.h"
#include "operator/filter/line.h"
#include "operator/filter/watch_filter.h"
#include "operator/metrics/metrics.h"
#include "operator/watch/control.h"
#include "operator/watch/daemon.h"
#include "operator/watch/eve_file.h"
#include "operator/watch/notify.h"
#include "operator/watch/status.h"
#include "operator/watch/watch.h"

struct watch_cli_options {
	struct option_list signatures, ifaces;
	const char *user, *packets, *eve, *sensor, *policy, *metrics, *control, *pid_file;
	bool filter, fail_closed, dry_run;
	struct option_whole snaplen, readers, ring, max_flows;
	int checksums; /* enum checksum_mode */
	bool view, as_lines;
	struct option_real skew;
	bool merge, once;
	bool daemon;
};

#define AT(field) offsetof(struct watch_cli_options, field)

enum { FORM_LIVE, FORM_MERGE };
#define LIVE  OPTION_FORM(FORM_LIVE)
#define MERGE OPTION_FORM(FORM_MERGE)

static const struct option_row rows[] = {
	OPTION(LIST, "interface", 'i', "INTERFACE", ifaces, "watch this interface", .forms = LIVE,
	       .needed = LIVE),
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "run this bundled signature or file, or all", .forms = LIVE),
	OPTION(TEXT, "user", 'Z', "USER", user,
	       "read as this user when started by root; default nobody"),
	OPTION(TEXT, "packets", 'f', "FILTER", packets, "only packets that match this pcap filter",
	       .forms = LIVE),
	OPTION(TEXT, "eve", 'e', "FILE", eve,
	       "add EVE JSON lines to this file; - is standard output", .long_usage = true),
	OPTION(FLAG, "view", 0, NULL, view, "show who uses Skype now; the default on a terminal"),
	OPTION(FLAG, "lines", 0, NULL, as_lines, "print lines, on a terminal too"),
	OPTION(TEXT, "metrics", 0, "WHERE", metrics,
	       "counters for Prometheus: FILE.prom, ADDRESS:PORT, or a port of 127.0.0.1",
	       .forms = LIVE),
	OPTION(TEXT, "sensor", 0, "NAME", sensor,
	       "name of this sensor in EVE; default the machine's", .forms = LIVE),
	OPTION(TEXT, "control", 0, "SOCKET", control, "answer at this Unix socket", .forms = LIVE),
	OPTION(FLAG, "daemon", 0, NULL, daemon, "go into the background once everything is open",
	       .forms = LIVE),
	OPTION(TEXT, "pid-file", 0, "FILE", pid_file, "with --daemon: write the process's number",
	       .forms = LIVE),
	OPTION(CHOICE, "checksums", 'k', "auto|all|none", checksums,
	       "packets with a bad checksum: pass over, but not from senders whose all are; pass "
	       "over; take",
	       .forms = LIVE),
	OPTION(WHOLE, "readers", 0, "NUMBER", readers,
	       "threads that share each interface; default one a processor, at most 8", .low = 1,
	       .high = READERS_MAX, .forms = LIVE),
	OPTION(WHOLE, "ring", 0, "MIB", ring,
	       "memory of the kernel for each reader on each interface; default 32", .low = 1,
	       .high = 1024, .forms = LIVE),
	OPTION(WHOLE, "snaplen", 0, "BYTES", snaplen,
	       "bytes captured of each frame; default what the interface carries", .low = 1,
	       .high = 262144, .forms = LIVE),
	OPTION(WHOLE, "max-flows", 0, "NUMBER", max_flows, "flows to follow at a time", .low = 1,
	       .high = 1UL << 28, .forms = LIVE),
	OPTION(FLAG, "filter", 0, NULL, filter,
	       "block what is seen, in a table of nftables of our own", .forms = LIVE),
	OPTION(TEXT, "policy", 0, "FILE", policy, "what --filter blocks, and for how long",
	       .forms = LIVE),
	OPTION(FLAG, "fail-closed", 0, NULL, fail_closed,
	       "blocks stay when the program ends, and the next start adopts them", .forms = LIVE),
	OPTION(FLAG, "dry-run", 0, NULL, dry_run,
	       "say what --filter would block, and touch nothing", .forms = LIVE),
	OPTION(FLAG, "merge", 0, NULL, merge, "merge the EVE of sensors, inner ones first",
	       .forms = MERGE, .needed = MERGE),
	OPTION(FLAG, "once", 0, NULL, once, "read what is there and end, instead of following",
	       .forms = MERGE),
	OPTION(REAL, "skew", 0, "SECONDS", skew,
	       "the most that clocks of two sensors differ; default 1", .high = 60, .forms = MERGE),
};

/* One call of the command: the watch, and what belongs to its sinks. */
struct watching {
	const struct watch_cli_options *o;
	const char *chosen[DEFAULT_SIGNATURES_MAX];
	const char *const *signatures;
	size_t signatures_n;
	struct opener *opener;
	struct watch *watch;
	struct eve_file *eve;
	struct watch_lines *lines;
	struct metrics *metrics;
	struct live_view *view;
	struct control *control;
	struct watch_filter *filter;
};

/* Whether EVE goes to standard output. */
static bool eve_is_shown(const struct watch_cli_options *o)
{
	return o->eve && !strcmp(o->eve, "-");
}

static int choose_signatures(struct watching *w, struct err *e)
{
	int n;

	w->signatures = w->o->signatures.items;
	w->signatures_n = w->o->signatures.n;
	if (w->signatures_n)
		return 0;
	n = default_signatures(w->chosen, e);
	w->signatures = w->chosen;
	w->signatures_n = n < 0 ? 0 : (size_t)n;
	return n < 0 ? -1 : 0;
}

/* The process that opens files once this one may not. */
static int start_opener(struct watching *w, struct err *e)
{
	const struct watch_cli_options *o = w->o;
	const struct opener_paths paths = {
		.eve = eve_is_shown(o) ? NULL : o->eve,
		.prom = o->metrics && metrics_is_file(o->metrics) ? o->metrics : NULL,
		.removed = {o->control, o->pid_file},
		.signatures = w->signatures,
		.signatures_n = w->signatures_n,
	};

	w->opener = opener_start(&paths, e);
	return w->opener ? 0 : -1;
}

static int open_watch(struct watching *w, struct err *e)
{
	const struct watch_cli_options *o = w->o;
	const struct watch_wish wish = {
		.read = {.ifaces = o->ifaces.items,
			 .ifaces_n = o->ifaces.n,
			 .filter = o->packets,
			 .snaplen = (int)o->snaplen.value,
			 .ring_bytes = o->ring.value << 20,
			 .readers = (unsigned)o->readers.value},
		.signatures = w->signatures,
		.signatures_n = w->signatures_n,
		.max_flows = o->max_flows.value,
		.checksums = (enum checksum_mode)o->checksums,
		.host = o->sensor,
		.opener = w->opener,
		.user = o->user,
	};

	w->watch = watch_open(&wish, e);
	return w->watch ? 0 : -1;
}

static int add_eve(struct watching *w, struct err *e)
{
	struct watch_sink sink;

	if (!w->o->eve)
		return 0;
	w->eve = eve_file_open(w->o->eve, w->opener, &sink, e);
	if (!w->eve)
		return -1;
	watch_add(w->watch, &sink);
	return 0;
}

static int add_metrics(struct watching *w, struct err *e)
{
	struct watch_sink sink;

	if (!w->o->metrics)
		return 0;
	w->metrics = metrics_open(w->o->metrics, w->opener, &sink, e);
	if (!w->metrics)
		return -1;
	watch_add(w->watch, &sink);
	if (w->filter)
		metrics_filter(w->metrics, w->filter);
	return 0;
}

/* Whether there is to be the view: where it is asked for, or where there is a terminal for it. -1 with @e
 * set. */
static int wants_view(const struct watch_cli_options *o, struct err *e)
{
	bool taken = eve_is_shown(o);

	if (o->view && (o->as_lines || taken))
		return err_set(e, "--view and %s both want standard output: give one of them",
			       taken ? "--eve -" : "--lines");
	return o->view || (!o->as_lines && !taken && !o->daemon && !o->once && terminal_there());
}

/* The view, or lines, unless standard output is EVE's, or nobody's. */
static int add_shown(struct watching *w, struct err *e)
{
	const struct watch_cli_options *o = w->o;
	int view = wants_view(o, e);
	struct watch_sink sink;

	if (view < 0)
		return -1;
	if (view) {
		w->view = live_view_open(&sink, e);
		if (!w->view)
			return -1;
		watch_add(w->watch, &sink);
		if (w->filter)
			live_view_filter(w->view, w->filter);
		return 0;
	}
	if (o->daemon || eve_is_shown(o))
		return 0;
	w->lines = watch_lines_new(watch_signatures(w->watch), w->o->ifaces.n, &sink);
	watch_add(w->watch, &sink);
	return 0;
}

static json_t *answer_status(void *arg, const json_t *request, struct err *e)
{
	const struct watching *w = arg;

	(void)request;
	(void)e;
	return status_of(watch_stats(w->watch), watch_signatures_now(w->watch));
}

static int add_control(struct watching *w, struct err *e)
{
	struct watch_sink sink;

	if (!w->o->control)
		return 0;
	w->control = control_open(w->o->control, &sink, e);
	if (!w->control)
		return -1;
	control_add(w->control, "status", answer_status, w);
	if (w->filter) {
		control_add(w->control, "blocked", watch_filter_blocked, w->filter);
		control_add(w->control, "unblock", watch_filter_unblock, w->filter);
	}
	watch_add(w->watch, &sink);
	return 0;
}

/* The last one: when it begins, all others have. */
static int add_notify(struct watching *w, struct err *e)
{
	struct watch_sink sink;
	int rc = notify_open(&sink, e);

	if (!rc)
		watch_add(w->watch, &sink);
	return rc < 0 ? -1 : 0;
}

/* ---- the filter ---- */

static void say_block(void *arg, const struct filter_block *b)
{
	const struct watching *w = arg;
	struct err e;

	if (w->lines) {
		flockfile(stdout); /* readers print events */
		filter_line_text(stdout, b);
		fflush(stdout);
		funlockfile(stdout);
	} else if (b->outcome == FILTER_REPORT) {
		log_warn("%s", b->why);
	}
	if (w->view)
		live_view_block(w->view, b);
	if (w->eve &&
	    eve_file_line(w->eve, filter_line_json(b, watch_stats(w->watch)->host), &e) < 0)
		log_warn("%s", e.msg);
}

static void forget_blocks(void *arg)
{
	const struct watching *w = arg;

	if (w->view)
		live_view_blocks_forget(w->view);
}

static int check_filter(const struct watch_cli_options *o, struct err *e)
{
	const char *needs = o->policy	     ? "--policy"
			    : o->fail_closed ? "--fail-closed"
			    : o->dry_run     ? "--dry-run"
					     : NULL;

	if (needs && !o->filter)
		return err_set(e, "%s is about --filter, which is not there", needs);
	return 0;
}

/* Its process is begun before interfaces are open, which it has nothing to do with. */
static int start_filter(struct watching *w, struct err *e)
{
	const struct watch_cli_options *o = w->o;
	const struct watch_filter_wish wish = {.policy = o->policy,
					       .user = o->user,
					       .dry_run = o->dry_run,
					       .fail_closed = o->fail_closed,
					       .fn = say_block,
					       .forget = forget_blocks,
					       .arg = w};

	if (check_filter(o, e) < 0)
		return -1;
	if (!o->filter)
		return 0;
	w->filter = watch_filter_open(&wish, e);
	return w->filter ? 0 : -1;
}

static int add_filter(struct watching *w, struct err *e)
{
	struct watch_sink sink;

	(void)e;
	if (!w->filter)
		return 0;
	watch_filter_sink(w->filter, &sink);
	watch_add(w->watch, &sink);
	return 0;
}

/* What adds the sinks, in the order in which each event reaches them. */
static int (*const add_sinks[])(struct watching *w, struct err *e) = {
	add_filter, add_eve, add_metrics, add_shown, add_control, add_notify};

static int check_names(const struct watch_cli_options *o, struct err *e)
{
	if (o->pid_file && !o->daemon)
		return err_set(e, "--pid-file goes with --daemon");
	if (o->daemon && o->view)
		return err_set(e, "--view: a daemon has no terminal");
	if (o->daemon && eve_is_shown(o))
		return err_set(e, "--eve -: a daemon has no standard output; name a file");
	if (o->daemon && o->pid_file && *o->pid_file != '/')
		return err_set(e, "--pid-file %s: expected an absolute path", o->pid_file);
	if (o->daemon && o->control && *o->control != '/')
		return err_set(e, "--control %s: with --daemon, expected an absolute path",
			       o->control);
	return 0;
}

static int live(struct watching *w, struct err *e)
{
	int rc;

	if (check_names(w->o, e) < 0 || (w->o->daemon && daemon_begin(e) < 0) ||
	    choose_signatures(w, e) < 0 || start_opener(w, e) < 0 || start_filter(w, e) < 0 ||
	    open_watch(w, e) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(add_sinks); i++)
		if (add_sinks[i](w, e) < 0)
			return -1;
	if (watch_begin(w->watch, e) < 0 || (w->o->daemon && daemon_ready(w->o->pid_file, e) < 0))
		return -1;
	rc = watch_run(w->watch, e);
	opener_remove(w->opener); /* this process may not */
	return rc;
}

static enum command_end run_live(struct command_call *call, struct err *e)
{
	struct watching w = {.o = call->options};
	int rc = live(&w, e);

	if (w.watch && w.o->daemon)
		daemon_end(w.o->pid_file);
	watch_filter_close(w.filter);
	eve_file_close(w.eve);
	metrics_close(w.metrics);
	live_view_close(w.view);
	control_close(w.control);
	watch_lines_free(w.lines);
	watch_free(w.watch);
	opener_end(w.opener);
	return failure_or_done(rc);
}

static enum command_end run_merge(struct command_call *call, struct err *e)
{
	const struct watch_cli_options *o = call->options;
	struct watch_merge_wish wish = {.inputs = (const char *const *)call->arguments,
					.n = call->n,
					.eve = o->eve,
					.user = o->user,
					.skew = o->skew.given && o->skew.value <= 0 ? 1e-9
										    : o->skew.value,
					.once = o->once};
	int view = wants_view(o, e);

	wish.view = view > 0;
	return failure_or_done(view < 0 ? -1 : watch_merge(&wish, e));
}

static const struct command_form forms[] = {
	[FORM_LIVE] = {.selector = "interface", .arguments = "", .run = run_live},
	[FORM_MERGE] = {.selector = "merge",
			.arguments = "FILE...",
			.help = "merge what sensors on both sides of NATs see",
			.run = run_merge},
};

const struct command watch_command = {
	.name = "watch",
	.help = "watch interfaces for Skype, as an operator",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct watch_cli_options),
};
