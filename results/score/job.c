// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * job.c - what all units share when one signature's verdicts are scored
 */
#include <string.h>

#include "results/score/held.h"
#include "results/score/job.h"

bool job_signature(const struct score_job *j, const struct detection *v)
{
	return !strcmp(v->signature, j->signature) &&
	       (!*j->revision || !*v->revision || !strcmp(v->revision, j->revision));
}

bool job_has(const struct score_job *j, const struct detection *v)
{
	return job_signature(j, v) && label_is(v->application, score_target(j->in));
}

uint32_t job_row(struct score_job *j, enum score_unit unit)
{
	return score_row_of(j->t, &j->in->setting, j->signature, j->revision, unit);
}

void job_count(struct score_job *j, uint32_t row, enum score_count what, uint64_t n)
{
	score_count(j->t, row, &j->in->setting, what, n);
}

struct score_claim *job_result(struct score_job *j, uint32_t row, const char *subject,
			       const char *reason, enum claim_result result,
			       const struct detection *v)
{
	static const enum score_count column[CLAIM_RESULTS] = {
		[CLAIM_TP] = COUNT_TP,
		[CLAIM_FP] = COUNT_FP,
		[CLAIM_FN] = COUNT_FN,
		[CLAIM_TN] = COUNT_TN,
		[CLAIM_WRONG_ROLE] = COUNT_WRONG_ROLE,
	};
	struct score_claim *c;

	job_count(j, row, column[result], 1);
	if (result == CLAIM_TN)
		return NULL;
	c = score_claim_add(j->t, row, j->in->setting.cell, subject, reason, result);
	c->packet = v ? v->packet : 0;
	return c;
}

void job_unmatched(struct score_job *j, uint32_t row, bool labelled)
{
	job_count(j, row, COUNT_UNMATCHED, 1);
	if (labelled)
		job_count(j, row, COUNT_UNLABELLED, 1);
}

void job_mark_empty(struct score_job *j, uint32_t row, size_t before)
{
	if (j->t->claims_n == before)
		score_claim_add(j->t, row, j->in->setting.cell, "-", "", CLAIM_TN);
}

bool job_holds(const struct score_job *j, const struct tuple *t)
{
	return !j->in->flows || flow_index_find(j->in->flows, t);
}

bool job_meets(const struct score_job *j, const struct detection *v)
{
	return job_holds(j, &v->tuple) &&
	       (!j->in->labels || label_of_event(j->in->labels, v, j->in->flows));
}
