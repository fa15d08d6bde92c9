// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_delay.c - how soon a flow is recognised, in seconds or in packets
 *
 * A cumulative distribution per signature, over the flows it found whose time to detect is known.
 * Long curves are thinned to about 400 points, the last one always kept.
 */
#include <stdlib.h>
#include <string.h>

#include "results/report/gnuplot.h"
#include "results/report/palette.h"
#include "results/report/plot_delay.h"

#define POINTS_MAX  400
#define SECONDS_MIN 0.001 /* the axis is logarithmic: less is drawn here */

/* The delays of one signature, sorted. */
struct curve {
	const char *signature;
	size_t number; /* of the signature among all: its colour and dashes */
	double *x;     /* (owned) */
	size_t n;
};

struct curve_list {
	struct curve *curves; /* (owned) those that are not empty */
	size_t n;
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct curve curve_of(const struct plot_view *v, size_t number, enum delay_axis axis)
{
	struct curve c = {.signature = v->signatures.w[number],
			  .number = number,
			  .x = xcalloc(v->t->claims_n + 1, sizeof(double))};

	for (size_t i = 0; i < v->t->claims_n; i++) {
		const struct score_claim *k = &v->t->claims[i];
		const struct score_row *r = &v->t->rows[k->row];

		if (k->result == CLAIM_TP && k->detect_ns >= 0 &&
		    plot_view_has(v, r, UNIT_FLOW, false) && !strcmp(r->signature, c.signature))
			c.x[c.n++] = axis == DELAY_PACKETS ? (double)k->detect_packets
							   : (double)k->detect_ns / 1e9;
	}
	qsort(c.x, c.n, sizeof(double), by_value);
	return c;
}

static struct curve_list select_curves(const struct plot_view *v, enum delay_axis axis)
{
	struct curve_list s = {.curves = xcalloc(v->signatures.n + 1, sizeof(*s.curves))};

	for (size_t i = 0; i < v->signatures.n; i++) {
		struct curve c = curve_of(v, i, axis);

		if (c.n)
			s.curves[s.n++] = c;
		else
			free(c.x);
	}
	return s;
}

static void selection_clear(struct curve_list *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->curves[i].x);
	free(s->curves);
}

static void put_data(FILE *f, const struct curve_list *s, enum delay_axis axis)
{
	fprintf(f, "%s\tshare\tsignature\n", axis == DELAY_PACKETS ? "packets" : "seconds");
	for (size_t k = 0; k < s->n; k++) {
		const struct curve *c = &s->curves[k];

		for (size_t i = 0; i < c->n; i++) {
			bool early = axis == DELAY_SECONDS && c->x[i] < SECONDS_MIN;

			if (i + 1 == c->n || i % (1 + c->n / POINTS_MAX) == 0)
				fprintf(f, "%.6g\t%.5f\t%s\n", early ? SECONDS_MIN : c->x[i],
					(double)(i + 1) / (double)c->n, c->signature);
		}
		fputs("\n\n", f);
	}
}

static void put_script(FILE *f, const struct plot_view *v, const struct curve_list *s,
		       enum delay_axis axis)
{
	fprintf(f,
		"set title \"How soon a flow is recognised (found flows, %s traffic%s)\"\n"
		"set xlabel \"%s\"\nset ylabel \"share of the found flows\"\n"
		"set yrange [0:1.02]\nset logscale x\n%splot ",
		source_text(v->source), v->at,
		axis == DELAY_PACKETS
			? "packets of the flow up to the verdict"
			: "seconds from the flow's first packet to the verdict (0 is drawn at "
			  "0.001)",
		axis == DELAY_PACKETS ? "" : "set xrange [0.0009:*]\n");
	for (size_t k = 0; k < s->n; k++) {
		const struct curve *c = &s->curves[k];

		fprintf(f,
			"%s%s skip 1 index %zu using 1:2 with steps lw 2.2 dt %zu lc rgb \"%s\" "
			"title ",
			k ? ", \\\n     " : "", k ? "''" : "FILE", k, 1 + c->number % 5,
			plot_colours[c->number % PLOT_COLOURS]);
		gnuplot_quote(f, c->signature);
	}
	fputc('\n', f);
}

int plot_delay(const struct plot_view *v, enum delay_axis axis, struct plot_list *list,
	       struct err *e)
{
	struct curve_list s = select_curves(v, axis);
	struct plot_file p;
	char *name;
	int rc = 0;

	if (s.n) {
		plot_begin(&p);
		put_data(p.data, &s, axis);
		put_script(p.script, v, &s, axis);
		name = xasprintf("time-to-detect%s-%s", axis == DELAY_PACKETS ? "-packets" : "",
				 source_text(v->source));
		rc = plot_list_add(list, &p, name, 980, 440, e);
		free(name);
	}
	selection_clear(&s);
	return rc;
}
