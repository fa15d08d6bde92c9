/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_LIVE_STATS_H
#define BASE_CAPTURE_LIVE_STATS_H

#include "base/capture/pcap.h"
#include <stdint.h>

/**
 * struct live_stats - what the kernel counts of one handle, since live_stats_begin()
 * @received:	Packets for it, dropped ones among them
 * @dropped:	Those that it had no room for
 * @ifdropped:	What the interface lost before that
 * @lost:	Descriptors of the interface's own counters; -1 = it has none
 * @lost_before: Their sum at the last look
 */
struct live_stats {
	uint64_t received, dropped, ifdropped;
	int lost[2];
	uint64_t lost_before;
};

/* Opens what is needed later, when no file can be opened any more. */
void live_stats_begin(struct live_stats *s, pcap_t *p, const char *iface);
/* Brings @s up to date. */
void live_stats_look(struct live_stats *s, pcap_t *p);
void live_stats_end(struct live_stats *s);

#endif
