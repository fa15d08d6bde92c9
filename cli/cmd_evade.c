// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_evade.c - `skypelab evade`: the cheapest change that a signature no longer sees
 *
 * It exits with 1 when nothing was found for one of the signatures or detectors that see the unchanged
 * client.
 */
#include <stdlib.h>

#include "base/outfile.h"
#include "base/path.h"
#include "base/listing.h"
#include "cli/cmd_evade.h"
#include "run/evade/evade.h"
#include "run/evade/table.h"

enum evade_format { EVADE_TEXT, EVADE_MARKDOWN, EVADE_TSV, EVADE_JSON };

static const enum score_unit goals[] = {UNIT_CLIENT, UNIT_SESSION_START};

struct evade_options {
	const char *version, *scenario, *changes, *out, *table, *versions, *keep;
	struct option_whole jobs, seed, repeat, together, tries;
	struct option_list detectors;
	int format, goal;
	bool alone;
};

#define AT(field) offsetof(struct evade_options, field)

static const struct option_row rows[] = {
	OPTION(LIST, "detector", 'D', "DETECTOR", detectors,
	       "a detector of others, which is not to see the client either"),
	OPTION(TEXT, "client", 0, "VERSION", version,
	       "the version that is changed, name or file; default 1.4"),
	OPTION(TEXT, "changes", 'c', "NAME|FILE", changes,
	       "what may be changed; default skype-2006"),
	OPTION(TEXT, "scenario", 0, "NAME|FILE", scenario, "where it logs in; default evade"),
	OPTION(CHOICE, "miss", 0, "client|session-start", goal,
	       "what the signature has to miss; default client"),
	OPTION(FLAG, "alone", 0, NULL, alone, "only changes that the client can make alone"),
	OPTION(WHOLE, "repeat", 0, "NUMBER", repeat, "trials of each cell; default 3", .low = 1,
	       .high = 1000),
	OPTION(WHOLE, "together", 0, "NUMBER", together, "the most changes at once; default 4",
	       .low = 1, .high = TOGETHER_MAX),
	OPTION(WHOLE, "tries", 0, "NUMBER", tries,
	       "the most sets of changes for a signature; default 24", .high = 10000),
	OPTION(WHOLE, "seed", 0, "NUMBER", seed, "of the search; default 1",
	       .high = UINT64_MAX - 1),
	OPTION(WHOLE, "jobs", 'j', "JOBS", jobs, "cells at a time; default one per CPU", .low = 1,
	       .high = 64),
	OPTION(CHOICE, "format", 'f', "text|markdown|tsv|json", format, "default text"),
	OPTION(WORD, "json", 0, NULL, format, "the same as --format json", .low = EVADE_JSON),
	OPTION(TEXT, "table", 0, "FILE", table, "write the table there", .output = true),
	OPTION(TEXT, "output", 'o', "FILE", out,
	       "write the version file of the change there, of one answer", .output = true),
	OPTION(TEXT, "versions", 0, "DIRECTORY", versions,
	       "write the version file of each answer into it"),
	OPTION(TEXT, "keep", 0, "DIRECTORY", keep, "leave the runs of the search there"),
};

static void put_json(const struct evade_result *r, FILE *out)
{
	struct listing_tsv *t = listing_tsv_new();

	evade_tsv(r, t->f);
	listing_tsv_json(t, out);
}

static int print_table(const struct evade_options *o, const struct evade_result *r, struct err *e)
{
	struct outfile out;

	if (outfile_open(&out, o->table ? o->table : "-", e) < 0)
		return -1;
	if (o->format == EVADE_MARKDOWN)
		evade_markdown(r, out.f);
	else if (o->format == EVADE_TSV)
		evade_tsv(r, out.f);
	else if (o->format == EVADE_JSON)
		put_json(r, out.f);
	else
		evade_print(r, out.f);
	return outfile_commit(&out, e);
}

static int write_versions(const struct evade_options *o, const struct evade_result *r,
			  struct err *e)
{
	if (o->versions && make_dirs(o->versions, e) < 0)
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		char *path;
		int rc;

		if (r->answers[i].verdict != EVADE_FOUND)
			continue;
		if (o->out && evade_write_version(r, i, o->out, e) < 0)
			return -1;
		if (!o->versions)
			continue;
		path = path_inf(o->versions, "%s.yaml", r->subjects[i].name);
		rc = evade_write_version(r, i, path, e);
		free(path);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* Searches, and shows what came of it. */
static enum command_end search(const struct evade_options *o, const struct evade_request *q,
			       struct err *e)
{
	enum command_end end = COMMAND_FAILED;
	struct evade_result *r = evade(q, e);

	if (r && print_table(o, r, e) == 0 && write_versions(o, r, e) == 0) {
		end = COMMAND_DONE;
		for (size_t i = 0; i < r->n; i++)
			if (r->answers[i].verdict == EVADE_NONE)
				end = COMMAND_FINDING;
	}
	evade_free(r);
	return end;
}

static enum command_end run(struct command_call *call, struct err *e)
{
	const struct evade_options *o = call->options;
	struct under_test foreign = {0};
	struct signature_set *set =
		call->n ? signatures_load((const char *const *)call->arguments, call->n, e) : NULL;
	struct evade_request q = {.set = set,
				  .foreign = &foreign,
				  .version = o->version ? o->version : "1.4",
				  .scenario = o->scenario ? o->scenario : "evade",
				  .changes = o->changes ? o->changes : "skype-2006",
				  .repeat = (unsigned)o->repeat.value,
				  .together = (unsigned)o->together.value,
				  .tries = (unsigned)o->tries.value,
				  .jobs = (unsigned)o->jobs.value,
				  .seed = o->seed.value,
				  .unit = goals[o->goal],
				  .alone = o->alone,
				  .keep = o->keep};
	enum command_end end = COMMAND_FAILED;
	size_t n = set ? signatures_count(set) : 0;

	if (call->n && !set)
		return COMMAND_FAILED;
	if (under_test_load(&foreign, o->detectors.items, o->detectors.n, set, e) < 0)
		; /* said */
	else if (foreign.own)
		err_set(e, "-D %s: name its signatures instead", OWN_DETECTOR);
	else if (n + foreign.n == 0)
		err_set(e, "nothing is to be missed; name a signature, or a detector with -D");
	else if (o->out && n + foreign.n != 1)
		err_set(e,
			"-o takes the change of one signature or detector, and %zu are named; give "
			"--versions DIRECTORY",
			n + foreign.n);
	else
		end = search(o, &q, e);
	under_test_free(&foreign);
	signatures_free(set);
	return end;
}

static const struct command_form forms[] = {
	{.arguments = "[SIGNATURE]...", .run = run},
};

const struct command evade_command = {
	.name = "evade",
	.help = "find the cheapest change of a client that a signature does not see",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct evade_options),
	.defaults = &(const struct evade_options){.repeat = {.value = 3},
						  .together = {.value = 4},
						  .tries = {.value = 24},
						  .seed = {.value = 1}},
};
