// SPDX-License-Identifier: GPL-2.0-or-later
/* commands.c - the list of sub-commands */
#include <string.h>

#include "base/nearest.h"
#include "cli/cmd_analyze.h"
#include "cli/cmd_blocked.h"
#include "cli/cmd_capture.h"
#include "cli/cmd_claims.h"
#include "cli/cmd_completion.h"
#include "cli/cmd_corpora.h"
#include "cli/cmd_coverage.h"
#include "cli/cmd_detect.h"
#include "cli/cmd_detector.h"
#include "cli/cmd_doctor.h"
#include "cli/cmd_drift.h"
#include "cli/cmd_evade.h"
#include "cli/cmd_labels.h"
#include "cli/cmd_late.h"
#include "cli/cmd_merge.h"
#include "cli/cmd_paper.h"
#include "cli/cmd_partial.h"
#include "cli/cmd_regress.h"
#include "cli/cmd_replay.h"
#include "cli/cmd_results.h"
#include "cli/cmd_run.h"
#include "cli/cmd_score.h"
#include "cli/cmd_signature.h"
#include "cli/cmd_submit.h"
#include "cli/cmd_version.h"
#include "cli/cmd_watch.h"
#include "cli/commands.h"
#include "cli/lab/cmd_lab.h"

const struct command *const commands[] = {
	&detect_command,
	&watch_command,
	&blocked_command,
	&unblock_command,
	&signature_command,
	&detector_command,
	&score_command,
	&analyze_command,
	&lab_command,
	&run_command,
	&merge_command,
	&submit_command,
	&results_command,
	&replay_command,
	&corpora_command,
	&labels_command,
	&regress_command,
	&drift_command,
	&evade_command,
	&capture_command,
	&claims_command,
	&paper_command,
	&coverage_command,
	&late_command,
	&partial_command,
	&doctor_command,
	&completion_command,
	&version_command,
	NULL,
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

const char *command_nearest(const char *typed)
{
	struct nearest near = {.typed = typed};

	for (size_t i = 0; commands[i]; i++)
		nearest_try(&near, commands[i]->name);
	return near.best;
}
