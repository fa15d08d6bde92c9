/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_CHECKSUMS_H
#define DETECTOR_CHECKSUMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/capture/packet.h"
#include "detector/engine/pool.h"

struct detector;
struct flow;
struct side;

/* What becomes of packets with a bad checksum. */
enum checksum_mode {
	CHECKSUMS_AUTO, /* passed over, unless their sender's are always bad: it leaves them to its card */
	CHECKSUMS_ALL,	/* passed over */
	CHECKSUMS_NONE, /* checksums are not verified */
};

/**
 * struct senders - addresses and protocols whose packets were verified
 * @pool:	Of struct sender
 * @buckets:	(owned) @mask + 1 of them
 * @key:	Secret of the hash
 * @sides:	(owned) Directions of the connections looked at ahead, NULL = nothing was
 */
struct senders {
	struct pool pool;
	struct side *sides;
	uint32_t *buckets;
	size_t mask;
	uint64_t key[2];
};
void senders_init(struct senders *s);
void senders_free(struct senders *s);
size_t senders_bytes(const struct senders *s);

/* Before the first packet. */
void detector_checksums(struct detector *d, enum checksum_mode mode);
/* Learns who sends good checksums from a packet that is still to come: the detector then knows from
 * the first packet on. */
void detector_checksum_ahead(struct detector *d, const struct packet *p);

/* Whether a packet may change anything: true as long as its checksum is good, or not verified. */
bool checksums_take(struct detector *d, struct flow *f, int dir, const struct packet *p);

#endif
