// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load.c - a scenario file, read and checked once
 *
 * Every later reader works on the result or on copies of it; no file that a scenario names is
 * opened again, except captures, which are played from where they lie.
 */
#include "run/scenario/check.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"

struct scenario *scenario_load(const char *path, struct err *e)
{
	struct scenario *s = scenario_read(path, e);

	if (s && scenario_check(s, e) < 0) {
		scenario_free(s);
		return NULL;
	}
	return s;
}
