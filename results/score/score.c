// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * score.c - detections against ground truth: one vantage of one cell, for all signatures
 *
 * Who is who and what happened are found once; then every signature is counted by flow
 * (count_flows.c), client (count_clients.c) and event (count_events.c). Cells with equal settings
 * are summed into one row. Every true positive, error and miss is also kept by name as a claim; true
 * negatives are only counted, because there are too many.
 *
 * Every signature that ran gets a row of flows and of clients, also when it reported nothing. Sums
 * are exact integers; ratios are computed only when a table is written.
 *
 * Limit: an event of the truth looks for its claim in the list of all, one after the other, which is
 * quick enough for the events of a cell.
 */
#include "results/score/count_clients.h"
#include "results/score/count_confusion.h"
#include "results/score/count_events.h"
#include "results/score/count_flows.h"
#include "results/score/score.h"

/* Whether the target is what a signature looks for. */
static bool is_wanted(const struct score_input *in, size_t s)
{
	const char *application = in->applications ? in->applications[s] : NULL;

	return !application || label_is(application, score_target(in));
}

int score_cell(struct score_table *t, const struct score_input *in, struct err *e)
{
	struct hosts *hosts;
	struct timeline timeline;

	if (in->setting.source == SOURCE_NONE)
		return err_set(e, "scoring: no source is set, expected emulated or recorded");
	hosts = hosts_new(in->labels, in->flows);
	timeline_make(&timeline, in);
	for (size_t s = 0; s < in->n; s++) {
		struct score_job j = {.t = t,
				      .in = in,
				      .signature = in->signatures[s],
				      .revision = in->revisions ? in->revisions[s] : ""};

		if (in->named && !in->hosts_only)
			count_confusion(&j);
		if (!is_wanted(in, s))
			continue;
		if (!in->hosts_only)
			count_flows(&j);
		count_clients(&j, hosts);
		if (!in->no_sessions)
			count_events(&j, &timeline);
	}
	timeline_clear(&timeline);
	hosts_free(hosts);
	return 0;
}
