// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flow_identity.c - whether a recorded flow was seen in another capture
 *
 * Limit: a copy with other times or addresses is another flow.
 */
#include "base/hash.h"
#include "run/detect/flow_identity.h"

uint64_t flow_identity(const struct tuple *t, uint64_t first_ns, const uint8_t *first,
		       uint32_t kept)
{
	struct flow_key key = flow_key(t);
	uint64_t h = fnv1a_more(fnv1a(&key, sizeof(key)), &first_ns, sizeof(first_ns));

	return fnv1a_more(h, first, kept);
}
