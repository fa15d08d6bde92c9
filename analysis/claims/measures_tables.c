// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * measures_tables.c - measures on what a run noted, and on what signatures found
 *
 *   kind   | a case is                                   | it holds when
 *   table  | a row of `table` that meets `rows`          | it meets `must`; with `count` and `of`: these
 *          |                                             | columns hold how many cases there are and hold
 *   detect | recall: a flow, session ... of the truth    | the signature found it
 *          | false: a flow or client of something else   | the signature took it for the application
 *          | precision: what the signature found         | it is of the truth
 *
 * A table is read from the folder of the scene's cell: a capture that is none of a run's has none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/claims/measures_tables.h"
#include "base/hash.h"
#include "base/path.h"

static bool row_meets(const struct tsv *t, size_t row, const struct claim_texts *where)
{
	for (unsigned i = 0; i < where->n; i++) {
		const char *eq = strchr(where->items[i], '=');
		bool not = eq[-1] == '!';
		char name[64];
		int column;

		snprintf(name, sizeof(name), "%.*s", (int)(eq - where->items[i] - not ),
			 where->items[i]);
		column = tsv_column(t, name);
		if (column < 0 || claim_value_meets(tsv_cell(t, row, column), eq + 1) == not )
			return false;
	}
	return true;
}

static uint64_t trial_of(const struct claim *c, const struct tsv *t, size_t row)
{
	const char *client = tsv_cell(t, row, tsv_column(t, "client"));

	if (c->measure.trial == CLAIM_TRIAL_FLOW)
		return row;
	return c->measure.trial == CLAIM_TRIAL_HOST ? fnv1a(client, strlen(client)) : 0;
}

static void row_case(const struct claim *c, const struct tsv *t, size_t row,
		     struct claim_cases *out)
{
	const struct claim_measure *k = &c->measure;
	uint64_t held = 0, count = 1;

	if (!k->count)
		held = row_meets(t, row, &k->must);
	else if (tsv_count(t, row, tsv_column(t, k->count), &held, NULL) < 0 ||
		 tsv_count(t, row, tsv_column(t, k->of), &count, NULL) < 0 || held > count)
		return;
	claim_case_counts(out, trial_of(c, t, row), held, count, t->path, t->lines[row],
			  "line of a table", NULL);
}

void measure_table(const struct claim *c, const struct claim_scene *scene, struct claim_cases *out)
{
	char *path = scene->folder ? path_in(scene->folder, c->measure.table) : NULL;
	struct err e = {0};
	struct tsv *t = path && !access(path, F_OK) ? tsv_read(path, &e) : NULL;

	if (*e.msg)
		log_warn("%s; claim %s does without it", e.msg, c->id);
	for (size_t i = 0; t && i < t->rows; i++)
		if (row_meets(t, i, &c->measure.rows))
			row_case(c, t, i, out);
	tsv_free(t);
	free(path);
}

void measure_detect(const struct claim *c, const struct claim_scene *scene, struct claim_cases *out)
{
	const struct claim_measure *k = &c->measure;

	for (size_t i = 0; i < scene->scores_n; i++) {
		const struct scene_score *s = &scene->scores[i];
		uint64_t held = k->figure == CLAIM_FALSE ? s->fp : s->tp;
		uint64_t count = held + (k->figure == CLAIM_RECALL  ? s->fn
					 : k->figure == CLAIM_FALSE ? s->tn
								    : s->fp);

		if (!strcmp(s->signature, k->signature) && s->cut == (double)k->cut &&
		    !strcmp(score_unit_text(s->unit), k->unit) && count)
			claim_case_counts(out, 0, held, count, scene->capture, 0, k->signature,
					  NULL);
	}
}
