/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_MESSAGE_BURST_H
#define DETECTOR_MESSAGE_BURST_H

#include "detector/engine/engine_private.h"

struct reassembly;

/* The message burst of @s has grown by a segment. */
void burst_grows(struct detector *d, uint32_t flow, struct reassembly *s);
/* Its second reading (reassembly.other) has begun or grown, and it has not. */
void burst_read_again(struct detector *d, uint32_t flow, struct reassembly *s);
/* The message burst is over: the other side sends, the flow closes, or the input ends. */
void burst_ends(struct detector *d, uint32_t flow, struct reassembly *s);

#endif
