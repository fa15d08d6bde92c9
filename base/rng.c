// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rng.c - seeded random numbers (xoshiro256**, started through splitmix64)
 *
 * All randomness in the lab comes from a struct rng that the caller passed in, so that the seed in
 * the manifest repeats a run. Streams are named: rng_init(&r, seed, "nat/caller") and rng_init(&r,
 * seed, "sc/alice") are independent, and adding a third changes neither. The seed of a cell, from
 * which all its streams start, is made in run/scenario/cells.c by rng_stream_seed().
 *
 * Limits: good statistics, no secrecy.
 */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/rng.h"

static uint64_t splitmix64(uint64_t *x)
{
	uint64_t z = rng_mix(*x);

	*x += RNG_STEP;
	return z;
}

void rng_init(struct rng *r, uint64_t seed, const char *name)
{
	uint64_t h = name ? fnv1a(name, strlen(name)) : FNV1A_START;

	h ^= splitmix64(&seed);
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix64(&h);
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->s, out = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return out;
}

uint64_t rng_stream_seed(uint64_t seed, const char *label, uint64_t index)
{
	uint64_t h = label ? fnv1a(label, strlen(label)) : FNV1A_START;

	return rng_mix(rng_mix(rng_mix(seed) ^ h) ^ index);
}

uint32_t rng_u32(struct rng *r)
{
	return (uint32_t)(rng_u64(r) >> 32);
}

uint32_t rng_range(struct rng *r, uint32_t lo, uint32_t hi)
{
	uint64_t span = (uint64_t)hi - lo + 1;

	return lo + (uint32_t)(((unsigned __int128)rng_u64(r) * span) >> 64);
}

double rng_unit(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1.0p-53;
}

double rng_exp(struct rng *r, double mean)
{
	return -mean * log1p(-rng_unit(r));
}

void rng_fill(struct rng *r, void *buf, size_t n)
{
	unsigned char *p = buf;

	while (n) {
		uint64_t v = rng_u64(r);
		size_t k = n < sizeof(v) ? n : sizeof(v);

		memcpy(p, &v, k);
		p += k;
		n -= k;
	}
}

static void swap(unsigned char *a, unsigned char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = a[i];

		a[i] = b[i];
		b[i] = c;
	}
}

void rng_shuffle(struct rng *r, void *of, size_t n, size_t size)
{
	unsigned char *at = of;

	for (; n > 1; n--)
		swap(at + rng_range(r, 0, (uint32_t)n - 1) * size, at + (n - 1) * size, size);
}
