/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Is all of @text a whole number from 0 to 2^64 - 1: decimal without leading zeros, or hexadecimal
 * behind 0x? */
bool number_is_whole(const char *text, uint64_t *out);
/* Is all of @text a finite decimal number, as -12.5 or 1e3? */
bool number_is_real(const char *text, double *out);

/* The number that an option of the command line was given. 0, or -1 with @e set: "OPTION TEXT:
 * expected ..." with the range. Nothing may stand before or after the number. */

/* A whole number from @low to @high, decimal, or hexadecimal behind 0x. */
int number_whole(const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *out,
		 struct err *e);
/* A number from @low to @high, with a decimal point or not. */
int number_real(const char *option, const char *text, double low, double high, double *out,
		struct err *e);
/* A number above 0 and up to 10^15, with k, M or G behind it for 10^3, 10^6 and 10^9. */
int number_rate(const char *option, const char *text, double *out, struct err *e);

#endif
