// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_login.c - time until a user was logged in or gave up, per setting
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/gnuplot.h"
#include "results/report/palette.h"
#include "results/report/plot_login.h"

/* Settings of all rows, sorted, n[0] = column in the plot; (owned). Their number into @n. */
static struct tally *select_settings(const struct tsv *outcomes, size_t *n)
{
	struct tally *settings = NULL;

	*n = 0;
	for (size_t r = 0; r < outcomes->rows; r++) {
		char setting[SETTING_LEN];

		traffic_setting(outcomes, r, setting);
		tally(&settings, setting);
	}
	tally_sort(&settings);
	for (struct tally *s = settings; s; s = s->hh.next)
		s->n[0] = (*n)++;
	return settings;
}

static bool is_timed_login(const struct tsv *outcomes, size_t r)
{
	return !strcmp(traffic_cell(outcomes, r, "kind"), "login") &&
	       strtod(traffic_cell(outcomes, r, "seconds"), NULL) > 0;
}

static void put_data(FILE *f, const struct tsv *outcomes, struct tally *settings)
{
	fputs("x\tsetting\tversion\tmode\tpath\tseconds\n", f);
	for (size_t r = 0; r < outcomes->rows; r++) {
		char setting[SETTING_LEN];

		if (!is_timed_login(outcomes, r))
			continue;
		traffic_setting(outcomes, r, setting);
		fprintf(f, "%llu\t%s\t%s\t%s\t%s\t%s\n", tally(&settings, setting)->n[0], setting,
			traffic_cell(outcomes, r, "version"), traffic_cell(outcomes, r, "mode"),
			traffic_cell(outcomes, r, "path"), traffic_cell(outcomes, r, "seconds"));
	}
}

static void put_script(FILE *f, const struct tally *settings, size_t n)
{
	fputs("set xtics rotate by -45 (", f);
	for (const struct tally *s = settings; s; s = s->hh.next) {
		fputs(s == settings ? "" : ", ", f);
		gnuplot_quote(f, s->text);
		fprintf(f, " %llu", s->n[0]);
	}
	fputs(")\n", f);
	fprintf(f,
		"set title \"Time until the emulated user was in, or gave up\"\n"
		"set ylabel \"emulated seconds\"\nset logscale y\nset xrange [-0.6:%zu.6]\n"
		"manual(c) = strcol(4) eq \"automatic\" ? NaN : column(c)\n"
		"automatic(c) = strcol(4) eq \"automatic\" ? column(c) : NaN\n"
		"plot FILE skip 1 using ($1-0.12):(manual(6)) with points pt %d ps 1 lc rgb \"%s\" "
		"title \"manual login\", \\\n"
		"     '' skip 1 using ($1+0.12):(automatic(6)) with points pt %d ps 1 lc rgb "
		"\"%s\" title \"automatic login\"\n",
		n - 1, plot_points[0], plot_colours[0], plot_points[1], plot_colours[1]);
}

int plot_login(const struct traffic *t, struct plot_list *list, struct err *e)
{
	size_t logins = 0, n;
	struct tally *settings;
	struct plot_file p;
	int rc;

	for (size_t r = 0; r < t->outcomes->rows; r++)
		logins += is_timed_login(t->outcomes, r);
	if (!logins)
		return 0;
	settings = select_settings(t->outcomes, &n);
	plot_begin(&p);
	put_data(p.data, t->outcomes, settings);
	put_script(p.script, settings, n);
	rc = plot_list_add(list, &p, "time-to-login", 460 + 60 * (int)n, 520, e);
	tally_free(&settings);
	return rc;
}
