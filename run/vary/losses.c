// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * losses.c - messages that get lost behind the place of the capture, and come again
 *
 * UDP: an answered request is sent again 2.06 s later, with its id, checksum and length, other IV
 * and cipher text; only then the answer comes. So did the client of 2006, and nothing else is known
 * of later ones. Only a request that the recording shows answered at its first sending is lost.
 * TCP: a segment with payload is sent again after a timeout of 300 ms to 1 s, a SYN after 3 s, as
 * RFC 2988 has it. Messages of calls are never sent again.
 *
 * A frame that was made stands right behind its first sending; timing.c moves all that waits for it.
 */
#include <netinet/in.h>
#include <string.h>

#include "run/vary/losses.h"

#define REQUEST_AGAIN_NS 2060000000ULL
#define SYN_AGAIN_NS	 3000000000ULL

static const struct copied_frame *beside(const struct copied_capture *r,
					 const struct copied_flow *flow, size_t at, int step)
{
	return step < 0		  ? at ? &r->frames[flow->frames[at - 1]] : NULL
	       : at + 1 < flow->n ? &r->frames[flow->frames[at + 1]]
				  : NULL;
}

static uint64_t request_again(const struct copied_capture *r, const struct copied_flow *flow,
			      size_t at)
{
	const struct copied_frame *f = &r->frames[flow->frames[at]];
	const struct copied_frame *before = beside(r, flow, at, -1),
				  *after = beside(r, flow, at, 1);
	const uint8_t *p = f->data + f->view.payload;

	if (!f->from_client || f->view.payload_len < 17 || p[2] != 0x02 || !after ||
	    after->from_client || after->was_ns - f->was_ns > 1500000000ULL)
		return 0;
	if (before && (before->from_client || f->was_ns - before->was_ns < 5000000000ULL))
		return 0;
	return REQUEST_AGAIN_NS;
}

static uint64_t segment_again(const struct copied_frame *f, struct rng *rng)
{
	if (f->view.tcp_flags & 0x02)
		return f->view.tcp_flags & 0x10 ? 0 : SYN_AGAIN_NS;
	return f->view.payload_len ? 1000000ULL * rng_range(rng, 300, 1000) : 0;
}

size_t vary_losses(struct copied_capture *r, const struct labels *labels, double share,
		   struct rng *rng)
{
	size_t made = 0, recorded = r->n;

	for (struct copied_flow *flow = r->flows; flow; flow = flow->hh.next) {
		for (size_t i = 0; flow_is_skype(flow) && i < flow->n && i < 64; i++) {
			struct copied_frame again = r->frames[flow->frames[i]];

			if (again.view.fragment || rng_unit(rng) >= share)
				continue;
			again.again_ns = flow->key.proto == IPPROTO_UDP
						 ? request_again(r, flow, i)
						 : segment_again(&again, rng);
			if (again.again_ns && ++made)
				copied_add(r, &again);
		}
	}
	if (r->n != recorded)
		copied_index(r, labels);
	return made;
}
