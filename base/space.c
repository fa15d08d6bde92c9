// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * space.c - address space for large tables
 *
 * It is reserved at once, and the kernel gives memory as it is touched: a table that is not used costs
 * nothing.
 *
 * A freed table gives its memory back at once. Its addresses are kept for the next table of that size, because a
 * program that reads thousands of small captures makes the same tables for each, and the kernel spent most of its time
 * on mapping them. Limits: KEPT_MAX spaces, KEPT_BYTES in all; beyond, a space is unmapped.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/err.h"
#include "base/space.h"

#define PAGE	   4096UL
#define HUGE_PAGE  (2UL << 20)
#define KEPT_MAX   512
#define KEPT_BYTES (1UL << 36)

/* Spaces that were freed: addresses without memory. */
static struct {
	pthread_mutex_t lock;
	size_t n, bytes;
	struct {
		void *p;
		size_t size;
	} of[KEPT_MAX];
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

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

/* A space of @size bytes that was freed; NULL = there is none. The one that was freed last comes first. */
static void *again(size_t size)
{
	void *p = NULL;

	pthread_mutex_lock(&kept.lock);
	for (size_t i = kept.n; i-- > 0 && !p;)
		if (kept.of[i].size == size) {
			p = kept.of[i].p;
			kept.of[i] = kept.of[--kept.n];
			kept.bytes -= size;
		}
	pthread_mutex_unlock(&kept.lock);
	return p;
}

static bool keep(void *p, size_t size)
{
	bool room;

	pthread_mutex_lock(&kept.lock);
	room = kept.n < KEPT_MAX && size <= KEPT_BYTES - kept.bytes;
	if (room && madvise(p, size, MADV_DONTNEED) == 0) {
		kept.of[kept.n].p = p;
		kept.of[kept.n++].size = size;
		kept.bytes += size;
	} else {
		room = false;
	}
	pthread_mutex_unlock(&kept.lock);
	return room;
}

void *space_get(size_t n)
{
	size_t all = whole(n);
	uint8_t *p = again(all);

	if (p)
		return p;
	p = map(all, n);
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
	if (p && !keep(p, whole(n)))
		munmap(p, whole(n));
}
