// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_signature.c - `skypelab signature`: checks, lists and explains signature files
 *
 * check reads every file and reports the first fault of each; a fault in one does not keep the
 * others from being checked. list and show take bundled names as well as paths.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/quote.h"
#include "cli/cmd_signature.h"
#include "cli/command/failure.h"
#include "detector/detector.h"
#include "detector/language/explain.h"

struct signature_options {
	bool json;
};

#define AT(field) offsetof(struct signature_options, field)

enum { FORM_CHECK, FORM_LIST, FORM_SHOW };

static const struct option_row rows[] = {
	OPTION(FLAG, "json", 0, NULL, json, "print all that the files say of themselves, as JSON",
	       .forms = OPTION_FORM(FORM_LIST)),
};

static enum command_end check(struct command_call *call, struct err *e)
{
	bool wrong = false;

	for (size_t i = 0; i < call->n; i++) {
		const char *name = call->arguments[i];
		struct signature_set *set = signatures_load(&name, 1, e);

		if (!set) {
			failure_report(e);
			wrong = true;
			continue;
		}
		for (size_t k = 0; k < signatures_count(set); k++) {
			const struct signature_info *s = signatures_info(set, k);

			printf("%s: %s revision %u, %zu rules: right\n", quote_terminal(s->path),
			       s->name, s->revision, s->rules);
		}
		signatures_free(set);
	}
	return wrong ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
}

static void list_json(const struct signature_set *set)
{
	json_t *all = json_array();

	for (size_t i = 0; i < signatures_count(set); i++) {
		const struct signature_info *s = signatures_info(set, i);

		json_array_append_new(all, json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:I}",
						     "name", s->name, "revision", (int)s->revision,
						     "date", s->date, "application", s->application,
						     "title", s->title, "source", s->source,
						     "versions", s->versions, "path", s->path,
						     "rules", (json_int_t)s->rules));
	}
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
}

static void list_table(const struct signature_set *set)
{
	int width = 4;

	for (size_t i = 0; i < signatures_count(set); i++) {
		int len = (int)strlen(signatures_info(set, i)->name);

		width = len > width ? len : width;
	}
	printf("%-*s  rev  date        application  versions        title\n", width, "name");
	for (size_t i = 0; i < signatures_count(set); i++) {
		const struct signature_info *s = signatures_info(set, i);

		printf("%-*s  %3u  %-10s  %-11s  %-14s  %s\n", width, s->name, s->revision, s->date,
		       s->application, s->versions, s->title);
	}
}

static enum command_end list(struct command_call *call, struct err *e)
{
	const struct signature_options *o = call->options;
	static const char *const all[] = {"all:*"};
	struct signature_set *set =
		call->n ? signatures_load((const char *const *)call->arguments, call->n, e)
			: signatures_load(all, 1, e);

	if (!set)
		return COMMAND_FAILED;
	if (o->json)
		list_json(set);
	else
		list_table(set);
	signatures_free(set);
	return COMMAND_DONE;
}

static enum command_end show(struct command_call *call, struct err *e)
{
	struct signature_set *set =
		signatures_load((const char *const *)call->arguments, call->n, e);

	if (!set)
		return COMMAND_FAILED;
	for (size_t i = 0; i < signatures_count(set); i++)
		signature_show(stdout, set, i);
	signatures_free(set);
	return COMMAND_DONE;
}

static const struct command_form forms[] = {
	[FORM_CHECK] = {.verb = "check",
			.arguments = "FILE...",
			.help = "check signature files",
			.run = check},
	[FORM_LIST] = {.verb = "list",
		       .arguments = "[NAME|FILE]...",
		       .help = "list the bundled signatures, or those named",
		       .run = list},
	[FORM_SHOW] = {.verb = "show",
		       .arguments = "NAME|FILE...",
		       .help = "explain signatures in words",
		       .run = show},
};

const struct command signature_command = {
	.name = "signature",
	.help = "check, list and explain signatures",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct signature_options),
};
