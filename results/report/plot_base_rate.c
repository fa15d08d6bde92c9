// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_base_rate.c - precision over the share of Skype: the line as measured, the band down to what
 * the number of negatives can vouch for
 */
#include <stdlib.h>

#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_base_rate.h"
#include "results/score/base_rate.h"

/* Signatures that have a curve, by number. */
struct selection {
	size_t number[PLOT_COLOURS];
	size_t n;
};

static struct selection select_signatures(const struct plot_view *v)
{
	struct selection s = {0};

	for (size_t i = 0; i < v->signatures.n && s.n < PLOT_COLOURS; i++) {
		struct score_row sum = plot_view_sum(v, UNIT_FLOW, v->signatures.w[i], NULL, NULL);

		if (base_rate_at(&sum, base_rate_shares[0]).precision >= 0 && sum.tp)
			s.number[s.n++] = i;
		score_row_clear(&sum);
	}
	return s;
}

static void put_data(FILE *f, const struct plot_view *v, const struct selection *s)
{
	fputs("share\tprecision\tlow\thigh\tsignature\n", f);
	for (size_t k = 0; k < s->n; k++) {
		const char *name = v->signatures.w[s->number[k]];
		struct score_row sum = plot_view_sum(v, UNIT_FLOW, name, NULL, NULL);

		for (int i = 0; i < BASE_RATE_SHARES; i++) {
			struct base_rate at = base_rate_at(&sum, base_rate_shares[i]);

			fprintf(f, "%g\t%.5f\t%.5f\t%.5f\t%s\n", base_rate_shares[i], at.precision,
				at.low, at.high, name);
		}
		fputs("\n\n", f);
		score_row_clear(&sum);
	}
}

static void put_script(FILE *f, const struct plot_view *v, const struct selection *s)
{
	char *title = xasprintf("Precision of flows where Skype is rare (%s traffic%s)\n"
				"line: as measured; dashes: its lower 95 %% bound",
				source_text(v->source), v->at);

	fprintf(f,
		"set title %s\n"
		"set xlabel \"share of flows that are Skype, %%\"\nset ylabel \"precision\"\n"
		"set yrange [0:1.02]\nset logscale x\nset format x \"%%g\"\n"
		"set xrange [1.3:0.0008]\nplot ",
		quote_gnuplot(title));
	free(title);
	for (size_t k = 0; k < s->n; k++) {
		const char *colour = plot_colours[s->number[k] % PLOT_COLOURS];

		fprintf(f,
			"%s%s skip 1 index %zu using (100*$1):2 with linespoints lw 2 pt %zu lc "
			"rgb "
			"\"%s\" title ",
			k ? ", \\\n     " : "", k ? "''" : "FILE", k, 4 + k, colour);
		fputs(quote_gnuplot(v->signatures.w[s->number[k]]), f);
		fprintf(f,
			", \\\n     '' skip 1 index %zu using (100*$1):3 with lines lw 1.4 dt 2 lc "
			"rgb "
			"\"%s\" notitle",
			k, colour);
	}
	fputc('\n', f);
}

int plot_base_rate(const struct plot_view *v, struct plot_list *list, struct err *e)
{
	struct selection s = select_signatures(v);
	struct plot_file p;
	char *name;
	int rc;

	if (!s.n)
		return 0;
	plot_begin(&p);
	put_data(p.data, v, &s);
	put_script(p.script, v, &s);
	name = xasprintf("base-rate-%s", source_text(v->source));
	rc = plot_list_add(list, &p, name, 980, 440, e);
	free(name);
	return rc;
}
