/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

/*
 * Sums of lengths that come from a file or a packet. A sum that does not fit is refused, where
 * plain arithmetic would wrap round to a small number and pass the check behind it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether @a + @b is at most @most; *@sum is set only then. */
static inline bool checked_add(size_t a, size_t b, size_t most, size_t *sum)
{
	size_t s;

	if (__builtin_add_overflow(a, b, &s) || s > most)
		return false;
	*sum = s;
	return true;
}

/* Whether @b may be taken from @a; *@left is set only then. */
static inline bool checked_sub(size_t a, size_t b, size_t *left)
{
	size_t s;

	if (__builtin_sub_overflow(a, b, &s))
		return false;
	*left = s;
	return true;
}

/* Room for @need more than @have, with some to spare; SIZE_MAX where no memory could be so large. */
static inline size_t checked_room(size_t have, size_t need)
{
	size_t all;

	if (!checked_add(have, need, SIZE_MAX / 2, &all))
		return SIZE_MAX;
	return all * 2;
}

#endif
