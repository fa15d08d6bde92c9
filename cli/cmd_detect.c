// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_detect.c - `skypelab detect`: Skype in capture files or live, as a table or as EVE JSON
 *
 * Packets go from the captures through the detector; its events go to the table or to EVE. A
 * capture that is bad from some point on is reported, the others are read, and the command fails at
 * the end. An output file appears at the end, when it is whole; live output and output to a pipe
 * are written line by line, so that they can be followed.
 *
 * Captures are read as one, by time: what is learnt from one helps in the next. With --shard each is
 * read by itself, so that it does not matter which process reads which: EVE lines of many captures are made on all
 * processors, and the lines of one lie in memory until it is their turn.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fan.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "base/privilege.h"
#include "base/capture/capture.h"
#include "base/capture/packet.h"
#include "base/capture/readahead.h"
#include "cli/cmd_detect.h"
#include "cli/default_signatures.h"
#include "cli/detect_table.h"
#include "cli/command/failure.h"
#include "detector/detector.h"
#include "detector/eve.h"
#include "run/detect/captures.h"
#include "run/detect/event_queue.h"
#include "run/detect/look_ahead.h"
#include "run/detect/record_file.h"
#include "run/sweep/shard.h"

#define BATCH		64 /* packets handed to the detector at a time */
#define PROGRESS_FRAMES 65536

struct detect_options {
	struct option_list signatures, ifaces, own;
	const char *filter, *eve, *user, *shard;
	struct option_whole snaplen, threads, max_flows;
	int checksums; /* enum checksum_mode */
	struct option_real window;
	struct option_real active, inactive;
	bool stats, progress, explain, json, records;
};

#define AT(field) offsetof(struct detect_options, field)

enum { FORM_FILES, FORM_LIVE, FORM_RECORDS };
#define LIVE	OPTION_FORM(FORM_LIVE)
#define PACKETS (OPTION_FORM(FORM_FILES) | LIVE)

static const struct option_row rows[] = {
	OPTION(LIST, "interface", 'i', "INTERFACE", ifaces, "capture live on this interface",
	       .forms = LIVE, .needed = LIVE),
	OPTION(WHOLE, "snaplen", 0, "BYTES", snaplen,
	       "bytes captured of each frame; default 262144", .low = 1, .high = 262144,
	       .forms = LIVE),
	OPTION(TEXT, "user", 'Z', "USER", user,
	       "read packets as this user when started by root; default nobody", .forms = LIVE),
	OPTION(FLAG, "flow-records", 0, NULL, records,
	       "read flow records: IPFIX, a capture of NetFlow, or what nfdump -o json prints",
	       .forms = OPTION_FORM(FORM_RECORDS), .needed = OPTION_FORM(FORM_RECORDS)),
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "run this bundled signature or file, or all"),
	OPTION(LIST, "own-address", 0, "ADDRESS", own,
	       "an address, or network, of one's own, for signatures that ask for them",
	       .forms = PACKETS),
	OPTION(TEXT, "filter", 'f', "FILTER", filter, "only packets that match this pcap filter",
	       .forms = PACKETS),
	OPTION(TEXT, "eve", 'e', "FILE", eve, "write EVE JSON lines; - is standard output",
	       .long_usage = true, .group = 1),
	OPTION(FLAG, "json", 0, NULL, json, "the same as --eve -", .group = 1),
	OPTION(CHOICE, "checksums", 'k', "auto|all|none", checksums,
	       "packets with a bad checksum: pass over, but not from senders whose all are; pass "
	       "over; take",
	       .forms = PACKETS),
	OPTION(FLAG, "explain", 0, NULL, explain, "show the packets and bytes behind each event"),
	OPTION(FLAG, "stats", 0, NULL, stats, "print counters at the end", .forms = PACKETS),
	OPTION(FLAG, "progress", 0, NULL, progress, "show progress even without a terminal",
	       .forms = PACKETS),
	OPTION(WHOLE, "max-flows", 0, "NUMBER", max_flows, "flows to follow at a time", .low = 1,
	       .high = 1UL << 28, .forms = PACKETS),
	OPTION(REAL, "reorder", 0, "SECONDS", window,
	       "put packets in order that are at most so late; default 1", .high = 10,
	       .forms = PACKETS),
	OPTION(WHOLE, "threads", 0, "NUMBER", threads,
	       "threads at most; 1 = none that reads ahead, more than 2 are not used", .low = 1,
	       .high = 1024, .forms = PACKETS),
	OPTION(REAL, "record-active", 0, "SECONDS", active,
	       "make flow records of at most so long, not as signatures say", .low = 1, .high = 1e6,
	       .forms = PACKETS),
	OPTION(REAL, "record-inactive", 0, "SECONDS", inactive,
	       "end flow records after so long without a packet", .low = 1, .high = 1e6,
	       .forms = PACKETS),
	OPTION(TEXT, "shard", 0, "I/N", shard,
	       "only this one of N parts of the captures, each capture by itself",
	       .forms = OPTION_FORM(FORM_FILES)),
};

/**
 * struct detect - one run of the command
 * @o:		What was asked for
 * @files, @nfiles: Captures
 * @ahead:	The reading thread, or NULL; @queue: events that it writes, or NULL
 * @table:	Printer of the table; NULL with EVE output
 * @out:	EVE output, the stream of @file
 * @eve:	Writes EVE lines to @out
 * @events:	Events so far
 * @failed:	Output could not be written
 * @follow:	The input is live or standard input: write each event at once
 */
struct detect {
	const struct detect_options *o;
	const char *const *files;
	size_t nfiles;
	struct signature_set *set;
	struct capture *capture;
	struct readahead *ahead;
	struct event_queue *queue;
	struct detector *detector;
	struct table_out *table;
	struct outfile file;
	FILE *out;
	struct eve eve;
	uint64_t events;
	atomic_bool failed;
	bool follow;
	bool several;	/* captures, of which one is read at a time */
	bool no_ahead;	/* no reading thread */
	struct err err; /* of the output */
};

static struct capture *breakable;
static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
	if (breakable)
		capture_break(breakable);
}

static const char *input_name(const struct detect *d, uint16_t input)
{
	if (d->o->ifaces.n)
		return d->o->ifaces.items[input];
	return strcmp(d->files[input], "-") ? d->files[input] : "standard input";
}

/* A line of EVE output. */
static void write_line(void *arg, const struct detection_event *ev)
{
	struct detect *d = arg;
	struct eve_origin from = {.explain = d->o->explain};

	if (d->failed)
		return;
	if (d->o->ifaces.n)
		from.iface = d->o->ifaces.items[ev->input];
	else
		from.file = d->files[ev->input];
	if (eve_write(&d->eve, ev, &from, &d->err) < 0) {
		d->failed = true;
		if (d->capture)
			capture_break(d->capture);
	}
}

static void on_event(void *arg, const struct detection_event *ev)
{
	struct detect *d = arg;

	d->events++;
	if (d->queue) {
		event_queue_put(d->queue, ev);
	} else if (d->out) {
		write_line(d, ev);
	} else {
		table_event(d->table, ev,
			    d->nfiles > 1 || d->several || d->o->ifaces.n > 1
				    ? input_name(d, ev->input)
				    : NULL);
		if (ferror(stdout) && d->capture) /* nobody reads on */
			capture_break(d->capture);
	}
}

static int open_output(struct detect *d, struct err *e)
{
	const char *eve = d->o->json ? "-" : d->o->eve;

	d->follow = d->o->ifaces.n > 0;
	for (size_t i = 0; i < d->nfiles; i++)
		d->follow |= !strcmp(d->files[i], "-");
	if (!eve) {
		if (d->follow)
			setvbuf(stdout, NULL, _IOLBF, 1 << 16);
		d->table = table_new(d->set, d->o->explain ? TABLE_EXPLAINED
					     : d->follow   ? TABLE_EVENTS
							   : TABLE_ONCE);
		return 0;
	}
	if ((d->follow ? outfile_follow : outfile_open)(&d->file, eve, e) < 0)
		return -1;
	d->out = d->file.f;
	eve_begin(&d->eve, d->out);
	return 0;
}

/* 0, or -1 with @e set. */
static int close_output(struct detect *d, const struct capture_stats *st, struct err *e)
{
	int bad = 0;

	if (d->table)
		bad = table_end(d->table, st->frames - st->filtered, e);
	else if (d->file.f)
		bad = d->failed ? -1 : outfile_commit(&d->file, e);
	if (d->failed) {
		*e = d->err;
		bad = -1;
	}
	if (d->file.f && bad)
		outfile_abort(&d->file);
	d->table = NULL;
	d->out = NULL;
	return bad;
}

static double now_s(void)
{
	return (double)clock_ns(CLOCK_MONOTONIC) / 1e9;
}

static void show_progress(const struct detect *d, struct progress *p)
{
	struct capture_stats st;
	double part, spent;

	if (!progress_due(p))
		return;
	if (d->ahead) {
		part = readahead_progress(d->ahead, &st.frames);
	} else {
		part = capture_progress(d->capture);
		capture_stats(d->capture, &st);
	}
	spent = now_s() - p->began;
	progress_show(
		p, part, "%llu frames, %.1f million/s, %llu events", (unsigned long long)st.frames,
		spent > 0 ? (double)st.frames / spent / 1e6 : 0, (unsigned long long)d->events);
}

static void let_time_pass(struct detect *d)
{
	/* packets as old as the window are still to come */
	detector_time(d->detector, clock_ns(CLOCK_REALTIME) - capture_window(d->capture));
}

static void prefilter_ahead(void *arg, const struct packet *p, size_t n, void *found)
{
	struct detect *d = arg;

	detector_prefilter(d->detector, p, n, found);
	if (d->queue)
		event_queue_drain(d->queue);
}

/* Starts a thread that reads ahead, and writes lines where they need not be written at once. */
static void begin_ahead(struct detect *d)
{
	if (d->out && !d->follow && !d->o->explain)
		d->queue = event_queue_new(write_line, d);
	detector_meter_ahead(d->detector, true);
	d->ahead = readahead_new(d->capture, sizeof(struct prefilter), prefilter_ahead, d, NULL);
	if (!d->ahead)
		detector_meter_ahead(d->detector, false);
}

/* Puts some packets through the detector. Returns what capture_batch() returned. */
static int some_packets(struct detect *d, struct err *e)
{
	struct packet batch[BATCH];
	const struct packet *p;
	const void *found;
	int got;

	if (d->ahead) {
		got = readahead_next(d->ahead, &p, &found, e);
		if (got > 0)
			detector_prefiltered(d->detector, p, found, (size_t)got);
	} else {
		got = capture_batch(d->capture, batch, BATCH, e);
		if (got > 0)
			detector_packets(d->detector, batch, (size_t)got);
	}
	return got;
}

/* Reads everything. 0; -1 when a capture was bad: it was reported, and @e keeps the kind. */
static int pump(struct detect *d, struct err *e)
{
	struct progress progress = progress_begin(!d->o->ifaces.n, d->o->progress);
	int got, rc = 0;
	uint64_t n = 0;

	if (d->o->threads.value != 1 && !d->no_ahead && readahead_useful(d->capture))
		begin_ahead(d);
	while ((got = some_packets(d, e)) != 0) {
		if (got > 0) {
			n += (uint64_t)got;
			if (n < PROGRESS_FRAMES)
				continue;
			n = 0;
		} else if (got == -2) {
			let_time_pass(d);
		} else {
			failure_report(e);
			rc = -1;
			continue;
		}
		show_progress(d, &progress);
	}
	readahead_free(d->ahead);
	d->ahead = NULL;
	detector_finish(d->detector);
	event_queue_end(d->queue);
	d->queue = NULL;
	progress_end(&progress);
	return rc;
}

struct counter {
	const char *name;
	uint64_t value;
};

static void print_counters(const struct counter *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%-22s %12llu\n", c[i].name, (unsigned long long)c[i].value);
}

static void print_stats(const struct detect *d, const struct capture_stats *c, double seconds)
{
	struct detector_stats s;

	detector_stats(d->detector, &s);
	const struct counter capture[] = {
		{"frames", c->frames},
		{"bytes", c->bytes},
		{"packets", c->decoded[DECODE_OK]},
		{"fragments waiting", c->decoded[DECODE_FRAGMENT]},
		{"not IP", c->decoded[DECODE_NOT_IP]},
		{"unknown encapsulation", c->decoded[DECODE_UNKNOWN]},
		{"encrypted", c->decoded[DECODE_ENCRYPTED]},
		{"cut by snap length", c->decoded[DECODE_TRUNCATED]},
		{"malformed", c->decoded[DECODE_MALFORMED]},
		{"left out by filter", c->filtered},
		{"put in order", c->sorted},
		{"fragment conflicts", c->fragment_conflicts},
		{"fragments evicted", c->fragments_evicted},
		{"fragments timed out", c->fragments_timed_out},
		{"steps back in time", c->backwards},
	};
	const struct counter live[] = {
		{"received by kernel", c->received},
		{"dropped by kernel", c->dropped},
		{"dropped by interface", c->ifdropped},
	};
	const struct counter detector[] = {
		{"payload packets", s.payload_packets},
		{"rules tried", s.starts},
		{"flows", s.flows},
		{"flows at most", s.flows_peak},
		{"flows evicted", s.flows_evicted},
		{"matches", s.matches},
		{"matches evicted", s.matches_evicted},
		{"streams", s.streams},
		{"streams evicted", s.streams_evicted},
		{"bad checksums", s.checksums_bad},
		{"bad but believed", s.checksums_believed},
		{"TCP outside window", s.tcp_outside},
		{"TCP conflicts", s.tcp_conflicts},
		{"remembered evicted", s.remembered_evicted},
		{"held evicted", s.held_evicted},
		{"sessions evicted", s.endings_evicted},
		{"versions replaced", s.versions_replaced},
		{"searches given up", s.searches_given_up},
		{"flow records", s.records},
		{"flow records cut", s.records_cut},
		{"events", s.events},
		{"detector memory", s.memory_bytes},
	};

	fprintf(stderr, "%-22s %12.3f\n", "seconds", seconds);
	print_counters(capture, ARRAY_LEN(capture));
	if (d->o->ifaces.n)
		print_counters(live, ARRAY_LEN(live));
	print_counters(detector, ARRAY_LEN(detector));
}

static int load_signatures(struct detect *d, struct err *e)
{
	const struct option_list *l = &d->o->signatures;

	d->set = l->n ? signatures_load(l->items, l->n, e) : default_signatures_load(e);
	if (d->set && signatures_own_addresses(d->set, d->o->own.items, d->o->own.n, e) < 0)
		return -1;
	if (d->set)
		signatures_record_times(d->set, (uint64_t)(d->o->active.value * 1e9),
					(uint64_t)(d->o->inactive.value * 1e9));
	return d->set ? 0 : -1;
}

/* Opens the input, and a detector for it. 0, or -1 with @e set. */
static int open_input(struct detect *d, struct err *e)
{
	const struct detect_options *o = d->o;
	const struct detector_limits limits = {.flows = o->max_flows.value};

	d->capture = o->ifaces.n ? capture_open_live(o->ifaces.items, o->ifaces.n, o->filter,
						     (int)o->snaplen.value, e)
				 : capture_open_files(d->files, d->nfiles, o->filter, e);
	if (!d->capture)
		return -1;
	if (o->window.given)
		capture_set_window(d->capture, (uint64_t)(o->window.value * 1e9));
	d->detector = detector_new(d->set, &limits, on_event, d);
	detector_checksums(d->detector, (enum checksum_mode)o->checksums);
	for (size_t i = 0; i < d->nfiles && o->checksums == CHECKSUMS_AUTO; i++)
		look_ahead(&d->detector, 1, d->files[i]);
	if (o->explain)
		detector_explain(d->detector);
	return 0;
}

/* Nothing can be opened, and nothing sent on the interfaces, from here on. */
static int give_up_privilege(const struct detect *d, struct err *e)
{
	int *fds = xcalloc(d->o->ifaces.n + 1, sizeof(*fds)), rc;
	const struct syscall_needs needs = {.receive_only = fds,
					    .receive_only_n = capture_descriptors(d->capture, fds)};

	rc = privilege_drop(d->o->user, &needs, e);
	free(fds);
	return rc;
}

static void heed_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (signal(SIGHUP, SIG_IGN) != SIG_IGN) /* nohup stays */
		sigaction(SIGHUP, &sa, NULL);
}

/* Reads what is open, and counts. As pump(). */
static int read_input(struct detect *d, struct capture_stats *st, struct err *e)
{
	int rc;

	breakable = d->capture;
	rc = pump(d, e);
	breakable = NULL;
	capture_stats(d->capture, st);
	return rc;
}

static int detect(struct detect *d, struct err *e)
{
	struct capture_stats st;
	double start = now_s();
	struct err bad;
	int rc;

	captures_note_runs(d->files, d->nfiles);
	if (load_signatures(d, e) < 0 || open_input(d, e) < 0 || open_output(d, e) < 0 ||
	    (d->o->ifaces.n && give_up_privilege(d, e) < 0))
		return -1;
	heed_signals();
	rc = read_input(d, &st, e);
	if (close_output(d, &st, &bad) < 0) {
		*e = bad;
		return -1;
	}
	if (!d->o->ifaces.n)
		capture_warn_of_step_back(&st, input_name(d, st.backwards_input));
	if (st.dropped || st.ifdropped)
		log_warn("%llu packets were lost by the kernel, %llu by the interface",
			 (unsigned long long)st.dropped, (unsigned long long)st.ifdropped);
	if (d->o->stats)
		print_stats(d, &st, now_s() - start);
	return rc;
}

/* One of a shard's captures. 0, or -1 with @e set; @sum grows by what was read. */
static int detect_one(struct detect *d, struct capture_stats *sum, struct err *e)
{
	struct capture_stats st = {0};
	int rc = open_input(d, e);

	if (rc == 0) {
		rc = read_input(d, &st, e);
		capture_warn_of_step_back(&st, input_name(d, st.backwards_input));
	} else {
		failure_report(e);
	}
	sum->frames += st.frames;
	sum->filtered += st.filtered;
	detector_free(d->detector);
	capture_close(d->capture);
	d->detector = NULL;
	d->capture = NULL;
	return rc;
}

/* The captures of a shard, read by several processes (base/fan.h). */
struct sharing {
	struct detect *d;
	char **list;
	const bool *mine;
	bool direct; /* no processes: events go where they belong at once */
	struct capture_stats sum;
	int rc;
	struct err *e; /* of a capture that was bad */
};

/* What stands behind the events of a capture. */
struct shared {
	int rc;
	struct err e;
	uint64_t frames, filtered, events;
};

/* A fan's work: the events of one capture. */
static void share_item(void *arg, size_t i, FILE *out)
{
	struct sharing *s = arg;
	struct detect *d = s->d;
	struct capture_stats st = {0};
	struct shared end = {0};

	if (!s->mine[i] || stopped || d->failed)
		return;
	d->files = (const char *const *)&s->list[i];
	d->events = 0;
	if (!s->direct) {
		d->out = out;
		eve_begin(&d->eve, out);
		d->no_ahead = true; /* the other processors read other captures */
	}
	end.rc = detect_one(d, &st, &end.e);
	end.frames = st.frames;
	end.filtered = st.filtered;
	end.events = d->events;
	fwrite(&end, sizeof(end), 1, out);
}

/* Copies the events, and ends with what stands behind them. False when that is not whole. */
static bool copy_events(FILE *in, FILE *out, struct shared *end)
{
	char buf[16384];
	long left;
	size_t n;

	if (fseek(in, 0, SEEK_END) < 0 || (left = ftell(in) - (long)sizeof(*end)) < 0)
		return false;
	for (rewind(in); left > 0; left -= (long)n) {
		n = fread(buf, 1, left < (long)sizeof(buf) ? (size_t)left : sizeof(buf), in);
		if (!n)
			return false;
		fwrite(buf, 1, n, out);
	}
	return fread(end, sizeof(*end), 1, in) == 1;
}

static int take_share(void *arg, size_t i, FILE *in, struct err *e)
{
	struct sharing *s = arg;
	struct shared end;

	if (stopped)
		return err_set(e, "stopped by a signal: the shard is not whole");
	if (!s->mine[i] || s->d->failed)
		return 0;
	if (!copy_events(in, s->direct ? NULL : s->d->file.f, &end))
		return err_env(e, "%s: its events are not whole", s->list[i]);
	s->sum.frames += end.frames;
	s->sum.filtered += end.filtered;
	if (end.rc < 0) {
		*s->e = end.e;
		s->rc = -1;
	}
	if (s->direct || !ferror(s->d->file.f))
		return 0;
	return err_sys(e, "cannot write events");
}

/* The captures of one shard, each by itself; the bad ones are reported. 0, or -1 with @e set. */
static int detect_shard(struct detect *d, struct err *e)
{
	char **list = capture_list(d->files, d->nfiles, e);
	struct err bad, last = {0};
	struct sharing s = {.d = d, .list = list, .e = &last};
	struct fan fan = {.work = share_item, .take = take_share, .arg = &s};
	struct shard shard;
	bool *mine;
	int rc;

	while (list && list[fan.n])
		fan.n++;
	captures_note_runs(d->files, d->nfiles);
	if (d->o->stats)
		err_set(e, "detect: --stats counts one reading; leave it out with --shard");
	if (d->o->stats || !list || shard_choose(d->o->shard, &shard, e) < 0 ||
	    load_signatures(d, e) < 0 || open_output(d, e) < 0) {
		capture_list_free(list);
		return -1;
	}
	if (!shard.of)
		shard = (struct shard){.index = 1, .of = 1};
	heed_signals();
	s.mine = mine = shard_captures(&shard, list, fan.n);
	d->nfiles = 1;
	d->several = fan.n > 1;
	s.direct = !d->out || d->follow || fan.n == 1;
	fan.workers = s.direct ? 1 : 0;
	rc = fan_run(&fan, e);
	if (stopped) {
		rc = err_set(e, "stopped by a signal: the shard is not whole");
	} else if (rc == 0 && close_output(d, &s.sum, &bad) < 0) {
		*e = bad;
		rc = -1;
	} else if (rc == 0 && s.rc < 0) {
		*e = last;
		rc = -1;
	}
	free(mine);
	capture_list_free(list);
	return rc;
}

/* Flow records of files. 0, or -1 with @e set. */
static int detect_records(struct detect *d, struct err *e)
{
	struct capture_stats st = {0};
	struct record_list list = {0};
	int rc = load_signatures(d, e);

	if (!rc && !signatures_ask_records(d->set))
		rc = err_set(
			e,
			"detect: --flow-records: no rule of these signatures asks flow records; -s "
			"names some that do, such as snack-2011");
	for (size_t i = 0; i < d->nfiles && !rc; i++)
		rc = record_file_read(d->files[i], (uint16_t)i, &list, e);
	if (!rc)
		rc = open_output(d, e);
	if (!rc) {
		d->detector = detector_new(d->set, NULL, on_event, d);
		record_list_sort(&list);
		for (size_t i = 0; i < list.n && !d->failed; i++)
			detector_flow_record(d->detector, &list.records[i]);
		st.frames = list.n;
		rc = close_output(d, &st, e);
	}
	record_list_free(&list);
	return rc;
}

static enum command_end run(struct command_call *call, struct err *e)
{
	struct detect d = {.o = call->options,
			   .files = (const char *const *)call->arguments,
			   .nfiles = call->n};
	int rc = d.o->records ? detect_records(&d, e)
		 : d.o->shard ? detect_shard(&d, e)
			      : detect(&d, e);

	if (d.file.f)
		outfile_abort(&d.file);
	table_free(d.table);
	detector_free(d.detector);
	capture_close(d.capture);
	signatures_free(d.set);
	return failure_or_done(rc);
}

static const struct command_form forms[] = {
	[FORM_FILES] = {.arguments = "CAPTURE...", .run = run},
	[FORM_LIVE] = {.selector = "interface", .arguments = "", .brief = true, .run = run},
	[FORM_RECORDS] = {.selector = "flow-records",
			  .arguments = "FILE...",
			  .brief = true,
			  .run = run},
};

const struct command detect_command = {
	.name = "detect",
	.help = "find Skype in capture files or on live interfaces",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct detect_options),
};
