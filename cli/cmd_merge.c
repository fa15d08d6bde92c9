// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd_merge.c - `skypelab merge`: the parts of a run become the run; skypelab-merge(1) */
#include "cli/cmd_merge.h"
#include "cli/command/failure.h"
#include "run/merge.h"

struct merge_options {
	const char *out;
	bool no_report;
};

#define AT(field) offsetof(struct merge_options, field)

static const struct option_row rows[] = {
	OPTION(TEXT, "output", 'o', "DIRECTORY", out, "the run directory to make",
	       .needed = OPTION_FORM(0)),
	OPTION(FLAG, "no-report", 0, NULL, no_report, "leave out plots and report"),
};

static enum command_end merge(struct command_call *call, struct err *e)
{
	const struct merge_options *o = call->options;
	struct merge_request m = {.dirs = (const char *const *)call->arguments,
				  .n = call->n,
				  .out = o->out,
				  .no_report = o->no_report};

	switch (run_merge(&m, e)) {
	case MERGE_DONE:
		return COMMAND_DONE;
	case MERGE_INVALID:
	case MERGE_MISSING:
		return COMMAND_FINDING;
	case MERGE_DAMAGED:
		return failure_reported(e, EXIT_USAGE);
	case MERGE_FAILED:
		break;
	}
	return COMMAND_FAILED;
}

static const struct command_form forms[] = {
	{.arguments = "PART...", .run = merge},
};

const struct command merge_command = {
	.name = "merge",
	.help = "make one run of its parts, which ran on several machines",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct merge_options),
};
