// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_ports.c - protocol and port class of the users' answered flows, per version and setting
 *
 * Look-ups of names are left out: they are not Skype. Stacked bars. Classes differ in pattern as well as in colour, so greyscale print keeps them
 * apart.
 */
#include <string.h>

#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_ports.h"

static const char *const port_names[PORTS] = {"UDP", "TCP, port above 1023", "TCP 443", "TCP 80",
					      "TCP, other port below 1024"};
static const int patterns[PORTS] = {3, 1, 2, 5, 4}; /* gnuplot's; 3 = solid */

/* Returns the number of bars. */
static int put_data(FILE *f, const struct traffic *t)
{
	int n = 0;

	fputs("label\tsetting\tversion", f);
	for (int k = 0; k < PORTS; k++)
		fprintf(f, "\t%s", port_names[k]);
	fputc('\n', f);
	for (const struct tally *s = t->settings; s; s = s->hh.next, n++) {
		int len = (int)strcspn(s->text, "\t");

		fprintf(f, "%s  %.*s\t%s", s->text + len + 1, len, s->text, s->text);
		for (int k = 0; k < PORTS; k++)
			fprintf(f, "\t%llu", s->n[k]);
		fputc('\n', f);
	}
	return n;
}

static void put_script(FILE *f)
{
	fputs("set title \"What the emulated users' flows ran over (answered flows, by the user's "
	      "own site)\"\n"
	      "set ylabel \"share of answered flows\"\nset yrange [0:1]\nset style data "
	      "histograms\n"
	      "set style histogram rowstacked\nset boxwidth 0.8\nset xtics rotate by -45\n"
	      "set key outside bottom center horizontal\nset rmargin 10\n"
	      "sum(x) = column(4)+column(5)+column(6)+column(7)+column(8)\nplot ",
	      f);
	for (int k = 0; k < PORTS; k++) {
		fprintf(f,
			"%s%s skip 1 using (column(%d)/sum(0))%s lc rgb \"%s\" fillstyle pattern "
			"%d border lc rgb \"" PLOT_AXES "\" title ",
			k ? ", \\\n     " : "", k ? "''" : "FILE", 4 + k, k ? "" : ":xtic(1)",
			plot_colours[k], patterns[k]);
		fputs(quote_gnuplot(port_names[k]), f);
	}
	fputc('\n', f);
}

int plot_ports(struct traffic *t, struct plot_list *list, struct err *e)
{
	struct plot_file p;
	int bars;

	tally_sort(&t->settings);
	plot_begin(&p);
	bars = put_data(p.data, t);
	put_script(p.script);
	return plot_list_add(list, &p, "ports", 420 + 44 * bars, 560, e);
}
