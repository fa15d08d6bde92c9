// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * space.c - address space for large tables
 *
 * It is reserved at once, and the kernel gives memory as it is touched: a table that is not used costs
 * nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/space.h"

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
