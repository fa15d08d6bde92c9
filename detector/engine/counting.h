/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_COUNTING_H
#define DETECTOR_ENGINE_COUNTING_H

#include "detector/engine/memory.h"

/* Bytes that a key needs for what the rules of the set count in windows that slide. */
size_t counting_room(const struct signature_set *set);
/* Counts one more for @c under @key, where @pair, its key with the distinct parts (NULL = it has none), was
 * not counted already; @keep as memory_put(). Whether the rule acts. */
bool counting_reached(struct memory *m, const struct counting *c, const struct memory_key *key,
		      const struct memory_key *pair, uint64_t now, uint64_t keep);

#endif
