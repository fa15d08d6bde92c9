// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * delay.c - how soon a flow or a client was named
 *
 * Packets are counted up to the frame that decided, where the event tells its number, else up to
 * its time. An event of before the first packet says nothing about that, nor does the record of a
 * whole flow: the delay is not known.
 */
#include "base/moment.h"
#include "results/score/delay.h"

#define EVE_TICK_NS 999 /* EVE time stamps are cut to microseconds */

void delay_of_flows(struct score_claim *c, const struct flow_index *x,
		    const struct flow_seen *const *flows, size_t n, const struct detection *v)
{
	uint64_t first = MOMENT_LAST, latest = v->ts_ns + EVE_TICK_NS;

	if (v->afterwards)
		return;
	for (size_t i = 0; i < n; i++) {
		uint64_t packets, bytes;

		if (moment_before(flows[i]->first_ns, first))
			first = flows[i]->first_ns;
		flow_index_until(x, flows[i], latest, v->packet, &packets, &bytes);
		c->detect_packets += packets;
		c->detect_bytes += bytes;
	}
	if (c->detect_packets && !moment_before(latest, first))
		c->detect_ns = moment_before(first, v->ts_ns) ? (int64_t)(v->ts_ns - first) : 0;
}
