// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_signature.c - `skypelab signature`: checks, lists, explains and drafts signature files
 *
 * check reads every file and reports the first fault of each; a fault in one does not keep the
 * others from being checked. list and show take bundled names as well as paths. draft proposes one
 * from labelled captures (run/draft).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/label.h"
#include "base/listing.h"
#include "base/outfile.h"
#include "base/quote.h"
#include "cli/cmd_signature.h"
#include "cli/command/failure.h"
#include "detector/detector.h"
#include "detector/language/explain.h"
#include "run/draft/drafting.h"

struct signature_options {
	bool json;
	struct option_list positive, negative, apart;
	const char *name, *target, *version, *out;
	struct option_whole vary;
};

#define AT(field) offsetof(struct signature_options, field)

enum { FORM_CHECK, FORM_LIST, FORM_SHOW, FORM_DRAFT };
#define DRAFT OPTION_FORM(FORM_DRAFT)

static const struct option_row rows[] = {
	OPTION(FLAG, "json", 0, NULL, json, "print all that the files say of themselves, as JSON",
	       .forms = OPTION_FORM(FORM_LIST)),
	OPTION(LIST, "positive", 0, "CAPTURE|RUN", positive,
	       "labelled captures, folders or runs with what is to be found", .forms = DRAFT,
	       .needed = DRAFT),
	OPTION(LIST, "negative", 0, "CAPTURE|RUN", negative, "captures, folders or runs without it",
	       .forms = DRAFT),
	OPTION(LIST, "apart", 0, "CAPTURE|RUN", apart, "only score the draft on these",
	       .forms = DRAFT),
	OPTION(TEXT, "name", 0, "NAME", name, "of the signature; default draft", .forms = DRAFT),
	OPTION(TEXT, "target", 0, "NAME", target,
	       "the application to be found; default " LABEL_SKYPE, .forms = DRAFT),
	OPTION(TEXT, "traffic-version", 0, "VERSION", version,
	       "of runs, take only traffic of this client version", .forms = DRAFT),
	OPTION(WHOLE, "vary", 0, "COPIES", vary,
	       "copies of positive captures to try it on; default 3, 0 = none", .high = 1000,
	       .forms = DRAFT),
	OPTION(TEXT, "output", 'o', "FILE", out,
	       "write the signature there; default to standard output", .forms = DRAFT,
	       .output = true),
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
	static const struct listing_column columns[] = {
		{.name = "name"},     {.name = "rev", .number = true},
		{.name = "date"},     {.name = "application"},
		{.name = "versions"}, {.name = "title"}};
	struct listing *l = listing_new(columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < signatures_count(set); i++) {
		const struct signature_info *s = signatures_info(set, i);
		char revision[16];

		snprintf(revision, sizeof(revision), "%u", s->revision);
		listing_row(l, s->name, revision, s->date, s->application, s->versions, s->title);
	}
	listing_end(l, stdout, false);
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

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

/* The name, so that the file can be called by it. */
static int check_draft(const struct signature_options *o, struct err *e)
{
	size_t n = strlen(o->name);

	if (!n || n > 60 || *o->name == '.' || strspn(o->name, NAME_LETTERS) != n)
		return err_set(e, "--name %s: expected 1 to 60 letters, digits, -, _ and .",
			       quote_terminal(o->name));
	if (!label_names_application(o->target))
		return err_set(e, "--target %s: expected the name of an application, " LABEL_FORM,
			       quote_terminal(o->target));
	return 0;
}

static enum command_end draft_into(const struct drafting *d, FILE *file, FILE *table, struct err *e)
{
	switch (drafting_run(d, file, table, e)) {
	case DRAFTING_DONE:
		return COMMAND_DONE;
	case DRAFTING_NO_RULE:
		failure_report(e);
		return COMMAND_FINDING;
	default:
		return COMMAND_FAILED;
	}
}

static enum command_end draft(struct command_call *call, struct err *e)
{
	const struct signature_options *o = call->options;
	time_t now = time(NULL);
	struct tm tm;
	char date[16];
	struct drafting d = {.positive = o->positive.items,
			     .positive_n = o->positive.n,
			     .negative = o->negative.items,
			     .negative_n = o->negative.n,
			     .apart = o->apart.items,
			     .apart_n = o->apart.n,
			     .choice = {.target = o->target, .version = o->version},
			     .name = o->name,
			     .date = date,
			     .line = call->line,
			     .vary = (unsigned)o->vary.value};
	struct outfile out;
	enum command_end end;
	char *table = NULL;
	size_t n;
	FILE *f;

	strftime(date, sizeof(date), "%Y-%m-%d", gmtime_r(&now, &tm));
	if (check_draft(o, e) < 0 || outfile_open(&out, o->out ? o->out : "-", e) < 0)
		return COMMAND_FAILED;
	f = open_memstream(&table, &n);
	end = draft_into(&d, out.f, f, e);
	fclose(f);
	if (end != COMMAND_DONE)
		outfile_abort(&out);
	else if (outfile_commit(&out, e) < 0)
		end = COMMAND_FAILED;
	else
		fputs(table, o->out && strcmp(o->out, "-") != 0 ? stdout : stderr);
	free(table);
	return end;
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
	[FORM_DRAFT] = {.verb = "draft",
			.arguments = "",
			.help = "propose a signature from labelled captures",
			.run = draft},
};

const struct command signature_command = {
	.name = "signature",
	.help = "check, list, explain and draft signatures",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct signature_options),
	.defaults = &(const struct signature_options){.name = "draft",
						      .target = LABEL_SKYPE,
						      .vary = {.value = 3}},
};
