/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_LANGUAGE_GAUGE_H
#define DETECTOR_LANGUAGE_GAUGE_H

#include "detector/language/signature.h"

/* The state of a gauge in a match. */

/**
 * struct gauge_cell - some packets
 * @first_ns:	Of the first; @packets 0 = there are none
 * @bytes, @least, @greatest: Payload
 */
struct gauge_cell {
	uint64_t first_ns, bytes;
	uint32_t packets, least, greatest;
};

/**
 * struct gauge_state - packets of a flow
 * @begun_ns, @last_ns: First and last packet
 * @number:	Of the cell under way: a packet each, or a part of the window's time
 * @packets, @bytes: Of all cells
 * @cells:	As many as the gauge has, by number modulo that
 */
struct gauge_state {
	uint64_t begun_ns, last_ns, number;
	uint64_t packets, bytes;
	struct gauge_cell cells[];
};

/**
 * struct gap_state - gaps between messages
 * @n:		All
 * @bins:	By gauge_gap_bin(); in the last those that are longer
 */
struct gap_state {
	uint32_t n;
	uint32_t bins[GAP_BINS + 1];
};

static inline unsigned gauge_cells(const struct gauge *g)
{
	return g->packets ? g->packets : g->part ? GAUGE_PARTS : 1;
}

/* Bytes of the state. */
static inline uint32_t gauge_size(const struct gauge *g)
{
	size_t n = g->off ? sizeof(struct gap_state)
			  : sizeof(struct gauge_state) + gauge_cells(g) * sizeof(struct gauge_cell);

	return (uint32_t)(n + 7) / 8 * 8;
}

/* The bin of a gap: each is as wide as from the asked gap less its tolerance to the gap and that more. */
static inline unsigned gauge_gap_bin(const struct gauge *g, uint64_t gap)
{
	uint64_t width = 2 * g->off + 1, low = g->gap - g->off;
	uint64_t below = (low + width - 1) / width, bin;

	bin = gap >= low ? below + (gap - low) / width : below - 1 - (low - 1 - gap) / width;
	return bin < GAP_BINS ? (unsigned)bin : GAP_BINS;
}

#endif
