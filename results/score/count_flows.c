// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * count_flows.c - the unit flow: which flows a signature names, and how soon
 *
 * A claim of a flow that the capture does not hold is false whatever the truth says of the flow: the
 * detector cannot have seen it. A tuple that was used again is a flow for each of its labels, and an
 * event claims the one of its time.
 */
#include <string.h>

#include "results/score/claimed.h"
#include "results/score/count_flows.h"
#include "results/score/delay.h"
#include "results/score/held.h"
#include "results/score/subject.h"

static void flow_result(struct score_job *j, uint32_t row, const struct tuple *t,
			const char *reason, enum claim_result result, const struct detection *v)
{
	const struct flow_seen *seen = j->in->flows ? flow_index_find(j->in->flows, t) : NULL;
	char subject[SUBJECT_LEN];
	struct score_claim *c;

	subject_of_flow(t, subject);
	c = job_result(j, row, subject, reason, result, v);
	if (c && v && seen)
		delay_of_flows(c, j->in->flows, &seen, 1, v);
}

/* What an event claims: a tuple and, where it has several labels, the one of its time. */
struct claimed_flow {
	struct flow_key tuple;
	const struct label *row; /* NULL where the tuple has one label or none */
};

static struct claimed_flow claimed_flow(const struct labels *l, const struct tuple *t,
					const struct label *row)
{
	struct claimed_flow key;

	memset(&key, 0, sizeof(key));
	key.tuple = flow_key(t);
	key.row = l && labels_tuple_shared(l, t) ? row : NULL;
	return key;
}

static void labelled_flow(struct score_job *j, uint32_t row, const struct label *r,
			  struct claimed *c)
{
	bool wanted = r->kind == KIND_POSITIVE, held = label_held(j->in->labels, r, j->in->flows);

	if (!held && job_holds(j, &r->tuple))
		return; /* the capture holds the tuple at another time */

	if (c)
		c->used = true;
	if (!held && c) {
		flow_result(j, row, &r->tuple, "not in the capture", CLAIM_FP, c->first);
		job_unmatched(j, row, false);
	} else if (held && r->kind != KIND_UNKNOWN) {
		flow_result(j, row, &r->tuple, r->reason,
			    c ? (wanted ? CLAIM_TP : CLAIM_FP) : (wanted ? CLAIM_FN : CLAIM_TN),
			    c ? c->first : NULL);
	}
}

/* Claims that no row of the labels answers; returns how many of them the capture holds. */
static uint64_t other_claims(struct score_job *j, uint32_t row, const struct claimed *flows)
{
	uint64_t held = 0;

	for (const struct claimed *c = flows; c; c = c->hh.next) {
		const struct tuple *t = &c->first->tuple;

		if (c->used)
			continue;
		flow_result(j, row, t, j->in->labels ? "no label" : "", CLAIM_FP, c->first);
		held += job_holds(j, t);
		if (!job_meets(j, c->first))
			job_unmatched(j, row, j->in->labels != NULL);
	}
	return held;
}

void count_flows(struct score_job *j)
{
	uint32_t row = job_row(j, UNIT_FLOW);
	const struct labels *l = j->in->labels;
	size_t before = j->t->claims_n;
	struct claimed *flows = NULL;
	uint64_t held;

	for (size_t i = 0; i < detections_count(j->in->detections); i++) {
		const struct detection *v = detections_at(j->in->detections, i);
		struct claimed_flow key;

		if (!job_has(j, v))
			continue;
		key = claimed_flow(l, &v->tuple, l ? label_of_event(l, v, j->in->flows) : NULL);
		claimed_note(&flows, &key, sizeof(key), v);
	}
	for (size_t i = 0; l && i < labels_count(l); i++) {
		const struct label *r = labels_at(l, i);
		struct claimed_flow key = claimed_flow(l, &r->tuple, r);

		labelled_flow(j, row, r, claimed_find(flows, &key, sizeof(key)));
	}
	held = other_claims(j, row, flows);
	if (!l && j->in->flows)
		job_count(j, row, COUNT_TN, flow_index_count(j->in->flows) - held);
	job_mark_empty(j, row, before);
	claimed_free(&flows);
}
