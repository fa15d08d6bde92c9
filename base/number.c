// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * number.c - numbers in options and files
 *
 * strtoull() and strtod() alone read "-1" as a very large number and "" as 0, stop at the first
 * letter, take "inf" and "0x1p3", and leave range checks to the caller. Here a text is a number
 * within its range, or the error states the range.
 *
 * Limits: the decimal point of the C locale only; the program never sets another locale.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#define RATE_MAX 1e15

bool number_is_whole(const char *text, uint64_t *out)
{
	bool hex = !strncmp(text, "0x", 2);
	const char *digits = hex ? text + 2 : text;
	size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

	if (!n || digits[n] || (!hex && n > 1 && *digits == '0'))
		return false;
	errno = 0;
	*out = strtoull(digits, NULL, hex ? 16 : 10);
	return !errno;
}

/* The length of the decimal number at the start of @text; 0 = there is none. */
static size_t real_length(const char *text)
{
	static const char digits[] = "0123456789";
	size_t at = *text == '-', whole = strspn(text + at, digits), part = 0, power, sign;

	at += whole;
	if (text[at] == '.') {
		part = strspn(text + at + 1, digits);
		at += 1 + part;
	}
	if (!whole && !part)
		return 0;
	if (text[at] == 'e' || text[at] == 'E') {
		sign = text[at + 1] == '-' || text[at + 1] == '+';
		power = strspn(text + at + 1 + sign, digits);
		at += power ? 1 + sign + power : 0;
	}
	return at;
}

bool number_is_real(const char *text, double *out)
{
	size_t n = real_length(text);

	if (!n || text[n])
		return false;
	*out = strtod(text, NULL);
	return isfinite(*out);
}

int number_whole(const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *out,
		 struct err *e)
{
	uint64_t v;

	if (number_is_whole(text, &v) && v >= low && v <= high) {
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
	double v;

	if (!number_is_real(text, &v) || v < low || v > high)
		return err_set(e, "%s %s: expected a number from %g to %g", option, text, low,
			       high);
	*out = v;
	return 0;
}

int number_rate(const char *option, const char *text, double *out, struct err *e)
{
	static const char units[] = "kMG";
	size_t n = real_length(text);
	const char *end = text + n, *unit;
	double v = n ? strtod(text, NULL) : 0;

	if (n && *end && (unit = strchr(units, *end == 'K' ? 'k' : *end))) {
		v *= pow(1000, (double)(unit - units + 1));
		end++;
	}
	if (!n || *end || !(v > 0 && v <= RATE_MAX))
		return err_set(e,
			       "%s %s: expected a number above 0 and up to 10^15, k, M or G may "
			       "follow",
			       option, text);
	*out = v;
	return 0;
}
