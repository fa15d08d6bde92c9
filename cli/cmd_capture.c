// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd_capture.c - `skypelab capture`: a real program's traffic as a labelled run;
 * skypelab-capture(1) */
#include <stdlib.h>

#include "base/label.h"
#include "base/path.h"
#include "cli/cmd_capture.h"
#include "cli/run_end.h"
#include "run/runner.h"

struct capture_options {
	const char *dir, *node, *version, *label;
	struct option_list signatures, filters;
};

#define AT(field) offsetof(struct capture_options, field)

static const struct option_row rows[] = {
	OPTION(TEXT, "output", 'o', "DIRECTORY", dir,
	       "run directory; default results/runs/SCENARIO-TIME"),
	OPTION(TEXT, "node", 0, "NODE", node, "node that runs the program; default caller-h1"),
	OPTION(TEXT, "label", 0, "NAME", label,
	       "declared label: skype, not-skype, another application; default unknown"),
	OPTION(TEXT, "version", 0, "TEXT", version, "declared traffic version, for the tables"),
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "use this signature, not the scenario's"),
	OPTION(LIST, "filter", 0, "AXIS=VALUE", filters, "choose the cell"),
};

/* Asked before anything is built; a node sees the same files as we do. */
static int find_program(const char *name, struct err *e)
{
	char *path = path_of_program(name, NULL);

	if (!path)
		return err_set(e, "%s: no such program, nothing to capture", name);
	free(path);
	return 0;
}

/* Arguments: the scenario, then the program and its own arguments. */
static enum command_end run(struct command_call *call, struct err *e)
{
	const struct capture_options *o = call->options;
	struct program p = {.argv = call->arguments + 1,
			    .node = o->node,
			    .label = o->label,
			    .version = o->version,
			    .reason = call->arguments[1]};
	struct run_options r = {.scenario = call->arguments[0],
				.dir = o->dir,
				.filters = o->filters.items,
				.filters_len = o->filters.n,
				.signatures = o->signatures.items,
				.signatures_len = o->signatures.n,
				.jobs = 1,
				.program = &p,
				.command = "skypelab capture"};

	if (!label_valid(o->label)) {
		err_set(e,
			"--label %.80s, expected skype, not-skype, unknown or another "
			"application: " LABEL_FORM,
			o->label);
		return COMMAND_FAILED;
	}
	if (find_program(p.argv[0], e) < 0)
		return COMMAND_FAILED;
	return command_end_of_run(run_scenario(&r, e), e);
}

static const struct command_form forms[] = {
	{.arguments = "SCENARIO -- PROGRAM [ARGUMENT]...", .run = run},
};

const struct command capture_command = {
	.name = "capture",
	.help = "run a real program in a scenario's network and keep it as a labelled run",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct capture_options),
	.defaults = &(const struct capture_options){.node = "caller-h1",
						    .label = LABEL_UNKNOWN,
						    .version = ""},
};
