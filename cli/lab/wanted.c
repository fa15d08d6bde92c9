// SPDX-License-Identifier: GPL-2.0-or-later
/* wanted.c - the lab that a command line asks for: a cell of a scenario, or sites by options */
#include <string.h>

#include "cli/lab/wanted.h"
#include "run/scenario/cells.h"
#include "run/scenario/load.h"
#include "run/scenario/schema.h"

int wanted_from_scenario(struct wanted *w, const char *path, const char *cell, struct err *e)
{
	struct scenario_cell *cells;
	size_t n, i = 0;

	w->scenario = scenario_load(path, e);
	if (!w->scenario)
		return -1;
	cells = scenario_cells(w->scenario, NULL, 0, &n, e);
	if (!cells)
		return -1;
	while (cell && i < n && strcmp(cells[i].name, cell) != 0)
		i++;
	if (i == n)
		err_set(e, "%s: no cell '%s'; `skypelab run --dry-run %s` lists them", path, cell,
			path);
	else
		w->cell = scenario_apply(w->scenario, &cells[i]);
	if (w->cell && !cell && n > 1)
		log_info("%s: cell %s, the first of %zu", path, cells[i].name, n);
	scenario_cells_free(cells, n);
	if (!w->cell)
		return -1;
	network_plan(&w->network, w->cell, w->scenario->scenario, NULL);
	w->spec = w->network.spec;
	if (lab_check(&w->spec, e) < 0)
		return err_push(e, "%s", path);
	return 0;
}

int wanted_from_sites(struct wanted *w, const struct option_list *sites,
		      const struct option_list *internet, uint64_t seed, struct err *e)
{
	for (size_t i = 0; i < sites->n; i++)
		if (sites_add(&w->sites, sites->items[i], e) < 0)
			return -1;
	for (size_t i = 0; i < internet->n; i++)
		if (sites_add_internet(&w->sites, internet->items[i], e) < 0)
			return -1;
	w->sites.seed = seed;
	w->spec = sites_spec(&w->sites);
	return 0;
}

void wanted_free(struct wanted *w)
{
	sites_free(&w->sites);
	if (w->cell)
		network_free(&w->network);
	if (w->cell != w->scenario)
		scenario_free(w->cell);
	scenario_free(w->scenario);
}
