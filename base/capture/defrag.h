/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_DEFRAG_H
#define BASE_CAPTURE_DEFRAG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/capture/span.h"

struct defrag; /* fragments of datagrams that are not complete */

enum defrag_result {
	DEFRAG_WAIT,  /* kept, others are missing */
	DEFRAG_WHOLE, /* the datagram is complete */
	DEFRAG_BAD,   /* impossible: the datagram is dropped */
};

/**
 * struct fragment - one fragment as its IP header describes it
 * @src, @dst:	Addresses
 * @id:		Identification
 * @proto:	Protocol (IPv4) or the fragment header's next header (IPv6)
 * @offset:	Byte offset of @body in the datagram
 * @more:	More fragments follow
 * @header:	Bytes of IP header and unfragmentable extension headers
 * @body:	What it carries
 */
struct fragment {
	struct ip src, dst;
	uint32_t id;
	uint8_t proto;
	uint32_t offset;
	bool more;
	uint32_t header;
	struct span body;
};

/* A reassembled datagram; its bytes are valid until DECODE_DEPTH more datagrams are complete.
 * @other: the same where fragments overlapped with other bytes and what came last counts; .p NULL =
 * they did not. */
struct whole_datagram {
	struct span body, other;
	uint8_t proto;
	uint16_t fragments;
	uint32_t header;
};

struct defrag *defrag_new(void);
void defrag_free(struct defrag *f);
const struct defrag_counts *defrag_counts(const struct defrag *f);
enum defrag_result defrag_add(struct defrag *f, uint64_t ts_ns, const struct fragment *in,
			      struct whole_datagram *out);

#endif
