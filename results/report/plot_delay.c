// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_delay.c - how soon a flow or a client is recognised, in seconds, packets or bytes
 *
 * A curve per signature, over all that it should find: what it missed it never found, so a curve
 * ends at its recall. A signature that found nothing has none. Long curves are thinned to about 400
 * points, the last one always kept.
 */
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_delay.h"

#define POINTS_MAX  400
#define SECONDS_MIN 0.001 /* the axis is logarithmic: less is drawn here */
#define BYTES_MIN   1

static const char *const measure_words[SURVIVAL_MEASURES] = {"", "-packets", "-bytes"};

/* The delays of one signature, sorted. */
struct curve {
	const char *signature;
	size_t number; /* of the signature among all: its colour and dashes */
	double *x;     /* (owned) of what was found */
	size_t n, of;  /* found, and to find */
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

static struct curve curve_of(const struct plot_view *v, size_t number, enum score_unit unit,
			     enum survival_measure measure)
{
	struct curve c = {.signature = v->signatures.w[number],
			  .number = number,
			  .x = xcalloc(v->t->claims_n + 1, sizeof(double))};

	for (size_t i = 0; i < v->t->claims_n; i++) {
		const struct score_claim *k = &v->t->claims[i];
		const struct score_row *r = &v->t->rows[k->row];
		const double x[SURVIVAL_MEASURES] = {(double)k->detect_ns / 1e9,
						     (double)k->detect_packets,
						     (double)k->detect_bytes};
		bool found = k->result == CLAIM_TP && k->detect_ns >= 0;

		if ((!found && k->result != CLAIM_FN) || !plot_view_has(v, r, unit, false) ||
		    strcmp(r->signature, c.signature) != 0)
			continue;
		c.of++;
		if (found)
			c.x[c.n++] = x[measure];
	}
	qsort(c.x, c.n, sizeof(double), by_value);
	return c;
}

static struct curve_list select_curves(const struct plot_view *v, enum score_unit unit,
				       enum survival_measure measure)
{
	struct curve_list s = {.curves = xcalloc(v->signatures.n + 1, sizeof(*s.curves))};

	for (size_t i = 0; i < v->signatures.n; i++) {
		struct curve c = curve_of(v, i, unit, measure);

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

static void put_data(FILE *f, const struct curve_list *s, enum survival_measure measure)
{
	static const char *const heads[SURVIVAL_MEASURES] = {"seconds", "packets", "bytes"};
	double least = measure == SURVIVAL_SECONDS ? SECONDS_MIN : BYTES_MIN;

	fprintf(f, "%s\tshare\tsignature\n", heads[measure]);
	for (size_t k = 0; k < s->n; k++) {
		const struct curve *c = &s->curves[k];

		for (size_t i = 0; i < c->n; i++)
			if (i + 1 == c->n || i % (1 + c->n / POINTS_MAX) == 0)
				fprintf(f, "%.6g\t%.5f\t%s\n", c->x[i] < least ? least : c->x[i],
					(double)(i + 1) / (double)c->of, c->signature);
		fputs("\n\n", f);
	}
}

static void put_script(FILE *f, const struct plot_view *v, const struct curve_list *s,
		       enum score_unit unit, enum survival_measure measure)
{
	static const char *const labels[SURVIVAL_MEASURES] = {
		"seconds from the first packet to the verdict (0 is drawn at 0.001)",
		"packets up to the verdict",
		"bytes of payload up to the verdict (0 is drawn at 1)"};
	const char *what = unit == UNIT_FLOW ? "flow" : "client";

	static const char *const in[SURVIVAL_MEASURES] = {"seconds", "packets", "bytes of payload"};
	const char *whose =
		unit == UNIT_CLIENT && v->source == SOURCE_EMULATED ? " of any site" : "";
	char *title =
		xasprintf("How soon a %s%s is recognised, in %s (all that should be found, %s "
			  "traffic%s)",
			  what, whose, in[measure], source_text(v->source), v->at);

	fprintf(f,
		"set title %s\n"
		"set xlabel \"%s\"\nset ylabel \"share of all %ss to find\"\n"
		"set yrange [0:1.02]\nset logscale x\n%splot ",
		quote_gnuplot(title), labels[measure], what,
		measure == SURVIVAL_SECONDS ? "set xrange [0.0009:*]\n" : "");
	free(title);
	for (size_t k = 0; k < s->n; k++) {
		const struct curve *c = &s->curves[k];

		fprintf(f,
			"%s%s skip 1 index %zu using 1:2 with steps lw 2.2 dt %zu lc rgb \"%s\" "
			"title ",
			k ? ", \\\n     " : "", k ? "''" : "FILE", k, 1 + c->number % 5,
			plot_colours[c->number % PLOT_COLOURS]);
		fputs(quote_gnuplot(c->signature), f);
	}
	fputc('\n', f);
}

int plot_delay(const struct plot_view *v, enum score_unit unit, enum survival_measure measure,
	       struct plot_list *list, struct err *e)
{
	struct curve_list s = select_curves(v, unit, measure);
	struct plot_file p;
	char *name;
	int rc = 0;

	if (s.n) {
		plot_begin(&p);
		put_data(p.data, &s, measure);
		put_script(p.script, v, &s, unit, measure);
		name = xasprintf("time-to-detect%s%s-%s", unit == UNIT_CLIENT ? "-clients" : "",
				 measure_words[measure], source_text(v->source));
		rc = plot_list_add(list, &p, name, 980, 440, e);
		free(name);
	}
	selection_clear(&s);
	return rc;
}
