// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plot_settings.c - one signature's recall and precision per version and setting
 *
 * Settings stand in the paper's order. Those of one version and one caller whose recall and precision lie within
 * ALIKE of the first are one row, summed; it says how many callees they have.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "results/report/palette.h"
#include "results/report/plot_settings.h"
#include "results/report/setting_order.h"
#include "results/score/row_intervals.h"
#include "results/score/measures.h"

#define LABEL_LEN 160
#define ALIKE	  0.05

/* Settings that are one row. */
struct setting_group {
	const struct score_row *first;
	size_t n;
	bool callee;	      /* all have the same */
	struct score_row sum; /* (owned clusters) */
};

/* The rows that have something to show, from the bottom up. */
struct setting_rows {
	const struct score_row **rows; /* (owned array) */
	size_t n;
	size_t recalls, precisions;   /* rows that have one */
	struct setting_group *groups; /* (owned array) */
	size_t groups_n;
};

static void add_text(char out[LABEL_LEN], const char *before, const char *firewall, const char *nat)
{
	size_t at = strlen(out);

	if (strcmp(firewall, "-") != 0)
		snprintf(out + at, LABEL_LEN - at, "%s%s/%s", before, firewall, nat);
}

static void group_label(const struct setting_group *g, char out[LABEL_LEN])
{
	const struct score_row *r = g->first;

	snprintf(out, LABEL_LEN, "%s", r->traffic_version);
	add_text(out, "  ", r->caller_firewall, r->caller_nat);
	if (g->callee)
		add_text(out, " > ", r->callee_firewall, r->callee_nat);
	else
		snprintf(out + strlen(out), LABEL_LEN - strlen(out), " > %zu callees", g->n);
	if (*r->axes && strcmp(r->axes, "internet_firewall=open") != 0)
		snprintf(out + strlen(out), LABEL_LEN - strlen(out), "  %s", r->axes);
	for (char *p = out; *p; p++) /* as gnuplot reads a field */
		*p = *p == '\t' ? ' ' : *p == '"' ? '\'' : *p;
}

/* From the bottom up: the first setting last. */
static int by_setting(const void *a, const void *b)
{
	const struct score_row *x = *(const struct score_row *const *)a,
			       *y = *(const struct score_row *const *)b;
	int d = strverscmp(y->traffic_version, x->traffic_version);

	if (!d)
		d = site_order(y->caller_firewall, y->caller_nat, x->caller_firewall,
			       x->caller_nat);
	if (!d)
		d = site_order(y->callee_firewall, y->callee_nat, x->callee_firewall,
			       x->callee_nat);
	return d ? d : strcmp(y->axes, x->axes);
}

static bool near_to(double a, double b)
{
	return a < 0 || b < 0 ? a < 0 && b < 0 : a - b <= ALIKE && b - a <= ALIKE;
}

static bool alike(const struct score_row *a, const struct score_row *b)
{
	return !strcmp(a->traffic_version, b->traffic_version) && !strcmp(a->axes, b->axes) &&
	       !site_order(a->caller_firewall, a->caller_nat, b->caller_firewall, b->caller_nat) &&
	       near_to(score_recall(a), score_recall(b)) &&
	       near_to(score_precision(a), score_precision(b));
}

static void group_add(struct setting_group *g, const struct score_row *r)
{
	if (!g->n++) {
		g->first = r;
		g->callee = true;
	}
	g->callee &= !site_order(r->callee_firewall, r->callee_nat, g->first->callee_firewall,
				 g->first->callee_nat);
	score_row_sum(&g->sum, r);
}

/* Rows that are alike go to the group of the uppermost. */
static void make_groups(struct setting_rows *s)
{
	s->groups = xcalloc(s->n + 1, sizeof(*s->groups));
	for (size_t i = s->n; i-- > 0;) {
		size_t k = 0;

		while (k < s->groups_n && !alike(s->groups[k].first, s->rows[i]))
			k++;
		s->groups_n += k == s->groups_n;
		group_add(&s->groups[k], s->rows[i]);
	}
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
	qsort(s.rows, s.n, sizeof(*s.rows), by_setting);
	make_groups(&s);
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
	for (size_t i = s->groups_n; i-- > 0;) {
		const struct setting_group *g = &s->groups[i];
		const struct score_row *r = g->n > 1 ? &g->sum : g->first;
		struct interval span;
		char label[LABEL_LEN];

		group_label(g, label);
		fprintf(f, "%zu\t%s", s->groups_n - i, label);
		put_share(f, score_recall(r), row_recall_interval(r, &span), &span);
		put_share(f, score_precision(r), row_precision_interval(r, &span), &span);
		fputc('\n', f);
	}
}

/* Pixels that the longest label needs, with the space beside it. */
static int label_width(const struct setting_rows *s)
{
	size_t longest = 0;

	for (size_t i = 0; i < s->groups_n; i++) {
		char label[LABEL_LEN];

		group_label(&s->groups[i], label);
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
	char *title = xasprintf(
		"%s: flows found per setting\n%s traffic%s; callees within %.2f are one row",
		signature, source_text(v->source), v->at, ALIKE);

	fputs("set title ", f);
	fputs(quote_gnuplot(title), f);
	free(title);
	fprintf(f,
		"\nset xlabel \"share of flows, with 95 %% interval\"\n"
		"set lmargin at screen %.3f\nset rmargin at screen %.3f\n"
		"set xrange [-0.02:1.02]\nset yrange [0.4:%zu.6]\nset key outside bottom center "
		"horizontal height 1\n"
		"plot ",
		(double)label_width(s) / plot_width(s), 1 - 40.0 / plot_width(s), s->groups_n);
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
		rc = plot_list_add(list, &p, name, plot_width(&s), 170 + (int)s.groups_n * 20, e);
		free(name);
	}
	for (size_t i = 0; i < s.groups_n; i++)
		score_row_clear(&s.groups[i].sum);
	free(s.groups);
	free(s.rows);
	return rc;
}
