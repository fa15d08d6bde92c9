// SPDX-License-Identifier: GPL-2.0-or-later
/* moment.c - points in time as text */
#include <inttypes.h>
#include <stdio.h>

#include "base/moment.h"

#define NS_PER_S 1000000000

const char *moment_text(uint64_t ns, char out[MOMENT_TEXT_LEN])
{
	bool before = moment_before(ns, 0);
	uint64_t away = before ? -ns : ns;

	snprintf(out, MOMENT_TEXT_LEN, "%s%" PRIu64 ".%09" PRIu64, before ? "-" : "",
		 away / NS_PER_S, away % NS_PER_S);
	return out;
}
