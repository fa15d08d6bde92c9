// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slots.c - what the tables of the engine have in common: flows, what is remembered, flow records
 */
#include "detector/engine/slots.h"

void slots_erase(uint64_t *slots, size_t mask, size_t k)
{
	size_t hole = k;

	for (;;) {
		size_t home;

		k = (k + 1) & mask;
		if (!slots[k])
			break;
		home = (slots[k] >> 32) & mask;
		if (((k - home) & mask) >= ((k - hole) & mask)) {
			slots[hole] = slots[k];
			hole = k;
		}
	}
	slots[hole] = 0;
}

void slots_copy(uint64_t *to, size_t to_mask, const uint64_t *from, size_t from_mask)
{
	for (size_t i = 0; i <= from_mask; i++)
		if (from[i])
			slots_put(to, to_mask, from[i]);
}
