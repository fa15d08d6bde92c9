// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_replay.c - skypelab replay: recorded frames out of an interface
 *
 * Reads the files merged in time, edits each frame, cuts what is longer than the MTU, and sends it
 * when due. A file that is damaged is used as far as it goes; the exit code says so at the end.
 */
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "cli/commands.h"
#include "replay/recorded/frame_edit.h"
#include "replay/recorded/frame_read.h"
#include "replay/recorded/frame_send.h"
#include "replay/programs/list.h"
#include "replay/background/generator.h"

struct options {
	const char *iface, *second;
	struct frame_pacing pacing;
	int paced; /* the option that set it; 0 = none */
	struct frame_rules rules;
	uint64_t loops; /* 0 = for ever */
	uint64_t limit; /* frames; 0 = all */
	long mtu;	/* -1 = the interface's */
	bool stats, progress, quiet_rules;
};

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

enum {
	OPT_SRC_MAC = 256,
	OPT_DST_MAC,
	OPT_MAP,
	OPT_PORT,
	OPT_SEED,
	OPT_REPAIR,
	OPT_MTU,
	OPT_LIMIT,
	OPT_SECONDS,
	OPT_LOOP,
	OPT_STATS,
	OPT_PROGRESS,
	OPT_GENERATORS,
	OPT_PPS,
	OPT_BPS,
	OPT_TOP
};

static const struct option long_options[] = {
	{"interface", required_argument, NULL, 'i'},
	{"second", required_argument, NULL, 'I'},
	{"factor", required_argument, NULL, 'x'},
	{"pps", required_argument, NULL, OPT_PPS},
	{"bps", required_argument, NULL, OPT_BPS},
	{"top-speed", no_argument, NULL, OPT_TOP},
	{"src-mac", required_argument, NULL, OPT_SRC_MAC},
	{"dst-mac", required_argument, NULL, OPT_DST_MAC},
	{"map", required_argument, NULL, OPT_MAP},
	{"port", required_argument, NULL, OPT_PORT},
	{"seed", required_argument, NULL, OPT_SEED},
	{"repair", no_argument, NULL, OPT_REPAIR},
	{"mtu", required_argument, NULL, OPT_MTU},
	{"limit", required_argument, NULL, OPT_LIMIT},
	{"seconds", required_argument, NULL, OPT_SECONDS},
	{"loop", required_argument, NULL, OPT_LOOP},
	{"stats", no_argument, NULL, OPT_STATS},
	{"progress", no_argument, NULL, OPT_PROGRESS},
	{"generators", no_argument, NULL, OPT_GENERATORS},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

/* --- option values ------------------------------------------------------------------------ */

static int bad(const char *option, const char *value, const char *expected, struct err *e)
{
	return err_set(e, "%s %s: expected %s", option, value, expected);
}

/* MAC[,MAC]: client to server, and server to client (the same where only one is given). */
static int macs(const char *option, const char *text, bool set[2], uint8_t mac[2][6], struct err *e)
{
	for (int i = 0; i < 2; i++) {
		int n = 0;

		if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%n", &mac[i][0], &mac[i][1],
			   &mac[i][2], &mac[i][3], &mac[i][4], &mac[i][5], &n) != 6 ||
		    (text[n] && text[n] != ','))
			return bad(option, text, "MAC or MAC,MAC as 02:00:00:00:00:01", e);
		set[i] = true;
		if (text[n])
			text += n + 1;
		else if (i)
			break;
	}
	return 0;
}

static int rule_error(const char *option, int rc, struct err *e)
{
	return rc < 0 ? err_push(e, "%s", option) : 0;
}

static int generators(void)
{
	const struct generator *const *g;
	size_t n;

	g = generator_list(&n);
	printf("%-14s %-4s %-5s %s\n", "GENERATOR", "OVER", "PORT", "WHAT");
	for (size_t i = 0; i < n; i++) {
		char p[8] = "any";

		if (g[i]->port)
			snprintf(p, sizeof(p), "%u", g[i]->port);
		printf("%-14s %-4s %-5s %s\n", g[i]->name,
		       g[i]->proto == IPPROTO_TCP ? "tcp" : "udp", p, g[i]->about);
	}
	for (size_t i = 0; program_pairs[i]; i++) {
		char *lacks = program_pair_lacks(program_pairs[i]);

		printf("%-14s %-4s %-5u %s (real programs%s%s)\n", program_pairs[i]->name,
		       program_pairs[i]->proto == IPPROTO_TCP ? "tcp" : "udp",
		       program_pairs[i]->port, program_pairs[i]->about, lacks ? "; " : "",
		       lacks ? lacks : "");
		free(lacks);
	}
	return EXIT_DONE;
}

/* One pace: a second one would silently win over the first. */
static int set_pace(struct options *o, int opt, const char *arg, struct err *e)
{
	if (o->paced && o->paced != opt)
		return err_set(e,
			       "a second pace, expected one of -x, --pps, --bps and --top-speed");
	o->paced = opt;
	switch (opt) {
	case 'x':
		return number_rate("--factor", arg, &o->pacing.factor, e);
	case OPT_PPS:
		o->pacing.pace = PACE_PACKETS;
		return number_rate("--pps", arg, &o->pacing.rate, e);
	case OPT_BPS:
		o->pacing.pace = PACE_BITS;
		return number_rate("--bps", arg, &o->pacing.rate, e);
	default:
		o->pacing.pace = PACE_TOP;
		return 0;
	}
}

static int set_option(struct options *o, int opt, const char *arg, struct err *e)
{
	uint64_t n;

	switch (opt) {
	case 'i':
		o->iface = arg;
		return 0;
	case 'I':
		o->second = arg;
		return 0;
	case 'x':
	case OPT_PPS:
	case OPT_BPS:
	case OPT_TOP:
		return set_pace(o, opt, arg, e);
	case OPT_SRC_MAC:
		return macs("--src-mac", arg, o->rules.set_src_mac, o->rules.src_mac, e);
	case OPT_DST_MAC:
		return macs("--dst-mac", arg, o->rules.set_dst_mac, o->rules.dst_mac, e);
	case OPT_MAP:
		return rule_error("--map", frame_rules_map(&o->rules, arg, e), e);
	case OPT_PORT:
		return rule_error("--port", frame_rules_port(&o->rules, arg, e), e);
	case OPT_SEED:
		o->rules.use_seed = true;
		return number_whole("--seed", arg, 0, UINT64_MAX, &o->rules.seed, e);
	case OPT_REPAIR:
		o->rules.repair = true;
		return 0;
	case OPT_MTU:
		if (number_whole("--mtu", arg, 0, 65535, &n, e) < 0)
			return -1;
		if (n && n < 68)
			return bad("--mtu", arg, "0 (never cut) or 68 to 65535", e);
		o->mtu = (long)n;
		return 0;
	case OPT_LIMIT:
		return number_whole("--limit", arg, 1, UINT64_MAX, &o->limit, e);
	case OPT_SECONDS:
		return number_rate("--seconds", arg, &o->pacing.seconds, e);
	case OPT_LOOP:
		return number_whole("--loop", arg, 0, 1000000000, &o->loops, e);
	case OPT_STATS:
		o->stats = true;
		return 0;
	case OPT_PROGRESS:
		o->progress = true;
		return 0;
	}
	return err_set(e, "unknown option");
}

/* --- the run ------------------------------------------------------------------------------ */

struct run {
	const struct options *o;
	struct frame_reader *reader;
	struct frame_editor *editor;
	struct frame_sender *sender;
	struct frame frame, piece;
	uint64_t taken, not_sent;
	unsigned long loop;
	struct timespec began;
	time_t told;
	int faults;
};

static double elapsed(const struct run *r)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - r->began.tv_sec) +
	       (double)(now.tv_nsec - r->began.tv_nsec) / 1e9;
}

static void tell_progress(struct run *r)
{
	double part = frame_reader_progress(r->reader);

	if (!r->o->progress || (time_t)elapsed(r) == r->told)
		return;
	r->told = (time_t)elapsed(r);
	fprintf(stderr, "\rskypelab: loop %lu, %3.0f %%, %" PRIu64 " frames ", r->loop + 1,
		part < 0 ? 0 : part * 100, r->taken);
}

/* 0; 1 when there is no time left for it; -1 with @e set. */
static int send_one(struct run *r, struct err *e)
{
	if (!frame_edit(r->editor, &r->frame)) {
		r->not_sent++;
		return 0;
	}
	for (unsigned i = 0; frame_fragment(r->editor, &r->frame, i, &r->piece); i++) {
		int rc = frame_send(r->sender, &r->piece, e);

		if (rc)
			return rc;
	}
	return 0;
}

/* One time through the files. 1: go on; 0: enough; -1 with @e set: cannot go on. */
static int pass(struct run *r, struct err *e)
{
	const struct options *o = r->o;
	int got;

	while (!stop && (got = frame_reader_next(r->reader, &r->frame, e)) != 0) {
		if (got < 0) {
			log_error("%s", e->msg);
			r->faults++;
			continue;
		}
		if (o->limit && r->taken >= o->limit)
			return 0;
		if (o->pacing.seconds > 0 && elapsed(r) >= o->pacing.seconds)
			return 0;
		r->taken++;
		got = send_one(r, e);
		if (got)
			return got < 0 ? -1 : 0;
		tell_progress(r);
	}
	return !stop && r->taken;
}

static void tell_stats(struct run *r)
{
	const struct frame_reader_stats *in = frame_reader_stats(r->reader);
	struct frame_sender_stats out;

	frame_sender_stats(r->sender, &out);
	if (r->o->progress)
		fputc('\n', stderr);
	printf("%" PRIu64 " frames, %" PRIu64 " bytes sent in %.6f s", out.sent, out.bytes,
	       out.seconds);
	if (out.seconds > 0)
		printf(" (%.0f frames/s, %.3f Mbit/s)", (double)out.sent / out.seconds,
		       (double)out.bytes * 8 / out.seconds / 1e6);
	printf(", %" PRIu64 " failed\n", out.failed);
	if (!r->o->stats)
		return;
	if (r->o->pacing.pace != PACE_TOP)
		printf("late: median %.0f us, 99th percentile %.0f us, most %.0f us\n",
		       out.late_median_us, out.late_p99_us, out.late_max_us);
	printf("filled up (short in the capture): %" PRIu64 "\n"
	       "older than the frame before: %" PRIu64 "\n"
	       "without an IP packet (not Ethernet): %" PRIu64 "\n"
	       "too long for the MTU, not IPv4: %" PRIu64 "\n",
	       in->short_frames, in->backwards, in->not_frames, r->not_sent);
}

static int run_all(struct run *r, char **files, size_t n, struct err *e)
{
	struct frame_rules rules = r->o->rules;
	int rc = 1;

	r->reader = frame_reader_open((const char *const *)files, n, e);
	if (!r->reader)
		return -1;
	r->sender = frame_sender_open(r->o->iface, r->o->second, &r->o->pacing, e);
	if (!r->sender)
		return -1;
	rules.mtu = r->o->mtu < 0 ? frame_sender_mtu(r->sender) : (unsigned)r->o->mtu;
	r->editor = frame_editor_new(&rules);
	r->frame.data = xmalloc(FRAME_MAX);
	r->piece.data = xmalloc(FRAME_MAX);
	clock_gettime(CLOCK_MONOTONIC, &r->began);
	for (r->loop = 0; rc > 0 && (!r->o->loops || r->loop < r->o->loops); r->loop++) {
		if (r->loop && frame_reader_rewind(r->reader, e) < 0)
			return -1;
		frame_sender_again(r->sender);
		rc = pass(r, e);
	}
	if (rc < 0 || frame_flush(r->sender, e) < 0)
		return -1;
	if (!r->taken && !r->faults)
		return err_set(e, "%s: no frame to send", files[0]);
	tell_stats(r);
	return 0;
}

int cmd_replay(int argc, char **argv)
{
	struct options o = {
		.pacing = {.pace = PACE_RECORDED, .factor = 1, .stop = &stop},
		.loops = 1,
		.mtu = -1,
	};
	struct run r = {.o = &o};
	struct err e = {.code = EXIT_USAGE};
	int opt, rc;

	o.progress = isatty(STDERR_FILENO) && log_level > 0;
	while ((opt = getopt_long(argc, argv, "i:I:x:h", long_options, NULL)) != -1) {
		if (opt == 'h')
			return usage("replay"), EXIT_DONE;
		if (opt == OPT_GENERATORS)
			return generators();
		if (opt == '?')
			return usage("replay");
		if (set_option(&o, opt, optarg, &e) < 0)
			return log_error("%s", e.msg), EXIT_USAGE;
	}
	if (optind == argc || !o.iface)
		return usage("replay");
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	rc = run_all(&r, argv + optind, (size_t)(argc - optind), &e);
	frame_reader_close(r.reader);
	frame_editor_free(r.editor);
	frame_sender_close(r.sender);
	free(r.frame.data);
	free(r.piece.data);
	if (rc < 0)
		return log_error("%s", e.msg), (int)e.code;
	return r.faults ? EXIT_USAGE : EXIT_DONE;
}
