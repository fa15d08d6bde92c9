/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_JOB_H
#define RESULTS_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/score/score.h"
#include "results/score/table.h"

/* One signature's verdicts at one vantage of one cell, while they are scored. */
struct score_job {
	struct score_table *t;
	const struct score_input *in;
	const char *signature, *revision;
};

/* Whether an event is of the job's signature, whatever it says. */
bool job_signature(const struct score_job *j, const struct detection *v);
/* Whether an event is of the job's signature and claims the target. */
bool job_has(const struct score_job *j, const struct detection *v);
/* The job's row of a unit, made when it is not there. */
uint32_t job_row(struct score_job *j, enum score_unit unit);
void job_count(struct score_job *j, uint32_t row, enum score_count what, uint64_t n);
/* Counts a result and, but for true negatives, keeps it by name: the claim, valid until the next,
 * or NULL. @v: the event that it is about, or NULL. */
struct score_claim *job_result(struct score_job *j, uint32_t row, const char *subject,
			       const char *reason, enum claim_result result,
			       const struct detection *v);
/* Counts a false claim that meets no flow of the truth: @labelled = there are labels, and none has
 * it. */
void job_unmatched(struct score_job *j, uint32_t row, bool labelled);
/* A cell in which there was nothing to find and nothing was claimed leaves one line that says that
 * it was scored. @before: number of claims before the unit. */
void job_mark_empty(struct score_job *j, uint32_t row, size_t before);
/* Whether the capture holds a flow; true also where no capture is known. */
bool job_holds(const struct score_job *j, const struct tuple *t);
/* Whether the flow of an event is in the truth of its time and in the capture: else the claim is
 * unmatched. Without labels every flow of the capture is. */
bool job_meets(const struct score_job *j, const struct detection *v);

#endif
