// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_drift.c - recall against the amount of a change, a curve per signature
 *
 * Amounts stand side by side in even steps, whatever lies between them: what matters is where a curve
 * falls. A signature that finds nothing in the unchanged captures has no curve.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_drift.h"
#include "results/score/measures.h"

char *drift_axes(const char *word, double amount)
{
	return xasprintf("amount=%g\tchange=%s", amount, word);
}

struct score_row drift_sum(const struct plot_view *v, enum score_unit unit, const char *signature,
			   const char *word, double amount, bool any_vantage)
{
	char *axes = drift_axes(word, amount);
	struct score_row sum = {0};

	for (size_t i = 0; i < v->t->n; i++) {
		const struct score_row *r = &v->t->rows[i];

		if (plot_view_has(v, r, unit, any_vantage) && !strcmp(r->axes, axes) &&
		    !strcmp(r->signature, signature))
			score_row_sum(&sum, r);
	}
	free(axes);
	return sum;
}

/* Recall at one amount; below 0 = nothing to find. *@of: how much there is. */
static double recall_at(const struct plot_view *v, enum score_unit unit, const char *signature,
			const struct drift_axis *axis, double amount, uint64_t *of)
{
	struct score_row sum = drift_sum(v, unit, signature, axis->word, amount, false);
	double recall = score_recall(&sum);

	*of = sum.tp + sum.fn;
	score_row_clear(&sum);
	return recall;
}

static size_t put_data(FILE *f, const struct plot_view *v, enum score_unit unit,
		       const struct drift_axis *axis, const char **drawn, uint64_t *of)
{
	size_t n = 0;

	for (size_t s = 0; s < v->signatures.n; s++) {
		const char *name = v->signatures.w[s];

		if (recall_at(v, unit, name, axis, axis->amounts[0], of) <= 0)
			continue;
		fprintf(f, "%s# %s\nstep\tamount\trecall\n", n ? "\n\n" : "", name);
		for (size_t i = 0; i < axis->n; i++)
			fprintf(f, "%zu\t%g\t%.4f\n", i, axis->amounts[i],
				recall_at(v, unit, name, axis, axis->amounts[i], of));
		drawn[n++] = name;
	}
	return n;
}

static void put_script(FILE *f, const struct plot_view *v, const struct drift_axis *axis,
		       const char *what, const char *const *drawn, size_t n, uint64_t of)
{
	char *title =
		xasprintf("Recall of %s against the amount of change\n%s traffic%s, %" PRIu64 " %s",
			  what, source_text(v->source), v->at, of, what);

	fputs("set title ", f);
	fputs(quote_gnuplot(title), f);
	free(title);
	fprintf(f,
		"\nset xlabel \"%s\"\nset ylabel \"recall\"\nset yrange [-0.02:1.02]\n"
		"set xrange [-0.2:%g]\nset key outside right top\nset xtics (",
		axis->label, (double)axis->n - 0.8);
	for (size_t i = 0; i < axis->n; i++)
		fprintf(f, "%s\"%g\" %zu", i ? ", " : "", axis->amounts[i], i);
	fputs(")\nplot ", f);
	for (size_t i = 0; i < n; i++)
		fprintf(f,
			"%sFILE index %zu skip 1 using 1:3 with linespoints lw 2 lc rgb \"%s\" dt "
			"%zu pt %d title %s",
			i ? ", \\\n     " : "", i, plot_colours[i % PLOT_COLOURS],
			1 + i / PLOT_COLOURS, plot_points[i % PLOT_SHAPES],
			quote_gnuplot(drawn[i]));
	fputs("\n", f);
}

int plot_drift(const struct plot_view *v, enum score_unit unit, const struct drift_axis *axis,
	       struct plot_list *list, struct err *e)
{
	const char *what = unit == UNIT_FLOW ? "flows" : "clients";
	char *name = xasprintf("drift-%s-%s-%s", axis->word, what, source_text(v->source));
	const char **drawn = xcalloc(v->signatures.n + 1, sizeof(*drawn));
	struct plot_file p;
	uint64_t of = 0;
	size_t n;
	int rc = 0;

	plot_begin(&p);
	n = put_data(p.data, v, unit, axis, drawn, &of);
	if (n) {
		put_script(p.script, v, axis, what, drawn, n, of);
		rc = plot_list_add(list, &p, name, 900, 520, e);
	} else {
		plot_drop(&p);
	}
	free(drawn);
	free(name);
	return rc;
}
