// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keyed_hash.c - the hash of every table whose keys come from traffic
 *
 * Multiply and fold, eight bytes at a time, under a key that is drawn anew in each run. It is fast
 * and hard to aim at from outside; it is not meant to resist someone who sees its values. No report
 * may depend on a hash value, since these differ from run to run.
 */
#include <string.h>
#include <sys/random.h>

#include "base/keyed_hash.h"

uint64_t hash_keyed(const uint64_t key[2], const void *p, size_t n)
{
	const uint8_t *b = p;
	uint64_t h = key[0] ^ n, v;

	for (; n >= 8; n -= 8, b += 8) {
		memcpy(&v, b, 8);
		h = hash_mix(h ^ v, key[1]);
	}
	v = 0;
	memcpy(&v, b, n);
	return hash_mix(hash_mix(h ^ v, key[1]), key[0] | 1);
}

void hash_key_new(uint64_t key[2], const uint64_t fallback[2])
{
	if (getrandom(key, 2 * sizeof(*key), GRND_NONBLOCK) != 2 * sizeof(*key))
		memcpy(key, fallback, 2 * sizeof(*key));
	key[0] |= 1;
	key[1] |= 1;
}
