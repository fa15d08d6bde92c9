/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_SNAPSHOT_H
#define OPERATOR_VIEW_SNAPSHOT_H

#include "operator/picture.h"
#include "operator/view/row.h"

/**
 * struct view_counts - what is known beside the picture
 * @source:	What is watched: "eth0 eth1"; what does not fit is cut
 * @now_ns:	Now, by the clock that the sightings go by
 * @tick_ns:	Now, by a clock that runs as real time does
 * @live:	Packets are read here; what follows is known:
 * @packets, @dropped: Packets that came since the start; of these, those that were lost
 * @packets_second, @dropped_second: The same in the last second
 * @unreadable:	Lines of sensors that cannot be read
 * @filter, @dry_run: What is found is blocked; or would be. @stays: also after the end
 * @stopped:	Packets that were
 */
struct view_counts {
	char source[128];
	uint64_t now_ns, tick_ns;
	bool live, filter, dry_run, stays;
	uint64_t packets, packets_second, dropped, dropped_second, unreadable, stopped;
};

/* Adds @name to the names in @source. */
void view_counts_name(struct view_counts *c, const char *name);

/**
 * struct snapshot - what the view shows, as it was at one moment; zero at first
 * @rows:	Of all clients, @n of them (owned)
 * @blocked, @would_block: Clients that a filter blocks, or would
 * @totals:	The picture's
 * @sightings_second: Sightings a second of late; @counted of them at @counted_ns
 * @client:	All that is known of one of them, when @has_client
 */
struct snapshot {
	struct row *rows;
	size_t n, room, blocked, would_block;
	const struct client **clients; /* room for as many */
	struct picture_totals totals;
	struct view_counts counts;
	uint64_t sightings_second, counted_ns, counted;
	bool has_client;
	struct client client;
};

/* Copies from @p, which the caller has locked; @who (NULL = nobody) whole. */
void snapshot_take(struct snapshot *s, const struct picture *p, const struct ip *who);
/* What is known beside the picture; the rate of sightings is reckoned anew. */
void snapshot_count(struct snapshot *s, const struct view_counts *counts);
void snapshot_free(struct snapshot *s);

#endif
