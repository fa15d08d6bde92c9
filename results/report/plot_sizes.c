// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_sizes.c - payload sizes of every message, as bubbles that grow with the logarithm of how many
 */
#include <string.h>

#include "results/report/palette.h"
#include "results/report/plot_sizes.h"

/* One column per message, in the order of the sorted sizes. Returns the last column's number. */
static int put_data(FILE *f, const struct traffic *t)
{
	char name[64] = "";
	int x = -1;

	fputs("x\tmessage\tversion\tsize\tcount\n", f);
	for (const struct tally *s = t->sizes; s; s = s->hh.next) {
		size_t len = strcspn(s->text, "\t");

		if (strlen(name) != len || strncmp(name, s->text, len) != 0) {
			snprintf(name, sizeof(name), "%.*s", (int)len, s->text);
			x++;
		}
		fprintf(f, "%d\t%s\t%llu\n", x, s->text, s->n[0]);
	}
	return x;
}

static void put_script(FILE *f, int last)
{
	fprintf(f,
		"set title \"Sizes of the messages sent (emulated traffic; size of a dot: how "
		"many, by its logarithm)\"\n"
		"set xlabel \"message\"\nset ylabel \"payload, bytes\"\nset logscale y\n"
		"set yrange [2:*]\nset xrange [-0.6:%d.6]\nset xtics rotate by -45\nunset key\n"
		"plot FILE skip 1 using 1:4:(0.5+0.45*log10($5+1)):xtic(2) with points pt 7 ps "
		"variable lc rgb \"" PLOT_BUBBLES "\"\n",
		last);
}

int plot_sizes(struct traffic *t, struct plot_list *list, struct err *e)
{
	struct plot_file p;
	int last;

	tally_sort(&t->sizes);
	plot_begin(&p);
	last = put_data(p.data, t);
	put_script(p.script, last);
	return plot_list_add(list, &p, "message-sizes", 300 + 34 * (last + 1), 480, e);
}
