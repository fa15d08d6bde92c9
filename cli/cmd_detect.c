// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_detect.c - `skypelab detect`: Skype in capture files or live, as a table or as EVE JSON
 *
 * Packets go from base/capture/packet.h's capture into the detector, its events out to the table or to
 * EVE. One bad capture among several costs only its own rest: it is named, the others are read,
 * and the exit status is 2. Output to a regular file appears whole at the end; live output and
 * output to a pipe is written line by line, so that it can be followed.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "base/outfile.h"
#include "base/capture/capture.h"
#include "base/capture/packet.h"
#include "base/capture/readahead.h"
#include "cli/commands.h"
#include "cli/detect_table.h"
#include "detector/detector.h"
#include "detector/eve.h"

#define MAX_NAMES	256
#define BATCH		64 /* packets handed to the detector at a time */
#define PROGRESS_FRAMES 65536
#define BACKWARDS_SAID	1000000000ULL /* steps back in time smaller than this are not said */

/**
 * struct detect - one run of the command
 * @signatures, @nsignatures: -s
 * @ifaces, @nifaces: -i
 * @files, @nfiles: Captures
 * @threads:	1 = do not read ahead in a thread; 0 = as it is of use
 * @ahead:	The reading thread, or NULL
 * @table:	Printer for people, when there is no @eve_path
 * @out:	EVE output: @file when it appears at the end, else a stream of its own
 * @eve:	What writes it
 * @events:	Events so far
 * @failed:	Output could not be written
 * @follow:	Input comes as it happens: so does the output
 */
struct detect {
	const char *signatures[MAX_NAMES];
	size_t nsignatures;
	const char *ifaces[MAX_NAMES];
	size_t nifaces;
	const char *const *files;
	size_t nfiles;
	const char *filter, *eve_path;
	int snaplen, threads;
	bool stats, progress, explain;
	struct detector_limits limits;
	struct signature_set *set;
	struct capture *capture;
	struct readahead *ahead;
	struct detector *detector;
	struct table_out *table;
	struct outfile file;
	FILE *out;
	struct eve eve;
	uint64_t events;
	bool failed;
	bool follow;
	struct err err;
};

static struct capture *breakable;

static void on_signal(int sig)
{
	(void)sig;
	if (breakable)
		capture_break(breakable);
}

static const char *input_name(const struct detect *d, uint16_t input)
{
	if (d->nifaces)
		return d->ifaces[input];
	return strcmp(d->files[input], "-") ? d->files[input] : "standard input";
}

static void on_event(void *arg, const struct detection_event *ev)
{
	struct detect *d = arg;
	struct eve_origin from = {.explain = d->explain};

	d->events++;
	if (d->failed)
		return;
	if (!d->out) {
		table_event(d->table, ev,
			    d->nfiles > 1 || d->nifaces > 1 ? input_name(d, ev->input) : NULL);
		return;
	}
	if (d->nifaces)
		from.iface = d->ifaces[ev->input];
	else
		from.file = d->files[ev->input];
	if (eve_write(&d->eve, ev, &from, &d->err) < 0) {
		d->failed = true;
		capture_break(d->capture);
	}
}

static const struct option long_options[] = {
	{"signature", required_argument, NULL, 's'},
	{"eve", required_argument, NULL, 'e'},
	{"interface", required_argument, NULL, 'i'},
	{"filter", required_argument, NULL, 'f'},
	{"snaplen", required_argument, NULL, 'S'},
	{"stats", no_argument, NULL, 'T'},
	{"progress", no_argument, NULL, 'P'},
	{"explain", no_argument, NULL, 'x'},
	{"max-flows", required_argument, NULL, 'F'},
	{"threads", required_argument, NULL, 'n'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int too_many(const char *what)
{
	log_error("more than %d %s", MAX_NAMES, what);
	return EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int parse(struct detect *d, int argc, char **argv)
{
	struct err e;
	uint64_t n;
	int c;

	while ((c = getopt_long(argc, argv, "s:e:i:f:h", long_options, NULL)) != -1) {
		switch (c) {
		case 's':
			if (d->nsignatures == MAX_NAMES)
				return too_many("signatures");
			d->signatures[d->nsignatures++] = optarg;
			break;
		case 'i':
			if (d->nifaces == MAX_NAMES)
				return too_many("interfaces");
			d->ifaces[d->nifaces++] = optarg;
			break;
		case 'e':
			d->eve_path = optarg;
			break;
		case 'f':
			d->filter = optarg;
			break;
		case 'S':
			if (number_whole("--snaplen", optarg, 1, 262144, &n, &e) < 0)
				return log_error("%s", e.msg), EXIT_USAGE;
			d->snaplen = (int)n;
			break;
		case 'F':
			if (number_whole("--max-flows", optarg, 1, 1UL << 28, &n, &e) < 0)
				return log_error("%s", e.msg), EXIT_USAGE;
			d->limits.flows = n;
			break;
		case 'n':
			if (number_whole("--threads", optarg, 1, 2, &n, &e) < 0)
				return log_error("%s", e.msg), EXIT_USAGE;
			d->threads = (int)n;
			break;
		case 'T':
			d->stats = true;
			break;
		case 'P':
			d->progress = true;
			break;
		case 'x':
			d->explain = true;
			break;
		case 'h':
			usage("detect");
			return EXIT_DONE;
		default:
			return usage("detect");
		}
	}
	d->files = (const char *const *)argv + optind;
	d->nfiles = (size_t)(argc - optind);
	if (!d->nfiles == !d->nifaces) {
		log_error(d->nfiles ? "captures and -i together: one of them"
				    : "no capture and no interface named");
		return usage("detect");
	}
	return -1;
}

/* Without -s: the signatures that are meant for use, and the paper's until they exist. */
static int default_signatures(struct detect *d)
{
	static const char *const best[] = {"skypelab-2006", "skypelab-2013"};
	char **names = signatures_names(&d->err);

	if (!names)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(best); i++)
		for (size_t k = 0; names[k]; k++)
			if (!strcmp(names[k], best[i]))
				d->signatures[d->nsignatures++] = best[i];
	if (!d->nsignatures)
		d->signatures[d->nsignatures++] = "ehlert-petgang-1.4";
	signatures_names_free(names);
	return 0;
}

static int open_output(struct detect *d)
{
	struct stat st;

	d->follow = d->nifaces > 0;
	for (size_t i = 0; i < d->nfiles; i++)
		d->follow |= !strcmp(d->files[i], "-");
	if (!d->eve_path) {
		if (d->follow)
			setvbuf(stdout, NULL, _IOLBF, 1 << 16);
		d->table = table_new(stdout, d->explain);
		return 0;
	}
	if (strcmp(d->eve_path, "-") != 0 &&
	    (d->follow || (!stat(d->eve_path, &st) && !S_ISREG(st.st_mode)))) {
		d->out = fopen(d->eve_path, d->follow ? "ae" : "we");
		if (!d->out)
			return err_sys(&d->err, "%s: cannot write", d->eve_path);
	} else {
		if (outfile_open(&d->file, d->eve_path, &d->err) < 0)
			return -1;
		d->out = d->file.f;
	}
	if (!d->file.path)
		setvbuf(d->out, NULL, d->follow ? _IOLBF : _IOFBF, 1 << 16);
	eve_begin(&d->eve, d->out);
	return 0;
}

static int close_output(struct detect *d, const struct capture_stats *st)
{
	int bad = 0;

	if (d->table)
		bad = table_end(d->table, st->frames - st->filtered, &d->err);
	else if (d->file.f)
		bad = d->failed ? -1 : outfile_commit(&d->file, &d->err);
	else if (d->out && fclose(d->out))
		bad = err_sys(&d->err, "%s: cannot write", d->eve_path);
	if (d->file.f && bad)
		outfile_abort(&d->file);
	d->table = NULL;
	d->out = NULL;
	return bad || d->failed ? -1 : 0;
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* One line that overwrites itself; nothing in the first second unless asked for. */
static void show_progress(const struct detect *d, double start, bool end)
{
	static double last;
	static bool shown;
	double now = now_s(), part;
	struct capture_stats st;

	if (!d->progress && !isatty(STDERR_FILENO))
		return;
	if (end) {
		if (shown)
			fputs("\r\033[K", stderr);
		return;
	}
	if (now - last < 0.2 || (!d->progress && now - start < 1))
		return;
	last = now;
	shown = true;
	if (d->ahead) {
		part = readahead_progress(d->ahead, &st.frames);
	} else {
		part = capture_progress(d->capture);
		capture_stats(d->capture, &st);
	}
	fprintf(stderr, "\r");
	if (part >= 0)
		fprintf(stderr, "%5.1f %%  ", part * 100);
	fprintf(stderr, "%llu frames, %.1f million/s, %llu events\033[K",
		(unsigned long long)st.frames, (double)st.frames / (now - start) / 1e6,
		(unsigned long long)d->events);
}

static void let_time_pass(struct detect *d)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	detector_time(d->detector, (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec);
}

static void prefilter_ahead(void *arg, const struct packet *p, size_t n, void *found)
{
	detector_prefilter(arg, p, n, found);
}

/* Some packets through the detector; what capture_batch() said. */
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

/* Reads everything. The exit status so far. */
static int pump(struct detect *d)
{
	double start = now_s();
	int got, status = EXIT_DONE;
	uint64_t n = 0;
	struct err e;

	if (d->threads != 1 && readahead_useful(d->capture))
		d->ahead = readahead_new(d->capture, sizeof(struct prefilter), prefilter_ahead,
					 d->detector, NULL);
	while ((got = some_packets(d, &e)) != 0) {
		if (got > 0) {
			n += (uint64_t)got;
			if (n < PROGRESS_FRAMES)
				continue;
			n = 0;
		} else if (got == -2) {
			let_time_pass(d);
		} else {
			show_progress(d, start, true);
			log_error("%s", e.msg);
			status = e.code;
			continue;
		}
		if (!d->nifaces || d->progress)
			show_progress(d, start, false);
	}
	readahead_free(d->ahead);
	d->ahead = NULL;
	detector_finish(d->detector);
	show_progress(d, start, true);
	return status;
}

static void say_back(const struct detect *d, const struct capture_stats *st)
{
	if (st->backwards_ns < BACKWARDS_SAID)
		return;
	log_warn("%s: frame %llu: time goes back by %.1f s (%llu steps back in all); what spans it "
		 "may be judged wrongly",
		 input_name(d, st->backwards_input), (unsigned long long)st->backwards_number,
		 (double)st->backwards_ns / 1e9, (unsigned long long)st->backwards);
}

static void print_stats(const struct detect *d, const struct capture_stats *c, double seconds)
{
	struct detector_stats s;
	const struct {
		const char *name;
		uint64_t value;
	} * r, rows[] = {
		       {"frames", c->frames},
		       {"bytes", c->bytes},
		       {"packets", c->decoded[DECODE_OK]},
		       {"fragments waiting", c->decoded[DECODE_FRAGMENT]},
		       {"not IP", c->decoded[DECODE_NOT_IP]},
		       {"cut by snap length", c->decoded[DECODE_TRUNCATED]},
		       {"malformed", c->decoded[DECODE_MALFORMED]},
		       {"left out by filter", c->filtered},
		       {"steps back in time", c->backwards},
	       };

	detector_stats(d->detector, &s);
	fprintf(stderr, "%-22s %12.3f\n", "seconds", seconds);
	for (r = rows; r < rows + ARRAY_LEN(rows); r++)
		fprintf(stderr, "%-22s %12llu\n", r->name, (unsigned long long)r->value);
	if (d->nifaces) {
		fprintf(stderr, "%-22s %12llu\n", "received by kernel",
			(unsigned long long)c->received);
		fprintf(stderr, "%-22s %12llu\n", "dropped by kernel",
			(unsigned long long)c->dropped);
		fprintf(stderr, "%-22s %12llu\n", "dropped by interface",
			(unsigned long long)c->ifdropped);
	}
	const struct {
		const char *name;
		uint64_t value;
	} more[] = {
		{"payload packets", s.payload_packets},
		{"rules tried", s.starts},
		{"flows", s.flows},
		{"flows at most", s.flows_peak},
		{"flows evicted", s.flows_evicted},
		{"matches", s.matches},
		{"matches evicted", s.matches_evicted},
		{"streams", s.streams},
		{"streams evicted", s.streams_evicted},
		{"remembered evicted", s.remembered_evicted},
		{"held evicted", s.held_evicted},
		{"events", s.events},
		{"detector memory", s.memory_bytes},
	};
	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		fprintf(stderr, "%-22s %12llu\n", more[i].name, (unsigned long long)more[i].value);
}

static int run(struct detect *d)
{
	struct sigaction sa = {.sa_handler = on_signal};
	struct capture_stats st;
	double start = now_s();
	int status;

	if (!d->nsignatures && default_signatures(d) < 0)
		return -1;
	d->set = signatures_load(d->signatures, d->nsignatures, &d->err);
	if (!d->set)
		return -1;
	d->capture = d->nifaces ? capture_open_live(d->ifaces, d->nifaces, d->filter, d->snaplen,
						    &d->err)
				: capture_open_files(d->files, d->nfiles, d->filter, &d->err);
	if (!d->capture || open_output(d) < 0)
		return -1;
	d->detector = detector_new(d->set, &d->limits, on_event, d);
	if (d->explain)
		detector_explain(d->detector);
	breakable = d->capture;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	status = pump(d);
	breakable = NULL;
	capture_stats(d->capture, &st);
	if (close_output(d, &st) < 0)
		return -1;
	if (!d->nifaces)
		say_back(d, &st);
	if (st.dropped || st.ifdropped)
		log_warn("%llu packets were lost by the kernel, %llu by the interface",
			 (unsigned long long)st.dropped, (unsigned long long)st.ifdropped);
	if (d->stats)
		print_stats(d, &st, now_s() - start);
	return status;
}

int cmd_detect(int argc, char **argv)
{
	struct detect d = {0};
	int status = parse(&d, argc, argv);

	if (status >= 0)
		return status;
	status = run(&d);
	if (status < 0) {
		log_error("%s", d.err.msg);
		status = d.err.code;
	}
	if (d.file.f)
		outfile_abort(&d.file);
	table_free(d.table);
	detector_free(d.detector);
	capture_close(d.capture);
	signatures_free(d.set);
	return status;
}
