// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_detector.c - `skypelab detector`: foreign detectors, by the files that define them
 *
 * check reads every file and reports the first fault of each. read takes what a detector wrote
 * somewhere else; try runs it (detector_try.c). Both print what the scorer would get, and say what
 * became of every record.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/datadir.h"
#include "base/listing.h"
#include "base/path.h"
#include "base/quote.h"
#include "cli/cmd_detector.h"
#include "cli/command/failure.h"
#include "cli/detector_try.h"
#include "results/adapter/adapter.h"
#include "results/adapter/read.h"
#include "results/adapter/show.h"

#define FOLDER	 "scenarios/detectors"
#define BUILT_IN "skypelab"

enum { FORM_CHECK, FORM_LIST, FORM_SHOW, FORM_READ, FORM_TRY };

struct detector_options {
	const char *rules, *keep;
	bool json;
};

#define AT(field) offsetof(struct detector_options, field)

static const struct option_row rows[] = {
	OPTION(TEXT, "rules", 0, "PATH", rules, "what {rules} in the command stands for",
	       .forms = OPTION_FORM(FORM_TRY)),
	OPTION(TEXT, "output", 'o', "DIR", keep, "keep the detector's output files there",
	       .forms = OPTION_FORM(FORM_TRY)),
	OPTION(FLAG, "json", 0, NULL, json, "list as JSON", .forms = OPTION_FORM(FORM_LIST)),
};

static enum command_end check(struct command_call *call, struct err *e)
{
	bool wrong = false;

	for (size_t i = 0; i < call->n; i++) {
		struct adapter *a = adapter_load(call->arguments[i], e);

		if (!a) {
			failure_report(e);
			wrong = true;
			continue;
		}
		printf("%s: %s, %u outputs, %u rules: right\n", quote_terminal(a->path), a->name,
		       a->outputs_n, a->verdicts_n);
		adapter_free(a);
	}
	return wrong ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
}

static void list_one(struct listing *l, const struct adapter *a)
{
	char *program =
		a->command.n ? path_of_program(a->command.items[0], "/usr/sbin:/sbin") : NULL;

	listing_row(l, a->name, program ? "yes" : NULL, a->title);
	free(program);
}

static enum command_end list(struct command_call *call, struct err *e)
{
	static const struct listing_column columns[] = {
		{.name = "detector"}, {.name = "installed"}, {.name = "title"}};
	const struct detector_options *o = call->options;
	char **names = data_names(FOLDER, e);
	struct listing *l;
	int rc = 0;

	if (!names)
		return COMMAND_FAILED;
	l = listing_new(columns, ARRAY_LEN(columns));
	listing_row(l, BUILT_IN, "yes",
		    "the project's own, built in: its signatures by `skypelab signature list`");
	for (char **n = names; *n && rc == 0; n++) {
		struct adapter *a = adapter_load(*n, e);

		rc = a ? 0 : -1;
		if (a)
			list_one(l, a);
		adapter_free(a);
	}
	listing_end(l, stdout, o->json);
	data_names_free(names);
	return failure_or_done(rc);
}

static enum command_end show(struct command_call *call, struct err *e)
{
	for (size_t i = 0; i < call->n; i++) {
		struct adapter *a = adapter_load(call->arguments[i], e);

		if (!a)
			return COMMAND_FAILED;
		adapter_show(stdout, a);
		adapter_free(a);
	}
	return COMMAND_DONE;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static enum command_end read_outputs(struct command_call *call, struct err *e)
{
	struct adapter *a = adapter_load(call->arguments[0], e);
	struct detections *found = detections_new();
	const char *path = call->arguments[1];
	struct adapter_counts counts;
	int rc = -1;

	if (a)
		rc = is_folder(path) ? adapter_read(a, path, NULL, NULL, found, &counts, e)
				     : adapter_read_file(a, path, found, &counts, e);
	if (rc == 0) {
		adapter_detections_show(stdout, found);
		adapter_counts_show(stderr, &counts);
	}
	detections_free(found);
	adapter_free(a);
	return failure_or_done(rc);
}

static enum command_end try(struct command_call *call, struct err *e)
{
	const struct detector_options *o = call->options;

	return detector_try(call->arguments[0], call->arguments[1], o->rules, o->keep, e);
}

static const struct command_form forms[] = {
	[FORM_CHECK] = {.verb = "check",
			.arguments = "NAME|FILE...",
			.help = "check definitions of detectors",
			.run = check},
	[FORM_LIST] = {.verb = "list",
		       .arguments = "",
		       .help = "list the bundled definitions",
		       .run = list},
	[FORM_SHOW] = {.verb = "show",
		       .arguments = "NAME|FILE...",
		       .help = "explain definitions in words",
		       .run = show},
	[FORM_READ] = {.verb = "read",
		       .arguments = "NAME|FILE OUTPUT",
		       .help = "read what a detector wrote: a folder, or its one file",
		       .run = read_outputs},
	[FORM_TRY] = {.verb = "try",
		      .arguments = "NAME|FILE CAPTURE",
		      .help = "run a detector over a capture, contained, and read what it wrote",
		      .run = try},
};

const struct command detector_command = {
	.name = "detector",
	.help = "check, list, explain and try detectors under test",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct detector_options),
};
