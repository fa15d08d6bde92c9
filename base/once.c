// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * once.c - what is to be said only once, also by several processes
 *
 * A table of hashes, in memory that forks share. Limits: PLACES texts; of two processes that come to the same text, the
 * first in time says it.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/once.h"

#define PLACES 65536 /* a power of two */

static atomic_uint_least64_t own[256], *_Atomic given = own;
static atomic_size_t places = ARRAY_LEN(own);

static bool remember(atomic_uint_least64_t *table, size_t n, uint64_t h)
{
	for (size_t i = 0; i < n; i++) {
		uint_least64_t old = 0;

		if (atomic_compare_exchange_strong(&table[(h + i) % n], &old, h))
			return true;
		if (old == h)
			return false;
	}
	return true;
}

bool once(const char *text)
{
	return remember(given, places, fnv1a(text, strlen(text)) | 1); /* 0 is a free place */
}

void once_share(void)
{
	atomic_uint_least64_t *shared;

	if (given != own)
		return;
	shared = mmap(NULL, PLACES * sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return; /* then some things are said twice */
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (own[i])
			remember(shared, PLACES, own[i]);
	given = shared;
	places = PLACES;
}
