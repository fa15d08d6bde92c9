/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_WATCH_STATS_H
#define OPERATOR_WATCH_STATS_H

#include "base/capture/ring.h"
#include "detector/detector.h"

/**
 * struct watch_iface_stats - one interface
 * @all:	Since the start
 * @second:	In the last second
 */
struct watch_iface_stats {
	const char *name;
	struct ring_counts all, second;
};

/**
 * struct watch_stats - what is known each second; it is passed to every sink (sinks.h)
 * @started_ns, @now_ns: ns since the epoch
 * @host:	The sensor's name
 * @ifaces:	@ifaces_n of them
 * @all, @second: Their sums
 * @readers:	Threads that read
 * @events, @events_in_part: Events since the start; those that were seen while packets were lost
 * @reloads, @reload_failures: Signatures were read anew; could not be
 * @detector:	As detector_stats() says it
 */
struct watch_stats {
	uint64_t started_ns, now_ns;
	const char *host;
	struct watch_iface_stats *ifaces;
	size_t ifaces_n;
	struct ring_counts all, second;
	unsigned readers;
	uint64_t events, events_in_part;
	uint64_t reloads, reload_failures;
	struct detector_stats detector;
};

#endif
