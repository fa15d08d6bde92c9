// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_settings.c - one signature's recall and precision per version and setting
 */
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_settings.h"
#include "results/score/row_intervals.h"
#include "results/score/measures.h"

#define LABEL_LEN 160

/* The rows that have something to show, by label from the bottom up. */
struct setting_rows {
	const struct score_row **rows; /* (owned array) */
	size_t n;
	size_t recalls, precisions; /* rows that have one */
};

static void setting_label(const struct score_row *r, char out[LABEL_LEN])
{
	snprintf(out, LABEL_LEN, "%s", r->traffic_version);
	if (strcmp(r->caller_firewall, "-") != 0)
		snprintf(out + strlen(out), LABEL_LEN - strlen(out), "  %s/%s", r->caller_firewall,
			 r->caller_nat);
	if (strcmp(r->callee_firewall, "-") != 0)
		snprintf(out + strlen(out), LABEL_LEN - strlen(out), " > %s/%s", r->callee_firewall,
			 r->callee_nat);
	if (*r->axes)
		snprintf(out + strlen(out), LABEL_LEN - strlen(out), "  %s", r->axes);
	for (char *p = out; *p; p++) /* as gnuplot reads a field */
		*p = *p == '\t' ? ' ' : *p == '"' ? '\'' : *p;
}

static int by_label(const void *a, const void *b)
{
	char x[LABEL_LEN], y[LABEL_LEN];

	setting_label(*(const struct score_row *const *)a, x);
	setting_label(*(const struct score_row *const *)b, y);
	return strcmp(y, x);
}

static struct setting_rows select_rows(const struct plot_view *v, const char *signature)
{
	struct setting_rows s = {.rows = xcalloc(v->t->n + 1, sizeof(*s.rows))};

	for (size_t i = 0; i < v->t->n; i++) {
		const struct score_row *r = &v->t->rows[i];

		if (!plot_view_has(v, r, UNIT_FLOW, false) || strcmp(r->signature, signature) != 0)
			continue;
		if (score_recall(r) < 0 && score_precision(r) < 0)
			continue;
		s.recalls += score_recall(r) >= 0;
		s.precisions += score_precision(r) >= 0;
		s.rows[s.n++] = r;
	}
	qsort(s.rows, s.n, sizeof(*s.rows), by_label);
	return s;
}

static void put_share(FILE *f, double share, bool known, const struct interval *i)
{
	if (share < 0)
		fputs("\t-\t-\t-", f);
	else if (known)
		fprintf(f, "\t%.4f\t%.4f\t%.4f", share, i->low, i->high);
	else
		fprintf(f, "\t%.4f\t%.4f\t%.4f", share, share, share);
}

static void put_data(FILE *f, const struct setting_rows *s)
{
	fputs("y\tsetting\trecall\trecall_low\trecall_high\tprecision\tprecision_low\t"
	      "precision_high\n",
	      f);
	for (size_t i = 0; i < s->n; i++) {
		const struct score_row *r = s->rows[i];
		struct interval span;
		char label[LABEL_LEN];

		setting_label(r, label);
		fprintf(f, "%zu\t%s", i + 1, label);
		put_share(f, score_recall(r), row_recall_interval(r, &span), &span);
		put_share(f, score_precision(r), row_precision_interval(r, &span), &span);
		fputc('\n', f);
	}
}

/* Pixels that the longest label needs, with the space beside it. */
static int label_width(const struct setting_rows *s)
{
	size_t longest = 0;

	for (size_t i = 0; i < s->n; i++) {
		char label[LABEL_LEN];

		setting_label(s->rows[i], label);
		longest = strlen(label) > longest ? strlen(label) : longest;
	}
	return 30 + 8 * (int)longest;
}

static int plot_width(const struct setting_rows *s)
{
	return label_width(s) + 460;
}

static void put_script(FILE *f, const struct plot_view *v, const char *signature,
		       const struct setting_rows *s)
{
	char *title = xasprintf("%s: flows found per setting\n%s traffic%s", signature,
				source_text(v->source), v->at);

	fputs("set title ", f);
	fputs(quote_gnuplot(title), f);
	free(title);
	fprintf(f,
		"\nset xlabel \"share of flows, with 95 %% interval\"\n"
		"set lmargin at screen %.3f\nset rmargin at screen %.3f\n"
		"set xrange [-0.02:1.02]\nset yrange [0.4:%zu.6]\nset key outside bottom center "
		"horizontal height 1\n"
		"plot ",
		(double)label_width(s) / plot_width(s), 1 - 40.0 / plot_width(s), s->n);
	if (s->recalls)
		fprintf(f,
			"FILE skip 1 using 3:($1+0.13):4:5:ytic(2) with xerrorbars lw 1.5 pt %d ps "
			"0.7 lc rgb \"%s\" title \"recall\"%s",
			plot_points[0], plot_colours[0], s->precisions ? ", \\\n     " : "\n");
	if (s->precisions)
		fprintf(f,
			"FILE skip 1 using 6:($1-0.13):7:8%s with xerrorbars lw 1.5 pt %d ps 0.7 "
			"lc rgb \"%s\" title \"precision\"\n",
			s->recalls ? "" : ":ytic(2)", plot_points[1], plot_colours[1]);
}

int plot_settings(const struct plot_view *v, const char *signature, struct plot_list *list,
		  struct err *e)
{
	struct setting_rows s = select_rows(v, signature);
	struct plot_file p;
	char *name;
	int rc = 0;

	if (s.n) {
		plot_begin(&p);
		put_data(p.data, &s);
		put_script(p.script, v, signature, &s);
		name = xasprintf("settings-%s-%s", signature, source_text(v->source));
		rc = plot_list_add(list, &p, name, plot_width(&s), 170 + (int)s.n * 20, e);
		free(name);
	}
	free(s.rows);
	return rc;
}
