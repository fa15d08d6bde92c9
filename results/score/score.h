/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_SCORE_H
#define RESULTS_SCORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "results/score/detections.h"
#include "results/score/flows.h"
#include "results/score/labels.h"
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
 * How each unit is counted:
 *
 * flow		Every event claims its 5-tuple, in either direction, for its signature.
 *		- tp: the label is skype, the flow is claimed
 *		- fn: the label is skype, the flow is not claimed
 *		- fp: the label is not-skype, the flow is claimed
 *		- tn: the label is not-skype, the flow is not claimed
 *		Flows with label unknown are not counted. A claimed flow without a label row is an
 *		fp and is also counted in @unlabelled.
 *
 * client	Every event claims its client_ip.
 *		- tp, fn: a Skype client, see labels_client(), that is claimed, or is not
 *		- fp, tn: another monitored host that is claimed, or is not. Monitored is the
 *		  private side of a not-skype row, or its opener when neither side is private;
 *		  hosts that occur in a skype or unknown row are not counted
 *		A claimed address that occurs in no row is an fp and is counted in @unlabelled.
 *
 * session	Counted only where the labels mark sessions with a super node.
 *		- tp: a session-start or session-change on the session's tuple, or one that names
 *		  its client and super node, lies within the tolerance of the session's start; and
 *		  the end, if both the label and an event report one, is within the tolerance
 *		- fn: any other session
 *		- fp: a session-start that fits no session
 *		There is no tn.
 */

/**
 * struct score_input - what is scored at once
 * @signatures, @revisions: Every signature that ran, also those without events; @n of them
 * @labels:	Ground truth of this vantage; NULL = every flow of @flows is not Skype
 * @flows:	Flows that the capture holds, or NULL. With it only labelled flows that the vantage
 *		saw are counted, and time to detect is measured
 * @tolerance_ns: For sessions; 0 = 5 s
 */
struct score_input {
	struct score_setting setting;
	const struct labels *labels;
	const struct detections *detections;
	const struct flow_index *flows;
	const char *const *signatures;
	const char *const *revisions;
	size_t n;
	uint64_t tolerance_ns;
};

/* Scores @in and adds it to the rows and claims of @t. 0, or -1 with @e set. */
int score_cell(struct score_table *t, const struct score_input *in, struct err *e);

#endif
