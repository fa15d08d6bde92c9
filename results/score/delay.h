/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_DELAY_H
#define RESULTS_DELAY_H

#include <stddef.h>

#include "results/score/detections.h"
#include "results/score/flows.h"
#include "results/score/table.h"

/* Writes the time to detect into @c: from the first packet of the @n flows to @v, in time, packets
 * and payload bytes of all of them. detect_ns is left alone where @v, or the frame
 * that it names, is before the first packet; all is left alone where @v says nothing of it. */
void delay_of_flows(struct score_claim *c, const struct flow_index *x,
		    const struct flow_seen *const *flows, size_t n, const struct detection *v);

#endif
