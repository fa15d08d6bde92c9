/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_SCORE_H
#define RESULTS_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "results/score/detections.h"
#include "results/score/flows.h"
#include "results/score/labels.h"
#include "results/score/sent_events.h"
#include "results/score/table.h"

/*
 * Scoring compares detections with ground truth, for one vantage of one cell (or one recorded
 * capture) at a time, and adds the counts to the rows of an accuracy table.
 *
 *	struct detections *d = detections_new();
 *	detections_add(d, &detection);          per event, or detections_read_eve(d, path, &e)
 *	struct score_table *t = score_table_new();
 *	score_cell(t, &(struct score_input){...}, &e);   per cell and vantage
 *	accuracy_write(t, "DIR/accuracy.tsv", &e);
 *	claims_write(t, "DIR/claims.tsv", &e);
 *
 * How each unit is counted stands in skypelab-accuracy(5), "What is counted", and nowhere else.
 */

/**
 * struct score_input - what is scored at once
 * @target:	The application that is looked for; NULL = Skype. Detections of others do not count
 * @signatures, @revisions: Every signature that ran, also those without events; @n of them
 * @applications: What each of them looks for, NULL = several things or not known. One that looks for
 *		something else than the target is not scored. NULL = all look for the target
 * @labels:	Ground truth of this vantage for the target; NULL = every flow of @flows is negative
 * @named:	The same truth by application (labels_new(NULL)), for the confusion table; NULL = it gets
 *		nothing
 * @flows:	Flows that the capture holds, or NULL. With it only labelled flows that the vantage
 *		saw are counted, and time to detect is measured
 * @events:	What happened at this vantage to Skype, as the sources reported it; NULL = not known but
 *		for the sessions that the labels mark. For another target nothing is known
 * @tolerance_ns: For events; 0 = 5 s
 * @watched_s:	How long hosts without Skype were watched; 0 = from the first packet to the last
 * @no_sessions: The detector does not report sessions and calls: no rows of them, rather than misses
 * @hosts_only:	It claims hosts, not flows: no rows of flows
 */
struct score_input {
	struct score_setting setting;
	const char *target;
	const struct labels *labels, *named;
	const struct detections *detections;
	const struct flow_index *flows;
	const struct sent_events *events;
	const char *const *signatures;
	const char *const *revisions;
	const char *const *applications;
	size_t n;
	uint64_t tolerance_ns;
	uint64_t watched_s;
	bool no_sessions, hosts_only;
};

static inline const char *score_target(const struct score_input *in)
{
	return in->target ? in->target : LABEL_SKYPE;
}

/* Scores @in and adds it to the rows and claims of @t. 0, or -1 with @e set. */
int score_cell(struct score_table *t, const struct score_input *in, struct err *e);

#endif
