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

#endif
