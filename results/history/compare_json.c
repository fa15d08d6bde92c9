// SPDX-License-Identifier: GPL-2.0-or-later
/* compare_json.c - a comparison as JSON: what compare_print.c prints, and the figures that are equal */
#include "base/quote.h"
#include "results/history/change_groups.h"
#include "results/history/compare_json.h"
#include "results/history/compare_words.h"
#include "results/score/measures.h"

/* A text that may come from a file: what is no plain text is shown. */
static json_t *text(const char *s)
{
	return json_string(quote_terminal(s));
}

static json_t *side_json(const struct score_row *r)
{
	json_t *o = json_pack("{sI sI sI}", "tp", (json_int_t)r->tp, "fp", (json_int_t)r->fp, "fn",
			      (json_int_t)r->fn);
	double recall = score_recall(r), precision = score_precision(r);

	json_object_set_new(o, "recall", recall < 0 ? json_null() : json_real(recall));
	json_object_set_new(o, "precision", precision < 0 ? json_null() : json_real(precision));
	return o;
}

static json_t *figure_json(const struct figure *g)
{
	return json_pack("{ss so so so so so so ss so so sb}", "source", source_text(g->source),
			 "traffic_version", text(g->version), "vantage", text(g->vantage),
			 "detector", text(g->detector), "signature", text(g->signature),
			 "base_revision", text(g->base_revision), "revision", text(g->revision),
			 "unit", score_unit_text(g->unit), "base", side_json(&g->base), "now",
			 side_json(&g->now), "worse", g->worse);
}

static json_t *change_json(const struct change_group *g)
{
	const struct change *x = g->first;

	return json_pack("{ss so ss so so so so sI}", "kind", change_text(x->kind), "signature",
			 text(x->block->signature), "unit", score_unit_text(x->block->unit), "cell",
			 text(x->block->cell), "vantages", text(g->vantages), "subject",
			 text(x->subject), "reason", text(x->reason), "frame",
			 (json_int_t)x->packet);
}

json_t *comparison_json(const struct comparison *c, const char *base_name, const char *now_name)
{
	struct change_groups groups = change_groups_of(c);
	json_t *counts = json_object(), *figures = json_array(), *changes = json_array();

	for (int k = 0; k < CHANGES; k++)
		json_object_set_new(counts, change_text((enum change_kind)k),
				    json_integer((json_int_t)groups.count[k]));
	for (size_t i = 0; i < c->figures_n; i++)
		json_array_append_new(figures, figure_json(&c->figures[i]));
	for (size_t i = 0; i < groups.n; i++)
		json_array_append_new(changes, change_json(&groups.g[i]));
	change_groups_clear(&groups);
	return json_pack("{ss so so sb sb sI so so so}", "verdict", comparison_verdict(c), "base",
			 text(base_name), "now", text(now_name), "worse", c->worse, "better",
			 c->better, "compared", (json_int_t)c->compared, "counts", counts,
			 "figures", figures, "changes", changes);
}
