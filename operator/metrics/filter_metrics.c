// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * filter_metrics.c - the counters of the filter in Prometheus' text format 0.0.4
 *
 * Every series is there from the start, with 0, so that the first block is an increase. Labels are the kind
 * of a block, what came of it and why not: words of fixed lists (exposition.c says why). In a dry run the
 * same counts say what would have been.
 */
#include "base/clock.h"
#include "base/err.h"
#include "operator/metrics/exposition.h"
#include "operator/metrics/filter_metrics.h"

#define PREFIX METRICS_PREFIX "filter_"

static void put_kinds(FILE *f, const char *name, const char *type, const char *help,
		      const uint64_t by_kind[FILTER_WHATS])
{
	exposition_head(f, name, type, help);
	for (unsigned what = 0; what < FILTER_WHATS; what++)
		fprintf(f, METRICS_PREFIX "%s{kind=\"%s\"} %llu\n", name, filter_what_text(what),
			(unsigned long long)by_kind[what]);
}

static void put_results(FILE *f, const struct filter_totals *t)
{
	static const struct {
		enum filter_outcome outcome;
		const char *word;
	} results[] = {{FILTER_BLOCKED, "blocked"},
		       {FILTER_PROLONGED, "prolonged"},
		       {FILTER_EXPIRED, "expired"},
		       {FILTER_UNBLOCKED, "unblocked"},
		       {FILTER_ADOPTED, "adopted"}};

	exposition_head(f, "filter_blocks_total", "counter",
			"What came of blocks: they began, were prolonged, ended, were adopted.");
	for (unsigned what = 0; what < FILTER_WHATS; what++)
		for (size_t i = 0; i < ARRAY_LEN(results); i++)
			fprintf(f, PREFIX "blocks_total{kind=\"%s\",result=\"%s\"} %llu\n",
				filter_what_text(what), results[i].word,
				(unsigned long long)t->blocks[what][results[i].outcome]);
}

static void put_refused(FILE *f, const struct filter_totals *t)
{
	static const char *const words[REFUSALS] = {
		[REFUSED_UNANSWERED] = "unanswered",
		[REFUSED_ALLOWED] = "allow-list",
		[REFUSED_OWN] = "own-address",
		[REFUSED_UNTRACKED] = "untracked",
		[REFUSED_RATE] = "rate",
		[REFUSED_FULL] = "size",
		[REFUSED_KERNEL] = "kernel",
		[REFUSED_OFFLOADED] = "flowtable",
	};

	exposition_head(f, "filter_refused_total", "counter",
			"Blocks that were not made, by cause.");
	for (unsigned what = 0; what < FILTER_WHATS; what++)
		for (unsigned why = 0; why < REFUSALS; why++)
			fprintf(f, PREFIX "refused_total{kind=\"%s\",reason=\"%s\"} %llu\n",
				filter_what_text(what), words[why],
				(unsigned long long)t->refused[what][why]);
}

static double seconds(uint64_t ns)
{
	return (double)ns / NS_PER_SEC;
}

static void put_latency(FILE *f, const struct filter_latency *l)
{
	uint64_t sum = 0;

	exposition_head(f, "filter_latency_seconds", "histogram",
			"From the time stamp of the packet that decided to the rule in force.");
	for (size_t i = 0; i < FILTER_LATENCY_STEPS; i++) {
		sum += l->within[i];
		fprintf(f, PREFIX "latency_seconds_bucket{le=\"%g\"} %llu\n",
			seconds(filter_latency_step_ns(i)), (unsigned long long)sum);
	}
	fprintf(f,
		PREFIX "latency_seconds_bucket{le=\"+Inf\"} %llu\n" PREFIX
		       "latency_seconds_sum %.9f\n" PREFIX "latency_seconds_count %llu\n",
		(unsigned long long)l->count, seconds(l->sum_ns), (unsigned long long)l->count);
	exposition_head(f, "filter_latency_max_seconds", "gauge", "The longest of these.");
	fprintf(f, PREFIX "latency_max_seconds %.9f\n", seconds(l->max_ns));
}

void filter_metrics_put(FILE *f, const struct watch_filter *w)
{
	uint64_t behind;
	const struct filter_totals *t = watch_filter_totals(w, &behind);

	exposition_one(f, "filter_dry_run", "gauge", "1 when nothing is touched.",
		       watch_filter_wish(w)->dry_run);
	put_results(f, t);
	put_refused(f, t);
	put_kinds(f, "filter_blocks", "gauge", "Blocks in force.", t->in_force);
	put_kinds(f, "filter_stopped_packets_total", "counter", "Packets that blocks stopped.",
		  t->packets);
	put_kinds(f, "filter_stopped_bytes_total", "counter", "Bytes of these packets.", t->bytes);
	put_latency(f, &t->latency);
	exposition_one(f, "filter_sightings_lost_total", "counter",
		       "Sightings that the filter was too slow to take.", behind);
	exposition_one(f, "filter_lines_lost_total", "counter",
		       "Lines of the filter that were not taken in time.", t->lines_lost);
}
