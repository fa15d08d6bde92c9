/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_DECODE_INTERNAL_H
#define BASE_DECODE_INTERNAL_H

/* Shared by decode.c (link layers and tunnels), decode_ip.c and defrag.c only. */

#include <stdbool.h>
#include <string.h>

#include "base/capture/packet.h"

/* Tunnels within tunnels that are followed; deeper nesting is called malformed. */
#define DECODE_DEPTH 12

/**
 * struct span - a piece of a frame
 * @p:		First byte
 * @cap:	Bytes that may be read from @p; never more than @len
 * @len:	Bytes it had on the wire
 */
struct span {
	const uint8_t *p;
	uint32_t cap, len;
};

struct defrag;

/**
 * struct decoder - state of one input
 * @linktype:	DLT_... of the frames
 * @frag:	Fragment store (owned), NULL until the first fragment
 * @ts_ns:	Time of the frame being decoded
 * @depth:	Nested headers passed in this frame that may contain themselves again
 * @counts:	Frames per result
 */
struct decoder {
	int linktype;
	struct defrag *frag;
	uint64_t ts_ns;
	unsigned depth;
	uint64_t counts[DECODE_RESULTS];
};

/* Result for a header of @need bytes that is not all in @s. */
static inline enum decode_result span_short(const struct span *s, uint32_t need)
{
	return s->len < need ? DECODE_MALFORMED : DECODE_TRUNCATED;
}

/* Drops the first @n bytes; the caller has checked @n <= s->cap. */
static inline struct span span_skip(struct span s, uint32_t n)
{
	return (struct span){s.p + n, s.cap - n, s.len - n};
}

/* decode.c */
enum decode_result decode_ethernet(struct decoder *d, struct span s, struct packet *out);
enum decode_result decode_ethertype(struct decoder *d, uint16_t type, struct span s,
				    struct packet *out);
enum decode_result decode_mpls(struct decoder *d, struct span s, struct packet *out);
enum decode_result decode_gre(struct decoder *d, struct span s, struct packet *out);

/* decode_ip.c: IPv4 or IPv6, told apart by the version nibble */
enum decode_result decode_ip(struct decoder *d, struct span s, struct packet *out);

/* defrag.c */
enum defrag_result {
	DEFRAG_WAIT,  /* kept, others are missing */
	DEFRAG_WHOLE, /* the datagram is complete */
	DEFRAG_BAD,   /* impossible, or overlaps one that came before: the datagram is dropped */
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

/* A reassembled datagram; @body is valid until DECODE_DEPTH more datagrams are complete. */
struct datagram {
	struct span body;
	uint8_t proto;
	uint16_t fragments;
	uint32_t header;
};

struct defrag *defrag_new(void);
void defrag_free(struct defrag *f);
enum defrag_result defrag_add(struct defrag *f, uint64_t ts_ns, const struct fragment *in,
			      struct datagram *out);

#endif
