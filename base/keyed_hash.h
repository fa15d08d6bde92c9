/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_KEYED_HASH_H
#define BASE_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The halves of a 128-bit product, folded: one step of a hash. */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	__uint128_t r = (__uint128_t)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

/* Hash of @n bytes under a secret @key, so that a sender cannot aim at one bucket of a table. */
uint64_t hash_keyed(const uint64_t key[2], const void *p, size_t n);
/* Fills @key with the kernel's randomness; with @fallback when there is none yet. */
void hash_key_new(uint64_t key[2], const uint64_t fallback[2]);

#endif
