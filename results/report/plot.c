// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot.c - which plots a run has
 *
 * Each plot has a file of its own, plot_NAME.c, with the same three steps apart from each other:
 * select what to show, write the data file, write the gnuplot script. A plot whose data has nothing
 * to say is left out (one signature has no comparison). README.md says how to add one.
 */
#include <stdlib.h>

#include "base/outfile.h"
#include "base/path.h"
#include "results/report/gnuplot.h"
#include "results/report/plot.h"
#include "results/report/plot_base_rate.h"
#include "results/report/plot_containment.h"
#include "results/report/plot_delay.h"
#include "results/report/plot_settings.h"
#include "results/report/plot_signatures.h"
#include "results/report/plot_traffic.h"
#include "results/report/plot_vantages.h"
#include "results/report/plot_versions.h"

static int plot_recall(const struct plot_view *v, struct plot_list *list, struct err *e)
{
	if (!v->versions.n) /* no Skype anywhere: there is no recall */
		return 0;
	if (plot_versions(v, UNIT_FLOW, list, e) < 0 || plot_versions(v, UNIT_CLIENT, list, e) < 0)
		return -1;
	return v->vantages.n > 1 ? plot_vantages(v, list, e) : 0;
}

static int plot_delays(const struct plot_view *v, struct plot_list *list, struct err *e)
{
	for (int m = 0; m < SURVIVAL_MEASURES; m++)
		if (plot_delay(v, UNIT_FLOW, (enum survival_measure)m, list, e) < 0)
			return -1;
	return plot_delay(v, UNIT_CLIENT, SURVIVAL_SECONDS, list, e);
}

static int plot_source(const struct plot_view *v, struct plot_list *list, struct err *e)
{
	for (size_t i = 0; i < v->signatures.n; i++)
		if (plot_settings(v, v->signatures.w[i], list, e) < 0)
			return -1;
	if (plot_recall(v, list, e) < 0 || plot_delays(v, list, e) < 0)
		return -1;
	return plot_base_rate(v, list, e) < 0 ? -1 : plot_signatures(v, list, e);
}

int plot_run(const struct score_table *t, const char *run_dir, struct err *e)
{
	char *dir = path_in(run_dir, "plots");
	struct plot_list list = {.dir = dir};
	struct plot_view view;
	int rc = make_dirs(dir, e), n;

	for (int s = SOURCE_EMULATED; s <= SOURCE_RECORDED && !rc; s++)
		if (plot_view_of(&view, t, (enum traffic_source)s))
			rc = plot_source(&view, &list, e);
	if (!rc)
		rc = plot_containment(run_dir, &list, e);
	if (!rc)
		rc = plot_traffic(run_dir, &list, e);
	if (!rc && list.n)
		rc = gnuplot_run(dir, (const char *const *)list.names, list.n, e);
	n = (int)list.n;
	plot_list_clear(&list);
	free(dir);
	return rc < 0 ? -1 : n;
}
