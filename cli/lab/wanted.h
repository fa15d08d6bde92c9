/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_LAB_WANTED_H
#define CLI_LAB_WANTED_H

#include "cli/lab/sites.h"
#include "cli/command/options.h"
#include "run/cell/network.h"

/* The lab that `up` and `graph` are asked for. Zero it first. */
struct wanted {
	struct lab_spec spec; /* valid until wanted_free() */
	/* private */
	struct sites sites;
	struct network network; /* of @cell */
	struct scenario *scenario, *cell;
};

/* The cell of that name of a scenario file; NULL @cell = the first one. 0, or -1 with @e set. */
int wanted_from_scenario(struct wanted *w, const char *path, const char *cell, struct err *e);
/* The lab that --site and --internet describe. 0, or -1 with @e set. */
int wanted_from_sites(struct wanted *w, const struct option_list *sites,
		      const struct option_list *internet, uint64_t seed, struct err *e);
void wanted_free(struct wanted *w);

#endif
