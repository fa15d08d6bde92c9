// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_labels.c - `skypelab labels`: begin the label file of a capture
 *
 * `init` writes the flows; a person fills in what each is.
 */
#include <stddef.h>

#include "base/outfile.h"
#include "cli/cmd_labels.h"
#include "cli/command/failure.h"
#include "run/detect/captures.h"
#include "run/detect/label_skeleton.h"

struct labels_options {
	const char *out;
};

#define AT(field) offsetof(struct labels_options, field)

static const struct option_row rows[] = {
	OPTION(TEXT, "output", 'o', "FILE", out, "write the label file there"),
};

static enum command_end init(struct command_call *call, struct err *e)
{
	const struct labels_options *o = call->options;
	struct err why = {0};
	struct outfile out;
	int rc;

	captures_note_runs((const char *const *)call->arguments, call->n);
	if (!o->out)
		return failure_or_done(label_skeleton_write(call->arguments[0], stdout, e));
	if (outfile_open(&out, o->out, e) < 0)
		return COMMAND_FAILED;
	rc = label_skeleton_write(call->arguments[0], out.f, &why);
	if (rc < 0) {
		outfile_abort(&out);
		*e = why;
		return COMMAND_FAILED;
	}
	return failure_or_done(outfile_commit(&out, e));
}

static const struct command_form forms[] = {
	{.verb = "init",
	 .arguments = "CAPTURE",
	 .help = "write a label file with every flow, for a person to fill in",
	 .run = init},
};

const struct command labels_command = {
	.name = "labels",
	.help = "begin the label file of a recorded capture",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct labels_options),
};
