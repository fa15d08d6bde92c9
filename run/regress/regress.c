// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * regress.c - two revisions of a signature on the same captures
 *
 * Both revisions see the same packets and are scored under one name, so that
 * results/history/compare.c pairs their verdicts flow by flow. Captures without Skype are one cell,
 * "negatives", in which each false positive names its capture. Copies of a labelled capture
 * (copies.c) show what depends on bytes, lengths and times that the protocol leaves free.
 */
#include "run/regress/regress.h"

int regress_capture(void *regress, const char *path, const struct labels *labels,
		    const struct score_setting *s, struct err *e)
{
	struct regress *r = regress;
	struct regress_side *sides[] = {&r->base, &r->now};
	struct detections *v[2] = {detections_new(), detections_new()};
	struct flow_index *x = flow_index_new();
	int rc = 0;

	for (int k = 1; k >= 0; k--) {
		struct regress_side *side = sides[k];
		size_t from = side->table->claims_n;

		if (!side->set)
			continue;
		if (side_detect(side, r->name, path, NULL, v[k], k ? x : NULL, e) < 0)
			rc = -1;
		if (rc && !flow_index_count(x))
			break;
		side_score(side, r->name, side->table, v[k], labels, x, s);
		if (!labels)
			name_negatives(side->table, from, path);
	}
	if ((rc == 0 || flow_index_count(x)) && r->copies.n && labels &&
	    copies_try(&r->copies, sides, r->name, path, labels, x, s, v, e) < 0)
		rc = -1;
	r->captures++;
	flow_index_free(x);
	detections_free(v[0]);
	detections_free(v[1]);
	return rc;
}

void regress_free(struct regress *r)
{
	copies_free(&r->copies);
	score_table_free(r->base.table);
	score_table_free(r->now.table);
	signatures_free(r->base.set);
	signatures_free(r->now.set);
}
