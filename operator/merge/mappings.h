/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_MAPPINGS_H
#define OPERATOR_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* What NATs made of inside endpoints, as far as joined flows have shown it. */
struct mappings;

/* At most @most; one that was not used for @lifetime_ns is none. (owned) by the caller. */
struct mappings *mappings_new(size_t most, uint64_t lifetime_ns);
void mappings_free(struct mappings *m);

/* A flow showed at @now_ns that @outside is what became of @inside. */
void mappings_learn(struct mappings *m, uint8_t proto, const struct endpoint *inside,
		    const struct endpoint *outside, uint64_t now_ns);
/* The inside endpoint behind @outside; false = not known, or there were two at once. Found, it counts as
 * used when @use. */
bool mappings_find(struct mappings *m, uint8_t proto, const struct endpoint *outside,
		   uint64_t now_ns, bool use, struct endpoint *inside);
/* Whether any inside endpoint was found behind this address. */
bool mappings_outside(const struct mappings *m, const struct ip *ip);
size_t mappings_count(const struct mappings *m);

#endif
