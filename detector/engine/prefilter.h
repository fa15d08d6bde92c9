/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_PREFILTER_H
#define DETECTOR_PREFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/capture/packet.h"

struct detector;

#define PREFILTER_WORDS 2

/* What can be told of a packet without its flow: the hash of its flow, and which rules its payload
 * may start. The detector's own business; callers only carry it.
 * @records:	Flow records to be asked before it: detector_meter_ahead() */
struct prefilter {
	uint32_t hash;
	union {
		struct {
			uint32_t records : 28;
			uint32_t none : 1;     /* starts no rule */
			uint32_t checked : 1;  /* its checksums were verified: @checksum, an */
			uint32_t checksum : 2; /* enum checksum_result */
		};
		uint32_t told; /* all of these */
	};
	uint64_t starts[PREFILTER_WORDS];
};

/* Fills @out for @n packets that the detector has not yet seen. Touches no state that
 * detector_prefiltered() uses, so it may run ahead in another thread; without one it is not worth
 * calling. In several threads at once: after a first call in one, which may be with no packet. */
void detector_prefilter(struct detector *d, const struct packet *p, size_t n,
			struct prefilter *out);
/* Whether flow records are made there as well, until detector_finish(): every packet must go through it
 * then, in order, in one thread. For a detector that has seen no packet and gets no other signatures. */
void detector_meter_ahead(struct detector *d, bool ahead);
/* The cheap part, for one packet: all but the search of the payload. */
void prefilter_packet(const struct detector *d, const struct packet *p, struct prefilter *out);
/* Bytes that detector_prefilter() holds. */
size_t prefilter_bytes(const struct detector *d);

#endif
