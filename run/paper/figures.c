// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * figures.c - which figures a paper has
 *
 * Every figure is of one source of traffic. Those of a run are the run's own plots
 * (results/report/plot_*.h), with the command of the run; the others show tables of the paper.
 */
#include <stdlib.h>
#include <string.h>

#include "base/inner.h"
#include "base/path.h"
#include "results/report/gnuplot.h"
#include "results/report/plot_traffic.h"
#include "results/report/plot_vantages.h"
#include "results/report/plot_versions.h"
#include "run/paper/figures.h"
#include "run/paper/flow_chart.h"
#include "run/paper/plot_shares.h"
#include "run/paper/run_messages.h"
#include "run/paper/tables.h"

static void figure_clear(struct figure *g)
{
	free(g->name);
	free(g->caption);
	free(g->command);
}

struct drawing {
	struct paper_material *m;
	const char *tables;
	struct plot_list list;
	size_t noted; /* of the list */
	struct figures *out;
};

/* Notes the next plot of the list. Takes @caption and @command. */
static void note_one(struct drawing *d, enum figure_about about, char *caption, char *command)
{
	struct figures *l = d->out;

	l->f = xrealloc(l->f, (l->n + 1) * sizeof(*l->f));
	l->f[l->n++] = (struct figure){.about = about,
				       .drawn = true,
				       .name = xstrdup(d->list.names[d->noted++]),
				       .caption = caption,
				       .command = command};
}

/* Notes the plots that were added to the list since the last call. Frees @caption and @command. */
static void note(struct drawing *d, enum figure_about about, char *caption, char *command)
{
	while (d->noted < d->list.n)
		note_one(d, about, xstrdup(caption), xstrdup(command));
	free(caption);
	free(command);
}

/* What results/report/plot_traffic.c draws. */
static const char *about_traffic(const char *name)
{
	static const char *const texts[][2] = {
		{"message-sizes", "sizes of all messages that the users' clients sent"},
		{"ports", "what the users' answered flows ran over, by firewall and NAT"},
		{"time-to-login", "how long it took a user to be in, or to give up"}};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!strcmp(texts[i][0], name))
			return texts[i][1];
	return name;
}

static char *run_command(const struct paper_run *r)
{
	const char *line =
		json_string_value(json_object_get(json_object_get(r->manifest, "run"), "command"));

	return xstrdup(line ? line : "skypelab run");
}

static int of_run(struct drawing *d, const struct paper_run *r, struct err *e)
{
	struct plot_view v;

	if (!plot_view_of(&v, r->t, SOURCE_EMULATED) || !v.versions.n)
		return 0;
	if (plot_versions(&v, UNIT_FLOW, &d->list, e) < 0)
		return -1;
	note(d, FIGURE_ACCURACY,
	     xasprintf("Emulated, %s: share of Skype's flows that each signature finds, by version",
		       r->name),
	     run_command(r));
	if (plot_versions(&v, UNIT_CLIENT, &d->list, e) < 0)
		return -1;
	note(d, FIGURE_ACCURACY,
	     xasprintf("Emulated, %s: share of clients that each signature finds, by version",
		       r->name),
	     run_command(r));
	if (v.vantages.n > 1 && plot_vantages(&v, &d->list, e) < 0)
		return -1;
	note(d, FIGURE_ACCURACY,
	     xasprintf("Emulated, %s: share of the flows that a vantage saw, by vantage", r->name),
	     run_command(r));
	return 0;
}

/* Sizes, ports and login times of the first run; others have the same users. */
static int of_traffic(struct drawing *d, struct err *e)
{
	const struct paper_run *r = d->m->runs;

	if (!d->m->runs_n || !r->outcomes)
		return 0;
	if (plot_traffic(r->dir, &d->list, e) < 0)
		return -1;
	while (d->noted < d->list.n)
		note_one(d, FIGURE_MESSAGES,
			 xasprintf("Emulated, %s: %s", r->name,
				   about_traffic(d->list.names[d->noted])),
			 run_command(r));
	return 0;
}

static int draw_shares(struct drawing *d, const struct shares *s, const char *table,
		       enum figure_about about, struct err *e)
{
	char *path = path_inf(d->tables, "%s.tsv", table);
	struct tsv *t = tsv_read(path, e);
	const struct paper_table *known = paper_table_find(table, e);
	int rc = t && known ? plot_shares(s, t, &d->list, e) : -1;

	if (rc == 0)
		note(d, about, xstrdup(s->caption), paper_table_command(known, d->m));
	tsv_free(t);
	free(path);
	return rc;
}

/* A figure of one run's table, of sessions begun where there are operations, and of flows. */
static int of_table(struct drawing *d, const struct paper_run *r, const char *what,
		    const char *table, const char *unit, const char *label, struct err *e)
{
	char *title = xasprintf("Share of %ss found, by %s\nemulated traffic, %s, at %s", unit,
				what, r->name, r->vantage);
	char *caption = xasprintf("Emulated, %s: share of %ss found, by %s, at %s", r->name, unit,
				  what, r->vantage);
	char *name = xasprintf("%s-%s-%s-emulated", what, unit, r->name);
	struct shares s = {.name = name,
			   .title = title,
			   .caption = caption,
			   .label = label,
			   .rows = {.only = {{"material", r->name}, {"unit", unit}}}};
	int rc = draw_shares(d, &s, table, FIGURE_ACCURACY, e);

	free(title);
	free(caption);
	free(name);
	return rc;
}

static int of_tables(struct drawing *d, struct err *e)
{
	static const char *const setting =
		"{caller_firewall}/{caller_nat}| > {callee_firewall}/{callee_nat}| ({other})";

	for (size_t i = 0; i < d->m->runs_n; i++) {
		const struct paper_run *r = &d->m->runs[i];

		if (of_table(d, r, "configuration", "accuracy-by-configuration", "session", setting,
			     e) < 0 ||
		    of_table(d, r, "operation", "accuracy-by-operation", "session", "{operation}",
			     e) < 0)
			return -1;
	}
	if (paper_material_scored(d->m)) {
		struct shares s = {.name = "captures-flows-recorded",
				   .title = "Share of flows found, by capture\nrecorded traffic",
				   .caption = "Recorded: share of flows found, by capture",
				   .label = "{material}",
				   .rows = {.only = {{"unit", "flow"}}}};

		return draw_shares(d, &s, "accuracy-recorded", FIGURE_RECORDED, e);
	}
	return 0;
}

/* ------------------------------------------------------------------ message flow */

/* One chart, as flow-SOURCE.svg. 1 when there is something to draw, 0; -1 with @e set. */
static int chart(struct drawing *d, const char *capture, enum traffic_source source,
		 const char *what, struct err *e)
{
	struct figures *l = d->out;
	char *out = path_inf(d->list.dir, "flow-%s.svg", source_text(source));
	int rc = flow_chart(capture, d->m->set, out, e);

	free(out);
	if (rc <= 0)
		return rc;
	l->f = xrealloc(l->f, (l->n + 1) * sizeof(*l->f));
	l->f[l->n++] = (struct figure){
		.about = FIGURE_FLOW,
		.name = xasprintf("flow-%s", source_text(source)),
		.caption = xasprintf("%s: the first messages of a client in %s, with the names "
				     "that the signatures give them",
				     source == SOURCE_EMULATED ? "Emulated" : "Recorded", what),
		.command = paper_line("-o DIRECTORY",
				      source == SOURCE_EMULATED ? TABLE_OF_RUNS : TABLE_OF_CAPTURES,
				      d->m)};
	return 1;
}

/* Whether a cell's emulated traffic has this version. */
static bool cell_has_version(const char *dir, const char *version)
{
	json_t *facts = inner_json(dir, "cell.json", NULL);
	const json_t *of =
		json_object_get(json_object_get(json_object_get(facts, "scoring"), "sources"),
				source_text(SOURCE_EMULATED));
	const char *found = json_string_value(json_object_get(of, "traffic_version"));
	bool yes = found && !strcmp(found, version);

	json_decref(facts);
	return yes;
}

/* The capture at the run's vantage of its first cell of a version (owned), or NULL. */
static char *cell_capture_of(const struct paper_run *r, const char *version)
{
	const json_t *cells = json_object_get(json_object_get(r->manifest, "run"), "cells");
	char *found = NULL;

	for (size_t i = 0; i < json_array_size(cells) && !found; i++) {
		const char *name =
			json_string_value(json_object_get(json_array_get(cells, i), "cell"));
		char *dir = name && inner_name(name) ? path_inf(r->dir, "cells/%s", name) : NULL;

		if (dir && cell_has_version(dir, version))
			found = cell_capture_at(dir, r->vantage);
		free(dir);
	}
	return found;
}

static int of_flows(struct drawing *d, struct err *e)
{
	const char *version = paper_version(d->m);
	char *capture = version && d->m->runs_n ? cell_capture_of(d->m->runs, version) : NULL;
	int rc = capture ? chart(d, capture, SOURCE_EMULATED, capture + strlen(d->m->runs->dir) + 1,
				 e)
			 : 0;

	free(capture);
	for (size_t i = 0; i < d->m->captures_n && rc >= 0; i++) {
		if (d->m->captures[i].why)
			continue;
		rc = chart(d, d->m->captures[i].path, SOURCE_RECORDED, d->m->captures[i].name, e);
		if (rc > 0)
			break;
	}
	return rc < 0 ? -1 : 0;
}

static int draw_all(struct drawing *d, struct err *e)
{
	if (of_flows(d, e) < 0 || of_traffic(d, e) < 0)
		return -1;
	for (size_t i = 0; i < d->m->runs_n; i++)
		if (of_run(d, &d->m->runs[i], e) < 0)
			return -1;
	return of_tables(d, e);
}

/* Leaves only what needs no gnuplot. */
static void drop_drawn(struct figures *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (!l->f[i].drawn)
			l->f[n++] = l->f[i];
		else
			figure_clear(&l->f[i]);
	}
	l->n = n;
}

int figures_draw(struct figures *out, struct paper_material *m, const char *dir, const char *tables,
		 struct err *e)
{
	struct drawing d = {.m = m, .tables = tables, .list = {.dir = dir}, .out = out};
	int rc;

	*out = (struct figures){0};
	rc = draw_all(&d, e);
	if (rc == 0 && d.list.n) {
		rc = gnuplot_run(dir, (const char *const *)d.list.names, d.list.n, e);
		if (rc < 0 && e->code == EXIT_ENV) {
			log_warn("%s", e->msg);
			out->missing = xstrdup("gnuplot is not installed");
			drop_drawn(out);
			rc = 0;
		}
	}
	plot_list_clear(&d.list);
	return rc;
}

void figures_clear(struct figures *l)
{
	for (size_t i = 0; i < l->n; i++)
		figure_clear(&l->f[i]);
	free(l->f);
	free(l->missing);
	*l = (struct figures){0};
}
