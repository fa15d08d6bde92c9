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

/* What @n bytes take: whole pages, and whole huge pages where there are several, since recent kernels then
 * align the start themselves. */
static size_t whole(size_t n)
{
	size_t page = n > HUGE_PAGE ? HUGE_PAGE : PAGE;

	return (n + page - 1) & ~(page - 1);
}

static uint8_t *map(size_t size, size_t n)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	/* cppcheck-suppress invalidFunctionArg */
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (p == MAP_FAILED) {
		log_error("out of memory: no address space for %zu bytes", n);
		exit(EXIT_ENV);
	}
	return p;
}

void *space_get(size_t n)
{
	size_t all = whole(n);
	uint8_t *p = map(all, n);

	if (all <= HUGE_PAGE)
		return p;
	if ((uintptr_t)p % HUGE_PAGE) {
		/* a huge page more than asked for, and the ends given back: the start is aligned */
		uint8_t *more;

		munmap(p, all);
		more = map(all + HUGE_PAGE, n);
		p = (uint8_t *)(((uintptr_t)more + HUGE_PAGE) & ~(HUGE_PAGE - 1));
		munmap(more, (size_t)(p - more));
		if (p < more + HUGE_PAGE)
			munmap(p + all, (size_t)(more + HUGE_PAGE - p));
	}
	madvise(p + HUGE_PAGE, all - HUGE_PAGE, MADV_HUGEPAGE);
	return p;
}

void space_free(void *p, size_t n)
{
	if (p)
		munmap(p, whole(n));
}
