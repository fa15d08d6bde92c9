/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_SPAN_H
#define BASE_CAPTURE_SPAN_H

/* What the decoders pass to each other. */

#include <stdint.h>

#include "base/capture/decode.h"

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

#endif
