// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live_stats.c - how many packets of an interface the kernel had no room for
 *
 * libpcap's pcap_stats() opens files below /sys at each call, which a process without the right to open
 * files (base/syscall_filter.c) cannot, and takes for 0 what it cannot read. So the socket is asked here
 * as libpcap does (PACKET_STATISTICS, which the kernel begins anew at each question), and the interface's
 * counters are read from descriptors that were opened in time.
 *
 * Limits: a handle that is no packet socket (nflog, a bus) is asked through libpcap, which opens no file
 * for these.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/capture/live_stats.h"
#include "base/err.h"

/* The two that libpcap adds up. */
static const char *const counters[] = {"rx_missed_errors", "rx_fifo_errors"};

static uint64_t interface_lost(const struct live_stats *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(s->lost); i++) {
		char text[32];
		ssize_t n = s->lost[i] < 0 ? -1 : pread(s->lost[i], text, sizeof(text) - 1, 0);

		if (n <= 0)
			continue;
		text[n] = '\0';
		sum += strtoull(text, NULL, 10);
	}
	return sum;
}

void live_stats_begin(struct live_stats *s, pcap_t *p, const char *iface)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < ARRAY_LEN(s->lost); i++) {
		char path[256];

		snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", iface, counters[i]);
		s->lost[i] = open(path, O_RDONLY | O_CLOEXEC);
	}
	live_stats_look(s, p);
	s->received = s->dropped = s->ifdropped = 0;
}

void live_stats_look(struct live_stats *s, pcap_t *p)
{
	struct tpacket_stats_v3 now = {0};
	socklen_t size = sizeof(now);
	struct pcap_stat said;
	uint64_t lost;

	if (getsockopt(pcap_fileno(p), SOL_PACKET, PACKET_STATISTICS, &now, &size) < 0) {
		if (pcap_stats(p, &said) == 0) {
			s->received = said.ps_recv;
			s->dropped = said.ps_drop;
		}
		return;
	}
	lost = interface_lost(s);
	s->received += now.tp_packets;
	s->dropped += now.tp_drops;
	s->ifdropped += lost - s->lost_before;
	s->lost_before = lost;
}

void live_stats_end(struct live_stats *s)
{
	for (size_t i = 0; i < ARRAY_LEN(s->lost); i++)
		if (s->lost[i] >= 0)
			close(s->lost[i]);
}
