/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_HASH_H
#define BASE_HASH_H

/* FNV-1a, 64 bits. Digests in the truth log, seeds of random streams and ids that go on the wire
 * are made of it: its values are part of what a run writes and must not change. It is no defence
 * against chosen input; the detector's tables have a keyed hash of their own. */

#include <stddef.h>
#include <stdint.h>

#define FNV1A_START 0xcbf29ce484222325ULL

/* Goes on from @h, so that several pieces hash as one. */
static inline uint64_t fnv1a_more(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;

	while (n--)
		h = (h ^ *b++) * 0x100000001b3ULL;
	return h;
}

static inline uint64_t fnv1a(const void *p, size_t n)
{
	return fnv1a_more(FNV1A_START, p, n);
}

#endif
