/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Points in time are nanoseconds since 1970 in a uint64_t, before 1970 in two's complement. */

#define MOMENT_FIRST ((uint64_t)INT64_MIN)
#define MOMENT_LAST  ((uint64_t)INT64_MAX)

/* Whether @a is before @b. */
static inline bool moment_before(uint64_t a, uint64_t b)
{
	return (int64_t)a < (int64_t)b;
}

/* For qsort(): negative, 0 or positive. */
static inline int moment_order(uint64_t a, uint64_t b)
{
	return moment_before(b, a) - moment_before(a, b);
}

/* "1156534332.123456789", "-1.500000000": seconds since 1970, into @out. Returns @out. */
#define MOMENT_TEXT_LEN 32
const char *moment_text(uint64_t ns, char out[MOMENT_TEXT_LEN]);

#endif
