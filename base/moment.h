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

/* "2006-08-25T19:32:12.123456+0000" (also +00:00, Z, or nothing for UTC; no fraction, or of any length, of which nine
 * digits count), as ISO 8601, RFC 3339 and EVE write it. False when it is not all that, or of no year that fits. */
bool moment_parse(const char *text, uint64_t *ns);

/* "1156534332.123456789", "-1.500000000": seconds since 1970, into @out. Returns @out. */
#define MOMENT_TEXT_LEN 32
const char *moment_text(uint64_t ns, char out[MOMENT_TEXT_LEN]);

#endif
