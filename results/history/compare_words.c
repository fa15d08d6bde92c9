// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compare_words.c - what a comparison says, in the words that all its forms share
 *
 * A figure has the 95 % interval over its trials. Where each side's value lies in the other's interval, the
 * difference is said to be inside: other traffic might show the same without any change of the signature.
 */
#include <string.h>

#include "results/history/compare_words.h"
#include "results/score/measures.h"
#include "results/score/row_intervals.h"

const char *comparison_verdict(const struct comparison *c)
{
	if (!c->compared)
		return "nothing to compare: no cell is in both";
	if (c->worse)
		return c->better ? "WORSE (and better elsewhere)" : "WORSE";
	return c->better ? "better" : "equal";
}

const char *change_plural(enum change_kind k, size_t n)
{
	if (k == CHANGE_NEW_FP && n != 1)
		return "new false positives";
	if (k == CHANGE_GONE_FP && n != 1)
		return "false positives gone";
	if (k == CHANGE_MISSING)
		return "cells no longer scored";
	if (k == CHANGE_TRUTH)
		return "cells with other traffic";
	return change_text(k);
}

bool figure_moved(const struct figure *f)
{
	return f->now.tp != f->base.tp || f->now.fp != f->base.fp || f->now.fn != f->base.fn;
}

typedef double ratio_fn(const struct score_row *r);
typedef bool interval_fn(const struct score_row *r, struct interval *out);

static bool in_interval(double v, const struct interval *i)
{
	return v >= i->low && v <= i->high;
}

static void put_ratio(struct moved_ratio *m, const struct figure *f, ratio_fn *ratio,
		      interval_fn *interval)
{
	const struct score_row *rows[] = {&f->base, &f->now};
	struct interval i[2];
	bool known[2];
	double v[2];

	for (int k = 0; k < 2; k++) {
		v[k] = ratio(rows[k]);
		known[k] = v[k] >= 0 && interval(rows[k], &i[k]);
		if (v[k] < 0)
			snprintf(m->text[k], sizeof(m->text[k]), "-");
		else if (known[k])
			snprintf(m->text[k], sizeof(m->text[k]), "%.4f [%.2f,%.2f]", v[k], i[k].low,
				 i[k].high);
		else
			snprintf(m->text[k], sizeof(m->text[k]), "%.4f [-]", v[k]);
	}
	m->where = "";
	if (v[0] != v[1] && known[0] && known[1])
		m->where = in_interval(v[0], &i[1]) && in_interval(v[1], &i[0])
				   ? "inside the intervals"
				   : "outside the intervals";
}

struct moved_figure figure_text(const struct figure *f)
{
	struct moved_figure m = {0};

	put_ratio(&m.recall, f, score_recall, row_recall_interval);
	put_ratio(&m.precision, f, score_precision, row_precision_interval);
	return m;
}
