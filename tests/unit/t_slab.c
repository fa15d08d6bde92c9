// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * t_slab.c - tests of memory for objects of one size
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/slab.h"
#include "tests/unit/unit.h"

#define SIZE 600
#define N    10000 /* several chunks */

static struct slab s;
static uint8_t *object[N];

static void fill(int i)
{
	object[i] = slab_get(&s);
	ck_assert_uint_eq((uintptr_t)object[i] % 16, 0);
	memset(object[i], i % 251, SIZE);
}

static void check_all(void)
{
	for (int i = 0; i < N; i++)
		for (int b = 0; b < SIZE; b++)
			ck_assert(object[i][b] == i % 251);
}

/* No two objects share a byte, also when some were given back. */
START_TEST(test_apart)
{
	size_t chunks;

	slab_begin(&s, SIZE);
	for (int i = 0; i < N; i++)
		fill(i);
	check_all();
	chunks = s.chunks_n;
	for (int i = 0; i < N; i += 3)
		slab_put(&s, object[i]);
	for (int i = 0; i < N; i += 3)
		fill(i);
	check_all();
	ck_assert_uint_eq(s.chunks_n, chunks);
	ck_assert_uint_gt(chunks, 2);
	slab_clear(&s);
	ck_assert(!s.chunks);
}
END_TEST

UNIT(slab)
{
	unit_case(tc, test_apart);
}
