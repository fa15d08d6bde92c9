// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_view.c - which rows of the accuracy table the plots of one source take
 *
 * Emulated and recorded traffic never share a plot. A plot that is not about vantages shows one of
 * them: summing over vantages would count each flow several times.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "results/report/plot_view.h"

static void add_word(struct plot_words *l, const char *text)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->w[i], text))
			return;
	if (l->n < ARRAY_LEN(l->w))
		l->w[l->n++] = text;
}

/* As the tables and the maps have them: "7.7" before "2014". */
static int by_text(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

static struct plot_words in_order_of_way(const struct plot_words *vantages)
{
	static const char *const order[] = {"caller.lan", "caller.wan", "core", "callee.wan",
					    "callee.lan"};
	struct plot_words sorted = {0};

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		for (size_t k = 0; k < vantages->n; k++)
			if (!strcmp(vantages->w[k], order[i]))
				add_word(&sorted, vantages->w[k]);
	for (size_t k = 0; k < vantages->n; k++)
		add_word(&sorted, vantages->w[k]);
	return sorted;
}

bool plot_view_has(const struct plot_view *v, const struct score_row *r, enum score_unit unit,
		   bool any_vantage)
{
	return r->unit == unit && r->source == v->source &&
	       (any_vantage || !strcmp(r->vantage, v->vantage));
}

bool plot_view_of(struct plot_view *v, const struct score_table *t, enum traffic_source source)
{
	*v = (struct plot_view){.t = t, .source = source};
	for (size_t i = 0; i < t->n; i++) {
		const struct score_row *r = &t->rows[i];

		if (!plot_view_has(v, r, UNIT_FLOW, true))
			continue;
		add_word(&v->signatures, r->signature);
		if (r->tp + r->fn)
			add_word(&v->versions, r->traffic_version);
		add_word(&v->vantages, r->vantage);
	}
	if (!v->signatures.n)
		return false;
	v->vantage = v->vantages.w[0];
	for (size_t i = 0; i < v->vantages.n; i++)
		if (!strcmp(v->vantages.w[i], "caller.lan"))
			v->vantage = v->vantages.w[i];
	if (strcmp(v->vantage, "-") != 0)
		snprintf(v->at, sizeof(v->at), ", at %s", v->vantage);
	qsort(v->signatures.w, v->signatures.n, sizeof(char *), by_text);
	qsort(v->versions.w, v->versions.n, sizeof(char *), by_text);
	v->vantages = in_order_of_way(&v->vantages);
	return true;
}

struct score_row plot_view_sum(const struct plot_view *v, enum score_unit unit,
			       const char *signature, const char *version, const char *vantage)
{
	struct score_row sum = {.source = v->source, .unit = unit};

	for (size_t i = 0; i < v->t->n; i++) {
		const struct score_row *r = &v->t->rows[i];

		if (!plot_view_has(v, r, unit, vantage != NULL) ||
		    strcmp(r->signature, signature) != 0 ||
		    (version && strcmp(r->traffic_version, version) != 0) ||
		    (vantage && strcmp(r->vantage, vantage) != 0))
			continue;
		score_row_sum(&sum, r);
	}
	return sum;
}
