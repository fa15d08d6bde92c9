// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load.c - a scenario file, read and checked once
 *
 * Every later reader works on the result or on copies of it; no file that a scenario names is
 * opened again, except captures, which are played from where they lie.
 */
#include <stdlib.h>

#include "base/datadir.h"
#include "run/scenario/check.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"

struct scenario *scenario_load(const char *name, struct err *e)
{
	char *path = data_file("scenarios", name, e);
	struct scenario *s = path ? scenario_read(path, e) : NULL;

	free(path);
	if (s && scenario_check(s, e) < 0) {
		scenario_free(s);
		return NULL;
	}
	return s;
}
