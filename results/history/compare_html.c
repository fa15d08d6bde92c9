// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compare_html.c - a comparison as a page
 *
 * The verdict first; then the figures that moved, both sides beside each other with their intervals; then
 * every flow, client, session and event that one side found and the other did not, by kind, the losses first;
 * at last the figures that are equal, folded up.
 *
 * Limits: CHANGES_MAX changes of a kind are listed; how many there are is said.
 */
#include <string.h>

#include "results/history/change_groups.h"
#include "results/history/compare_html.h"
#include "results/history/compare_words.h"
#include "results/report/html.h"

#define CHANGES_MAX 1000

static void put_ratio(FILE *f, const struct moved_ratio *m)
{
	html_printf(f, "<td>%s</td><td>%s</td><td>%s</td>", m->text[0], m->text[1], m->where);
}

static void put_figure(FILE *f, const struct figure *g)
{
	struct moved_figure m = figure_text(g);

	html_printf(f, "<tr><th scope=\"row\">%s", g->signature);
	if (strcmp(g->base_revision, g->revision) != 0)
		html_printf(f, " @%s, was @%s", g->revision, g->base_revision);
	html_printf(f, "</th><td>%s %s</td><td>%s</td><td>%s</td><td>%s</td>",
		    source_text(g->source), g->version, g->vantage, score_unit_text(g->unit),
		    g->worse ? "worse" : "");
	html_printf(f, "<td class=\"n\">%zu of %zu</td><td class=\"n\">%zu of %zu</td>",
		    (size_t)g->base.tp, (size_t)(g->base.tp + g->base.fn), (size_t)g->now.tp,
		    (size_t)(g->now.tp + g->now.fn));
	put_ratio(f, &m.recall);
	html_printf(f, "<td class=\"n\">%zu</td><td class=\"n\">%zu</td>", (size_t)g->base.fp,
		    (size_t)g->now.fp);
	put_ratio(f, &m.precision);
	fputs("</tr>\n", f);
}

static size_t put_figures(const struct comparison *c, FILE *f, bool moved, const char *caption)
{
	static const char *const heads[] = {"signature",
					    "traffic",
					    "vantage",
					    "unit",
					    "",
					    "found before",
					    "found now",
					    "recall before",
					    "recall now",
					    "recall moved",
					    "false before",
					    "false now",
					    "precision before",
					    "precision now",
					    "precision moved"};
	size_t n = 0;

	for (size_t i = 0; i < c->figures_n; i++) {
		if (figure_moved(&c->figures[i]) != moved)
			continue;
		if (!n++)
			html_table_begin(f, true, caption, caption, heads,
					 sizeof(heads) / sizeof(heads[0]));
		put_figure(f, &c->figures[i]);
	}
	if (n)
		html_table_end(f);
	return n;
}

/* What each side says of a change's subject. */
static const char *side_says(enum change_kind k, bool now)
{
	static const char *const says[CHANGES][2] = {
		[CHANGE_LOST] = {"found", "missed"},
		[CHANGE_NEW_FP] = {"not claimed", "wrongly claimed"},
		[CHANGE_MISSING] = {"scored", "not scored"},
		[CHANGE_GAINED] = {"missed", "found"},
		[CHANGE_GONE_FP] = {"wrongly claimed", "not claimed"},
		[CHANGE_TRUTH] = {"other traffic", "other traffic"},
	};

	return says[k][now];
}

static void put_change(FILE *f, const struct change_group *g)
{
	const struct change *x = g->first;

	html_printf(f,
		    "<tr><th "
		    "scope=\"row\">%s</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>"
		    "<td>%s</td><td>%s</td>",
		    *x->subject ? x->subject : "-", side_says(x->kind, false),
		    side_says(x->kind, true), x->block->signature, score_unit_text(x->block->unit),
		    x->block->cell, *g->vantages ? g->vantages : "-", *x->reason ? x->reason : "-");
	if (x->packet)
		html_printf(f, "<td class=\"n\">%zu</td></tr>\n", (size_t)x->packet);
	else
		fputs("<td class=\"n\">-</td></tr>\n", f);
}

static void put_changes(const struct change_groups *c, FILE *f, enum change_kind k)
{
	static const char *const heads[] = {"subject", "before",  "now",   "signature", "unit",
					    "cell",    "vantage", "it is", "frame"};
	char caption[96];
	size_t shown = 0;

	if (!c->count[k])
		return;
	snprintf(caption, sizeof(caption), "%zu %s", c->count[k], change_plural(k, c->count[k]));
	html_printf(f, "<details%s><summary><b>%s</b></summary>\n",
		    k <= CHANGE_MISSING ? " open" : "", caption);
	html_table_begin(f, true, caption, caption, heads, sizeof(heads) / sizeof(heads[0]));
	for (size_t i = 0; i < c->n && shown < CHANGES_MAX; i++)
		if (c->g[i].first->kind == k && ++shown)
			put_change(f, &c->g[i]);
	html_table_end(f);
	if (c->count[k] > shown)
		html_printf(f, "<p class=\"dim\">%zu more are not listed.</p>\n",
			    c->count[k] - shown);
	fputs("</details>\n", f);
}

void comparison_html(const struct comparison *c, FILE *f, const char *base_name,
		     const char *now_name)
{
	struct change_groups groups = change_groups_of(c);
	size_t moved;

	html_head(f, "skypelab: two runs compared");
	html_printf(
		f,
		"<header><h1>%s</h1><p class=\"dim\">%s, now, against %s, before. Figures are over "
		"all "
		"settings, with 95 %% intervals over independent trials: a difference inside the "
		"intervals may be other traffic.</p></header>\n<main>\n<h2>Figures that "
		"moved</h2>\n",
		comparison_verdict(c), now_name, base_name);
	moved = put_figures(c, f, true, "Both sides, before and now");
	if (!moved)
		fputs("<p>No figure moved.</p>\n", f);
	fputs("<h2>Flow by flow</h2>\n", f);
	if (!c->n)
		fputs("<p>No flow, client or session changed.</p>\n", f);
	for (int k = 0; k < CHANGES; k++)
		put_changes(&groups, f, (enum change_kind)k);
	change_groups_clear(&groups);
	if (c->figures_n > moved) {
		html_printf(f, "<h2>Equal</h2>\n<details><summary>%zu figures</summary>\n",
			    c->figures_n - moved);
		put_figures(c, f, false, "Figures that are equal");
		fputs("</details>\n", f);
	}
	fputs("</main>\n", f);
	html_foot(f);
}
