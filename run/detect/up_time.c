// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * up_time.c - times that an exporter says in ms since it started
 *
 * The clock has 32 bits and begins anew after 49.7 days, so a time of it may be one of several. The one that lies nearest to
 * when the record was sent is taken. An exporter whose clock was never set started about 1970, or some ms before by its
 * own account, since NetFlow v9 says the time in whole seconds.
 *
 * Limits. Records of flows of more than 24.8 days are refused. Those that were sent again much later, with another time,
 * by a mediator, are taken to be as late.
 */
#include "run/detect/up_time.h"

#define TURN (1LL << 32) /* ms after which the clock begins anew */

const char *up_time_read(int64_t started_ms, int64_t sent_ms, uint32_t first, uint32_t last,
			 struct flow_record *r)
{
	int64_t last_ms = started_ms + last, ago = sent_ms - last_ms;
	uint32_t lasted = last - first;

	if (lasted > INT32_MAX)
		return "a last packet after the first";
	if (ago > TURN / 2)
		last_ms += (ago + TURN / 2) / TURN * TURN;
	else if (ago < -TURN / 2 && ago > -TURN)
		last_ms -= TURN;
	if (last_ms < lasted || last_ms > LATEST_MS)
		return "times between 1970 and 2262";
	r->first_ns = (uint64_t)(last_ms - lasted) * 1000000;
	r->last_ns = (uint64_t)last_ms * 1000000;
	return NULL;
}
