// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_replay.c - `skypelab replay`: recorded frames out of an interface
 *
 * Reads the files merged in time, edits each frame, cuts what is longer than the MTU, and sends it
 * when due. A file that is damaged is reported and used as far as it goes. So are frames that cannot
 * be built, cut or sent. The command then fails after everything else is sent.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/listing.h"
#include "base/progress.h"
#include "cli/cmd_replay.h"
#include "cli/command/failure.h"
#include "replay/recorded/frame_cut.h"
#include "replay/recorded/frame_edit.h"
#include "replay/recorded/frame_read.h"
#include "replay/recorded/frame_send.h"
#include "replay/programs/list.h"
#include "replay/background/generator.h"
#include "run/detect/look_ahead.h"

struct replay_options {
	const char *iface, *second, *src_mac, *dst_mac;
	struct option_list maps, ports;
	struct option_real factor, pps, bps, seconds;
	struct option_whole seed, mtu, limit, loops;
	bool top_speed, repair, stats, progress, generators, json;
};

#define AT(field) offsetof(struct replay_options, field)

enum { FORM_CAPTURES, FORM_GENERATORS };
#define CAPTURES   OPTION_FORM(FORM_CAPTURES)
#define GENERATORS OPTION_FORM(FORM_GENERATORS)
#define PACE	   1 /* the group of options that set the pace */

static const struct option_row rows[] = {
	OPTION(TEXT, "interface", 'i', "INTERFACE", iface, "send frames out of this interface",
	       .forms = CAPTURES, .needed = CAPTURES),
	OPTION(TEXT, "second", 'I', "INTERFACE", second,
	       "send frames from servers to clients out of this one", .forms = CAPTURES),
	OPTION(RATE, "factor", 'x', "FACTOR", factor, "so many times as fast as recorded",
	       .forms = CAPTURES, .group = PACE),
	OPTION(RATE, "pps", 0, "RATE", pps, "frames per second; k, M or G may follow",
	       .forms = CAPTURES, .group = PACE),
	OPTION(RATE, "bps", 0, "RATE", bps, "bits per second; k, M or G may follow",
	       .forms = CAPTURES, .group = PACE),
	OPTION(FLAG, "top-speed", 0, NULL, top_speed, "as fast as the interface takes frames",
	       .forms = CAPTURES, .group = PACE),
	OPTION(LIST, "map", 0, "FROM/BITS=TO", maps, "exchange an address prefix",
	       .forms = CAPTURES),
	OPTION(LIST, "port", 0, "FROM=TO", ports, "exchange a port", .forms = CAPTURES),
	OPTION(WHOLE, "seed", 0, "NUMBER", seed, "exchange all other IPv4 addresses",
	       .high = UINT64_MAX, .forms = CAPTURES),
	OPTION(TEXT, "src-mac", 0, "MAC[,MAC]", src_mac,
	       "source MAC address, client to server and back", .forms = CAPTURES),
	OPTION(TEXT, "dst-mac", 0, "MAC[,MAC]", dst_mac,
	       "destination MAC address, client to server and back", .forms = CAPTURES),
	OPTION(FLAG, "repair", 0, NULL, repair, "compute every checksum anew", .forms = CAPTURES),
	OPTION(WHOLE, "mtu", 0, "BYTES", mtu, "cut longer packets; 0 = never", .high = 65535,
	       .forms = CAPTURES),
	OPTION(WHOLE, "limit", 0, "FRAMES", limit, "end after so many recorded frames", .low = 1,
	       .high = UINT64_MAX, .forms = CAPTURES),
	OPTION(RATE, "seconds", 0, "TIME", seconds, "end after so many seconds", .forms = CAPTURES),
	OPTION(WHOLE, "loop", 0, "TIMES", loops, "times through the files; 0 = for ever",
	       .high = 1000000000, .forms = CAPTURES),
	OPTION(FLAG, "stats", 0, NULL, stats, "print how late frames were sent", .forms = CAPTURES),
	OPTION(FLAG, "progress", 0, NULL, progress, "show progress even without a terminal",
	       .forms = CAPTURES),
	OPTION(FLAG, "generators", 0, NULL, generators, "list the background generators and end",
	       .forms = GENERATORS, .needed = GENERATORS),
	OPTION(FLAG, "json", 0, NULL, json, "list them as JSON", .forms = GENERATORS),
};

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

/* ---- option values ---- */

/* Six pairs of hexadecimal digits at *text, which moves behind them. */
static bool mac_of(const char **text, uint8_t mac[6])
{
	for (int k = 0; k < 6; k++) {
		size_t n = strspn(*text, "0123456789abcdefABCDEF");

		if (n < 1 || n > 2)
			return false;
		mac[k] = (uint8_t)strtoul(*text, NULL, 16);
		*text += n;
		if (k < 5 && *(*text)++ != ':')
			return false;
	}
	return true;
}

/* MAC[,MAC]: client to server, and server to client (the same where only one is given). */
static int macs(const char *option, const char *text, bool set[2], uint8_t mac[2][6], struct err *e)
{
	const char *whole = text;

	for (int i = 0; i < 2; i++) {
		if (!mac_of(&text, mac[i]) || (*text && *text != ','))
			return err_set(e, "%s %s: expected MAC or MAC,MAC as 02:00:00:00:00:01",
				       option, whole);
		set[i] = true;
		if (!*text && !i)
			text = whole;
		else if (*text && i)
			return err_set(e, "%s %s: expected MAC or MAC,MAC", option, whole);
		else if (*text)
			text++;
	}
	return 0;
}

static int rules_of(const struct replay_options *o, struct frame_rules *r, struct err *e)
{
	*r = (struct frame_rules){
		.use_seed = o->seed.given, .seed = o->seed.value, .repair = o->repair};
	if ((o->src_mac && macs("--src-mac", o->src_mac, r->set_src_mac, r->src_mac, e) < 0) ||
	    (o->dst_mac && macs("--dst-mac", o->dst_mac, r->set_dst_mac, r->dst_mac, e) < 0))
		return -1;
	for (size_t i = 0; i < o->maps.n; i++)
		if (frame_rules_map(r, o->maps.items[i], e) < 0)
			return err_push(e, "--map");
	for (size_t i = 0; i < o->ports.n; i++)
		if (frame_rules_port(r, o->ports.items[i], e) < 0)
			return err_push(e, "--port");
	if (o->mtu.value && o->mtu.value < 68)
		return err_set(e,
			       "--mtu %llu: expected 0 (never fragment) or a number from 68 to "
			       "65535",
			       (unsigned long long)o->mtu.value);
	return 0;
}

/* Whether all are files: behind a pipe may be someone who writes slowly. */
static bool all_files(char **paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!can_look_ahead(paths[i]))
			return false;
	return true;
}

static struct frame_pacing pacing_of(const struct replay_options *o)
{
	struct frame_pacing p = {.pace = PACE_RECORDED,
				 .factor = o->factor.value,
				 .seconds = o->seconds.value,
				 .stop = &stop};

	if (o->top_speed) {
		p.pace = PACE_TOP;
		p.bulk = true;
	}
	if (o->pps.given) {
		p.pace = PACE_PACKETS;
		p.rate = o->pps.value;
	}
	if (o->bps.given) {
		p.pace = PACE_BITS;
		p.rate = o->bps.value;
	}
	return p;
}

/* ---- the run ---- */

struct run {
	const struct replay_options *o;
	struct frame_pacing pacing;
	struct progress progress;
	struct frame_reader *reader;
	struct frame_editor *editor;
	struct frame_sender *sender;
	struct frame frame, piece;
	unsigned mtu; /* longer packets are cut; 0 = never */
	uint64_t taken;
	struct frame_cuts cuts;
	unsigned long loop;
	struct timespec began;
	int faults; /* of the files; each is reported */
};

static double elapsed(const struct run *r)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - r->began.tv_sec) +
	       (double)(now.tv_nsec - r->began.tv_nsec) / 1e9;
}

/* How much of what is asked for was sent; negative = nobody knows. */
static double part_done(const struct run *r)
{
	const struct replay_options *o = r->o;
	double part = frame_reader_progress(r->reader);

	if (o->seconds.given)
		return elapsed(r) / o->seconds.value;
	if (part < 0 || !o->loops.value)
		return -1;
	return ((double)r->loop + part) / (double)o->loops.value;
}

static void show_progress(struct run *r)
{
	if (progress_due(&r->progress))
		progress_show(&r->progress, part_done(r), "loop %lu, %" PRIu64 " frames",
			      r->loop + 1, r->taken);
}

/* 0; 1 when there is no time left for it; -1 with @e set. */
static int send_one(struct run *r, struct err *e)
{
	enum frame_cut how;

	frame_edit(r->editor, &r->frame);
	how = frame_cut(&r->frame, r->mtu);
	r->cuts.frames[how]++;
	for (unsigned i = 0; frame_piece(&r->frame, how, r->mtu, i, &r->piece); i++) {
		int rc = frame_send(r->sender, &r->piece, e);

		if (rc)
			return rc;
	}
	return 0;
}

/* One time through the files. 1: the files ended; 0: enough was sent, or the user stopped it;
 * -1 with @e set: cannot go on. */
static int pass(struct run *r, struct err *e)
{
	const struct replay_options *o = r->o;
	int got;

	while (!stop && (got = frame_reader_next(r->reader, &r->frame, e)) != 0) {
		if (got < 0) {
			failure_report(e);
			r->faults++;
			continue;
		}
		if (o->limit.given && r->taken >= o->limit.value)
			return 0;
		if (o->seconds.given && elapsed(r) >= o->seconds.value)
			return 0;
		r->taken++;
		got = send_one(r, e);
		if (got)
			return got < 0 ? -1 : 0;
		show_progress(r);
	}
	return !stop && r->taken;
}

static void print_stats(struct run *r)
{
	const struct frame_reader_stats *in = frame_reader_stats(r->reader);
	struct frame_sender_stats out;

	frame_sender_stats(r->sender, &out);
	progress_end(&r->progress);
	printf("%" PRIu64 " frames, %" PRIu64 " bytes sent in %.6f s", out.sent, out.bytes,
	       out.seconds);
	if (out.seconds > 0)
		printf(" (%.0f frames/s, %.3f Mbit/s)", (double)out.sent / out.seconds,
		       (double)out.bytes * 8 / out.seconds / 1e6);
	printf(", %" PRIu64 " failed\n", out.failed);
	if (!r->o->stats)
		return;
	if (r->pacing.pace != PACE_TOP)
		printf("late: median %.0f us, 99th percentile %.0f us, most %.0f us\n",
		       out.late_median_us, out.late_p99_us, out.late_max_us);
	printf("filled up (short in the capture): %" PRIu64 "\n"
	       "older than the frame before: %" PRIu64 "\n"
	       "cannot be built as Ethernet: %" PRIu64 "\n"
	       "cut into TCP segments: %" PRIu64 "\n"
	       "cut into IP fragments: %" PRIu64 "\n"
	       "too long, cannot be cut: %" PRIu64 "\n",
	       in->short_frames, in->backwards, in->not_frames, r->cuts.frames[CUT_SEGMENTS],
	       r->cuts.frames[CUT_FRAGMENTS], r->cuts.frames[CUT_CANNOT]);
}

/* Says what became of frames that could not go out as they are. Whether all of them were sent. */
static bool say_losses(struct run *r, const char *first)
{
	const struct frame_reader_stats *in = frame_reader_stats(r->reader);
	struct frame_sender_stats out;

	frame_sender_stats(r->sender, &out);
	frame_cuts_say(&r->cuts, r->mtu, first);
	if (in->not_frames)
		log_warn("%s: %" PRIu64 " frames were not sent: they cannot be built as Ethernet "
			 "(no IP packet, or longer than any frame)",
			 first, in->not_frames);
	if (out.failed)
		log_warn("%s: %" PRIu64 " frames were refused by the kernel", first, out.failed);
	return !in->not_frames && !out.failed && !r->cuts.frames[CUT_CANNOT];
}

static int run_all(struct run *r, char **files, size_t n, struct err *e)
{
	uint64_t loops = r->o->loops.value;
	struct frame_rules rules;
	int rc = 1;

	if (rules_of(r->o, &rules, e) < 0)
		return -1;
	r->reader = frame_reader_open((const char *const *)files, n, e);
	if (!r->reader)
		return -1;
	r->sender = frame_sender_open(r->o->iface, r->o->second, &r->pacing, e);
	if (!r->sender)
		return -1;
	r->mtu = r->o->mtu.given ? (unsigned)r->o->mtu.value : frame_sender_mtu(r->sender);
	rules.one_way = !r->o->second;
	r->editor = frame_editor_new(&rules);
	r->frame.data = xmalloc(FRAME_MAX);
	r->piece.data = xmalloc(FRAME_MAX);
	clock_gettime(CLOCK_MONOTONIC, &r->began);
	for (r->loop = 0; rc > 0 && (!loops || r->loop < loops); r->loop++) {
		if (r->loop && frame_reader_rewind(r->reader, e) < 0)
			return -1;
		frame_sender_again(r->sender);
		rc = pass(r, e);
	}
	if (rc < 0 || frame_flush(r->sender, e) < 0)
		return -1;
	if (!r->taken && !r->faults && !frame_reader_stats(r->reader)->not_frames)
		return err_set(e, "%s: no frame to send", files[0]);
	print_stats(r);
	r->faults += !say_losses(r, n > 1 ? "replay" : files[0]);
	return 0;
}

static enum command_end replay(struct command_call *call, struct err *e)
{
	const struct replay_options *o = call->options;
	struct run r = {.o = o,
			.pacing = pacing_of(o),
			.progress = progress_begin(log_level > 0, o->progress)};
	int rc;

	r.pacing.ahead = all_files(call->arguments, call->n);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (signal(SIGHUP, SIG_IGN) != SIG_IGN) /* nohup stays */
		signal(SIGHUP, on_signal);
	rc = run_all(&r, call->arguments, call->n, e);
	frame_reader_close(r.reader);
	frame_editor_free(r.editor);
	frame_sender_close(r.sender);
	free(r.frame.data);
	free(r.piece.data);
	if (rc < 0)
		return COMMAND_FAILED;
	return r.faults ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
}

static void list_generator(struct listing *l, const char *name, int proto, unsigned port,
			   const char *what)
{
	char text[8] = "any";

	if (port)
		snprintf(text, sizeof(text), "%u", port);
	listing_row(l, name, proto == IPPROTO_TCP ? "tcp" : "udp", text, what);
}

static enum command_end list_generators(struct command_call *call, struct err *e)
{
	static const struct listing_column columns[] = {{.name = "generator"},
							{.name = "over"},
							{.name = "port", .number = true},
							{.name = "what"}};
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));
	const struct replay_options *o = call->options;
	const struct generator *const *g;
	size_t n;

	(void)e;
	g = generator_list(&n);
	for (size_t i = 0; i < n; i++)
		list_generator(l, g[i]->name, g[i]->proto, g[i]->port, g[i]->about);
	for (size_t i = 0; program_pairs[i]; i++) {
		const struct program_pair *p = program_pairs[i];
		char *lacks = program_pair_lacks(p);
		char *what = xasprintf("%s (real programs%s%s)", p->about, lacks ? "; " : "",
				       lacks ? lacks : "");

		list_generator(l, p->name, p->proto, p->port, what);
		free(what);
		free(lacks);
	}
	listing_end(l, stdout, o->json);
	return COMMAND_DONE;
}

static const struct command_form forms[] = {
	[FORM_CAPTURES] = {.arguments = "CAPTURE...", .run = replay},
	[FORM_GENERATORS] = {.selector = "generators", .arguments = "", .run = list_generators},
};

const struct command replay_command = {
	.name = "replay",
	.help = "send recorded frames out of an interface",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct replay_options),
	.defaults = &(const struct replay_options){.factor = {.value = 1}, .loops = {.value = 1}},
};
