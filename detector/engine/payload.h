/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_PAYLOAD_H
#define DETECTOR_PAYLOAD_H

#include "detector/engine/engine_private.h"

/* What counts every payload is told of one; only where d->follows. */
void payload_follow(struct detector *d, uint32_t flow, int dir, const struct packet *p);

/* In all three @pre is what detector_prefilter() found for the packet; NULL = nothing, or @p is
 * only a part of the packet. */

/* A UDP payload. */
void payload_datagram(struct detector *d, uint32_t flow, int dir, const struct packet *p,
		      const struct prefilter *pre);
/* A TCP segment, for the rules that read segments by themselves. */
void payload_segment(struct detector *d, uint32_t flow, int dir, const struct packet *p,
		     const struct prefilter *pre);
/* Whether a rule that reads message bursts may start with this segment, which begins one on a flow
 * without reassembly. */
bool payload_may_start(struct detector *d, uint32_t flow, int dir, const struct packet *p,
		       const struct prefilter *pre);

#endif
