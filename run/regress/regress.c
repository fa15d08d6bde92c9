// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * regress.c - two revisions of a signature, or two foreign detectors, on the same captures
 *
 * Both see the same packets and are scored under one name, so that
 * results/history/compare.c pairs their verdicts flow by flow. Captures without Skype are one cell,
 * "negatives", in which each false positive names its capture. Copies of a labelled capture
 * (copies.c) show what depends on bytes, lengths and times that the protocol leaves free.
 */
#include "run/cell/transfer.h"
#include "run/regress/regress.h"

static void score_side(struct regress *r, struct regress_side *side, const char *path,
		       const struct labels *labels, const struct score_setting *s,
		       const struct detections *v, const struct flow_index *x)
{
	size_t from = side->table->claims_n;

	side_score(side, r->name, side->table, v, labels, x, s);
	if (!labels)
		name_negatives(side->table, from, path);
}

/* Foreign detectors: which flows the capture holds comes from a pass of its own. A capture that one of
 * them failed with says nothing of the other. */
static int foreign_capture(struct regress *r, const char *path, const struct labels *labels,
			   const struct score_setting *s, struct err *e)
{
	struct regress_side *sides[] = {&r->base, &r->now};
	struct detections *v[2] = {detections_new(), detections_new()};
	struct flow_index *x = flow_index_new();
	int read = flow_index_read(x, path, e), rc = 0;
	bool failed[2] = {false, false};

	for (int k = 0; rc == 0 && k < 2; k++)
		rc = side_detect_foreign(sides[k], r->name, path, v[k], x, &failed[k],
					 read < 0 ? NULL : e);
	for (int k = 0; rc == 0 && k < 2 && !failed[0] && !failed[1]; k++)
		score_side(r, sides[k], path, labels, s, v[k], x);
	r->failed_only[0] += failed[0] && !failed[1];
	r->failed_only[1] += failed[1] && !failed[0];
	r->captures++;
	flow_index_free(x);
	detections_free(v[0]);
	detections_free(v[1]);
	return read < 0 ? -1 : rc;
}

int regress_capture(void *regress, const char *path, const struct labels *labels,
		    const struct score_setting *s, struct err *e)
{
	struct regress *r = regress;
	struct regress_side *sides[] = {&r->base, &r->now};
	struct detections *v[2];
	struct flow_index *x;
	int rc = 0;

	if (r->now.foreign)
		return foreign_capture(r, path, labels, s, e);
	v[0] = detections_new();
	v[1] = detections_new();
	x = flow_index_new();
	for (int k = 1; k >= 0; k--) {
		if (!sides[k]->set)
			continue;
		if (side_detect(sides[k], r->name, path, NULL, v[k], k ? x : NULL, e) < 0)
			rc = -1;
		if (rc && !flow_index_count(x))
			break;
		score_side(r, sides[k], path, labels, s, v[k], x);
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

static void renew(struct score_table **t)
{
	score_table_free(*t);
	*t = score_table_new();
}

void regress_one(const struct regress *r, struct regress *one)
{
	*one = *r;
	one->base.table = score_table_new();
	one->now.table = score_table_new();
	one->copies = (struct copies){
		.n = r->copies.n, .seed = r->copies.seed, .no_base = r->copies.no_base};
	one->captures = one->failed_only[0] = one->failed_only[1] = 0;
}

void regress_one_free(struct regress *one)
{
	copies_free(&one->copies);
	score_table_free(one->base.table);
	score_table_free(one->now.table);
}

void regress_send(void *one, FILE *out)
{
	struct regress *r = one;

	transfer_send(r->base.table, out);
	transfer_send(r->now.table, out);
	transfer_put_number(out, r->captures);
	copies_send(&r->copies, out);
	renew(&r->base.table);
	renew(&r->now.table);
	r->captures = 0;
}

bool regress_add(void *regress, FILE *in)
{
	struct regress *r = regress;
	struct score_table *none = r->base.table ? NULL : score_table_new();
	uint64_t captures = 0;
	bool ok = transfer_add(none ? none : r->base.table, in) && transfer_add(r->now.table, in) &&
		  transfer_get_number(in, &captures) && copies_add(&r->copies, in);

	r->captures += captures;
	score_table_free(none);
	return ok;
}

void regress_free(struct regress *r)
{
	copies_free(&r->copies);
	score_table_free(r->base.table);
	score_table_free(r->now.table);
	signatures_free(r->base.set);
	signatures_free(r->now.set);
}
