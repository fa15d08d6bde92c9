// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exposition.c - the counters of `watch` in Prometheus' text format 0.0.4
 *
 * Names begin with skypelab_watch_, are in base units, and end in _total where they only grow. Labels are
 * interfaces and results, never addresses: each value of a label is a series that somebody stores.
 */
#include <stdio.h>

#include "base/err.h"
#include "base/loop.h"
#include "operator/metrics/exposition.h"

#define PREFIX METRICS_PREFIX

void exposition_head(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

/* A value of a label: what would end it is escaped. */
static void label(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			fputs("\\n", f);
		else
			fprintf(f, "%s%c", *s == '"' || *s == '\\' ? "\\" : "", *s);
	}
}

void exposition_one(FILE *f, const char *name, const char *type, const char *help, uint64_t v)
{
	exposition_head(f, name, type, help);
	fprintf(f, PREFIX "%s %llu\n", name, (unsigned long long)v);
}

static void of_ifaces(FILE *f, const struct watch_stats *st, const char *name, const char *help,
		      size_t at)
{
	exposition_head(f, name, "counter", help);
	for (size_t i = 0; i < st->ifaces_n; i++) {
		const char *counts = (const char *)&st->ifaces[i].all;

		fprintf(f, PREFIX "%s{interface=\"", name);
		label(f, st->ifaces[i].name);
		fprintf(f, "\"} %llu\n",
			(unsigned long long)*(const uint64_t *)(const void *)(counts + at));
	}
}

static void put_capture(FILE *f, const struct watch_stats *st)
{
	of_ifaces(f, st, "frames_total", "Frames read.", offsetof(struct ring_counts, frames));
	of_ifaces(f, st, "bytes_total", "Bytes of these frames on the wire.",
		  offsetof(struct ring_counts, bytes));
	of_ifaces(f, st, "kernel_packets_total", "Packets that the kernel counted for the readers.",
		  offsetof(struct ring_counts, received));
	of_ifaces(f, st, "kernel_drops_total", "Packets lost because the kernel had no room.",
		  offsetof(struct ring_counts, dropped));
	of_ifaces(f, st, "interface_drops_total", "Packets that the interface lost.",
		  offsetof(struct ring_counts, ifdropped));
}

static void put_detector(FILE *f, const struct watch_stats *st)
{
	const struct detector_stats *d = &st->detector;

	exposition_one(f, "events_total", "counter", "Events of all signatures.", st->events);
	exposition_one(f, "events_in_part_total", "counter", "Events seen while packets were lost.",
		       st->events_in_part);
	exposition_one(f, "payload_packets_total", "counter", "Packets with payload.",
		       d->payload_packets);
	exposition_one(f, "flows", "gauge", "Flows followed now.", d->flows_now);
	exposition_one(f, "flows_total", "counter", "Flows seen.", d->flows);
	exposition_one(f, "flows_evicted_total", "counter", "Flows given up for want of room.",
		       d->flows_evicted);
	exposition_one(f, "matches_evicted_total", "counter", "Matches given up for want of room.",
		       d->matches_evicted);
	exposition_one(f, "remembered_evicted_total", "counter",
		       "Memory given up for want of room.", d->remembered_evicted);
	exposition_one(f, "searches_given_up_total", "counter",
		       "Searches for regular expressions that reached their limit.",
		       d->searches_given_up);
	exposition_one(f, "sessions", "gauge", "Sessions, calls and transfers under way.",
		       d->endings_now);
	exposition_one(f, "bad_checksums_total", "counter",
		       "Packets passed over for a bad checksum.", d->checksums_bad);
	exposition_one(f, "detector_memory_bytes", "gauge", "Memory held by the detector.",
		       d->memory_bytes);
	exposition_one(f, "reloads_total", "counter", "Times that signatures were read anew.",
		       st->reloads);
	exposition_one(f, "reload_failures_total", "counter", "Times that they could not be.",
		       st->reload_failures);
}

void exposition_put(FILE *f, const struct watch_stats *st)
{
	exposition_head(f, "build_info", "gauge", "The program; always 1.");
	fprintf(f, PREFIX "build_info{version=\"%s\"} 1\n", SKYPELAB_VERSION);
	exposition_head(f, "start_time_seconds", "gauge", "When it began, in seconds since 1970.");
	fprintf(f, PREFIX "start_time_seconds %.3f\n", (double)st->started_ns / NS_PER_SEC);
	exposition_one(f, "readers", "gauge", "Threads that read packets.", st->readers);
	put_capture(f, st);
	put_detector(f, st);
}
