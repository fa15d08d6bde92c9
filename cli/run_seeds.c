// SPDX-License-Identifier: GPL-2.0-or-later
/* run_seeds.c - the option --seeds, of `run` and `submit` */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/run_seeds.h"

int run_seeds(const char *seeds, bool others, struct run_options *o, struct err *e)
{
	const char *dots = seeds ? strstr(seeds, "..") : NULL;
	char *first = dots ? xasprintf("%.*s", (int)(dots - seeds), seeds) : NULL;
	uint64_t last = 0;
	int rc = -1;

	if (!seeds)
		return 0;
	if (others)
		err_set(e, "--seeds sets seed and repetitions; leave out --seed and --repeat");
	else if (!dots)
		err_set(e, "--seeds %.80s, expected FIRST..LAST, such as 1..20", seeds);
	else if (number_whole("--seeds", first, 0, UINT64_MAX - 10000, &o->seed, e) == 0)
		rc = number_whole("--seeds", dots + 2, o->seed, o->seed + 9999, &last, e);
	o->repeat = (unsigned)(last - o->seed) + 1;
	o->seed_given = o->seeds = true;
	free(first);
	return rc;
}
