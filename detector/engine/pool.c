// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pool.c - memory for objects of one size
 *
 * Address space for all of a pool's objects is reserved at once, and the kernel gives memory as it
 * is touched: objects never move, an index finds one with a multiplication, and a pool that is not
 * used costs nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/err.h"
#include "detector/engine/pool.h"

#define PAGE	  4096UL
#define HUGE_PAGE (2UL << 20)

void *space_get(size_t n)
{
	size_t all = (n + PAGE - 1) & ~(PAGE - 1), size = all + HUGE_PAGE;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	/* cppcheck-suppress invalidFunctionArg */
	uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
	uint8_t *p;

	if (map == MAP_FAILED) {
		log_error("out of memory: no address space for %zu bytes", n);
		exit(EXIT_ENV);
	}
	/* a huge page more than asked for, and the ends given back: the start is aligned */
	p = (uint8_t *)(((uintptr_t)map + HUGE_PAGE) & ~(HUGE_PAGE - 1));
	munmap(map, (size_t)(p - map));
	if (p + all < map + size)
		munmap(p + all, (size_t)(map + size - (p + all)));
	if (all > HUGE_PAGE)
		madvise(p + HUGE_PAGE, all - HUGE_PAGE, MADV_HUGEPAGE);
	return p;
}

void space_free(void *p, size_t n)
{
	if (p)
		munmap(p, (n + PAGE - 1) & ~(PAGE - 1));
}

static size_t pool_space(const struct pool *p)
{
	return p->size * p->limit;
}

void pool_init(struct pool *p, size_t size, size_t limit)
{
	memset(p, 0, sizeof(*p));
	p->size = p->clear = size;
	p->limit = limit;
	p->base = space_get(pool_space(p));
}

void pool_free(struct pool *p)
{
	space_free(p->base, pool_space(p));
	p->base = NULL;
}

void pool_widen(struct pool *p, size_t size)
{
	struct pool was = *p;

	if (size <= p->size)
		return;
	p->size = p->clear = size;
	p->base = space_get(pool_space(p));
	for (uint32_t i = 1; i <= was.used; i++)
		memcpy(pool_at(p, i), pool_at(&was, i), was.size);
	pool_free(&was);
}

size_t pool_bytes(const struct pool *p)
{
	return p->used * p->size;
}
