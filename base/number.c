// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * number.c - numbers in a command's options
 *
 * strtoull() and strtod() alone read "-1" as a very large number and "" as 0, and leave range
 * checks to the caller. Here a text is a number within its range, or the error states the range.
 *
 * Limits: the decimal point of the C locale only; the program never sets another locale.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#define RATE_MAX 1e15

int number_whole(const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *out,
		 struct err *e)
{
	int base = !strncmp(text, "0x", 2) ? 16 : 10;
	unsigned long long v = 0;
	char *end = NULL;

	errno = 0;
	if (isdigit((unsigned char)*text))
		v = strtoull(text, &end, base);
	if (end && !*end && !errno && v >= low && v <= high) {
		*out = v;
		return 0;
	}
	if (high == UINT64_MAX)
		return err_set(e, "%s %s: expected a number, whole and at least %" PRIu64, option,
			       text, low);
	return err_set(e, "%s %s: expected a number from %" PRIu64 " to %" PRIu64 ", whole", option,
		       text, low, high);
}

int number_real(const char *option, const char *text, double low, double high, double *out,
		struct err *e)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || isspace((unsigned char)*text) || !(v >= low && v <= high))
		return err_set(e, "%s %s: expected a number from %g to %g", option, text, low,
			       high);
	*out = v;
	return 0;
}

int number_rate(const char *option, const char *text, double *out, struct err *e)
{
	static const char units[] = "kMG";
	char *end;
	const char *unit;
	double v = strtod(text, &end);

	if (end != text && *end && (unit = strchr(units, *end == 'K' ? 'k' : *end))) {
		v *= pow(1000, (double)(unit - units + 1));
		end++;
	}
	if (end == text || *end || !(v > 0 && v <= RATE_MAX))
		return err_set(e, "%s %s: expected a number above 0, k, M or G may follow", option,
			       text);
	*out = v;
	return 0;
}
