/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_SLOTS_H
#define DETECTOR_ENGINE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

/* An open-addressing table of indices from 1: a slot is hash << 32 | index, 0 = empty. @mask + 1 slots, a power of
 * two; looking up is left to whoever knows what an index stands for. */

/* Puts @slot where it belongs; there must be room. */
static inline void slots_put(uint64_t *slots, size_t mask, uint64_t slot)
{
	size_t k = (slot >> 32) & mask;

	while (slots[k])
		k = (k + 1) & mask;
	slots[k] = slot;
}
/* Empties slot @k, and moves up those behind it that would not be found any more. */
void slots_erase(uint64_t *slots, size_t mask, size_t k);
/* Puts all of @from into @to, which is empty. */
void slots_copy(uint64_t *to, size_t to_mask, const uint64_t *from, size_t from_mask);

#endif
