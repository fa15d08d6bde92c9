// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_login.c - time until a user was logged in or gave up, per setting of the user's own site
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_login.h"

static bool is_timed_login(const struct tsv *outcomes, size_t r)
{
	return !strcmp(traffic_cell(outcomes, r, "kind"), "login") &&
	       strtod(traffic_cell(outcomes, r, "seconds"), NULL) > 0;
}

/* Settings of all timed logins, sorted, n[0] = column in the plot; (owned). Their number into @n. */
static struct tally *select_settings(const struct tsv *outcomes, size_t *n)
{
	struct tally *settings = NULL;

	*n = 0;
	for (size_t r = 0; r < outcomes->rows; r++) {
		char setting[SETTING_LEN];

		if (!is_timed_login(outcomes, r))
			continue;
		traffic_setting(outcomes, r, setting);
		tally(&settings, setting);
	}
	tally_sort(&settings);
	for (struct tally *s = settings; s; s = s->hh.next)
		s->n[0] = (*n)++;
	return settings;
}

static void put_data(FILE *f, const struct tsv *outcomes, struct tally *settings)
{
	fputs("x\tsetting\tversion\tmode\tpath\tseconds\tresult\n", f);
	for (size_t r = 0; r < outcomes->rows; r++) {
		char setting[SETTING_LEN];

		if (!is_timed_login(outcomes, r))
			continue;
		traffic_setting(outcomes, r, setting);
		fprintf(f, "%llu\t%s\t%s\t%s\t%s\t%s\t%s\n", tally(&settings, setting)->n[0],
			setting, traffic_cell(outcomes, r, "version"),
			traffic_cell(outcomes, r, "mode"), traffic_cell(outcomes, r, "path"),
			traffic_cell(outcomes, r, "seconds"), traffic_cell(outcomes, r, "result"));
	}
}

static void put_script(FILE *f, const struct tally *settings, size_t n)
{
	/* gnuplot's shapes: full for those who got in, open for those who did not */
	static const int points[2][2] = {{6, 7}, {4, 5}};

	fputs("set xtics rotate by -45 (", f);
	for (const struct tally *s = settings; s; s = s->hh.next) {
		fputs(s == settings ? "" : ", ", f);
		fputs(quote_gnuplot(s->text), f);
		fprintf(f, " %llu", s->n[0]);
	}
	fputs(")\n", f);
	fprintf(f,
		"set title \"Time until the emulated user was in, or gave up (by the user's own "
		"site)\"\n"
		"set ylabel \"emulated seconds\"\nset logscale y\nset xrange [-0.6:%zu.6]\n"
		"is(mode, in) = (strcol(4) eq \"automatic\") == mode && "
		"(strcol(7) eq \"in\") == in ? column(6) : NaN\nplot ",
		n - 1);
	for (int mode = 0; mode < 2; mode++)
		for (int in = 1; in >= 0; in--)
			fprintf(f,
				"%s%s skip 1 using ($1%s):(is(%d, %d)) with points pt %d ps 1 lc "
				"rgb \"%s\" title \"%s login%s\"",
				mode || !in ? ", \\\n     " : "", mode || !in ? "''" : "FILE",
				mode ? "+0.12" : "-0.12", mode, in, points[mode][in],
				plot_colours[mode], mode ? "automatic" : "manual",
				in ? "" : ": gave up");
	fputc('\n', f);
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
