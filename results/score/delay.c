// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * delay.c - how soon a flow or a client was named
 *
 * Packets are counted up to the frame that decided, where the event tells its number, else up to
 * its time.
 */
#include "results/score/delay.h"

#define EVE_TICK_NS 999 /* EVE time stamps are cut to microseconds */

void delay_of_flows(struct score_claim *c, const struct flow_index *x,
		    const struct flow_seen *const *flows, size_t n, const struct detection *v)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < n; i++)
		if (flows[i]->first_ns < first)
			first = flows[i]->first_ns;
	if (!n || v->ts_ns + EVE_TICK_NS < first)
		return;
	c->detect_ns = v->ts_ns > first ? (int64_t)(v->ts_ns - first) : 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t packets, bytes;

		flow_index_until(x, flows[i], v->ts_ns, v->packet, &packets, &bytes);
		c->detect_packets += packets;
		c->detect_bytes += bytes;
	}
}
