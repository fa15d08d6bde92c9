// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prefix.c - arithmetic on address prefixes
 */
#include "lab/prefix.h"

bool prefix_overlap(const struct lab_prefix *a, const struct lab_prefix *b)
{
	unsigned len = a->len < b->len ? a->len : b->len;
	uint32_t mask = len ? ~0U << (32 - len) : 0;

	return a->ip.family == 4 && b->ip.family == 4 &&
	       !((ip4_host(&a->ip) ^ ip4_host(&b->ip)) & mask);
}
