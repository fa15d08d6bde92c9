/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Seeded random numbers: the same on every machine and libc. Not for secrets. */
struct rng {
	uint64_t s[4];
};

/* Starts @r from @seed and a name, so that each part has a stream of its own that does not move
 * when another part draws more or fewer numbers. @name may be NULL. */
void rng_init(struct rng *r, uint64_t seed, const char *name);
uint64_t rng_u64(struct rng *r);
uint32_t rng_u32(struct rng *r);
/* Uniform in [lo, hi], both ends included; lo <= hi. */
uint32_t rng_range(struct rng *r, uint32_t lo, uint32_t hi);
/* Uniform in [0, 1). */
double rng_unit(struct rng *r);
/* Exponential with the given mean; for arrival gaps. */
double rng_exp(struct rng *r, double mean);
void rng_fill(struct rng *r, void *buf, size_t n);
/* Puts the @n elements of @size bytes at @of into a random order, each as likely. */
void rng_shuffle(struct rng *r, void *of, size_t n, size_t size);

#define RNG_STEP 0x9e3779b97f4a7c15ULL

/* One number well mixed into another (a step of splitmix64): for noise that is looked up by its
 * number instead of drawn in order. */
static inline uint64_t rng_mix(uint64_t x)
{
	x += RNG_STEP;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* A seed for the @index-th of the things named @label, all of them parts of what @seed starts. Near
 * seeds and indices give seeds that have nothing to do with each other: seed + index would make the
 * second thing of one seed the first of the next. @label may be NULL. */
uint64_t rng_stream_seed(uint64_t seed, const char *label, uint64_t index);

#endif
