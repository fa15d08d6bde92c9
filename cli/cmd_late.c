// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_late.c - `skypelab late`: what is found by who begins to watch late; skypelab-late(1)
 *
 * Exit 2 when a capture could not be used or not be read to its end; the others were.
 */
#include <stdio.h>

#include "base/listing.h"
#include "cli/cmd_late.h"
#include "cli/part_command.h"
#include "run/limits/part_curve.h"

#define CUT_MAX 31536000.0 /* seconds: a year */

static const double default_cuts[] = {0, 1, 2, 5, 10, 20, 50, 100, 200};

struct late_options {
	const char *out, *vantage;
	struct option_list signatures, cuts;
	int format;
};

enum { FORMAT_TEXT, FORMAT_TSV, FORMAT_JSON };

#define AT(field) offsetof(struct late_options, field)

static const struct option_row rows[] = {
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "a bundled signature or a file; default all"),
	OPTION(LIST, "cut", 'c', "SECONDS", cuts,
	       "cut so much off, may be repeated; default 0 to 200"),
	OPTION(TEXT, "vantage", 0, "VANTAGE", vantage, "where to look in runs; default caller.lan"),
	OPTION(CHOICE, "format", 'f', "text|tsv|json", format, "default text"),
	OPTION(WORD, "json", 0, NULL, format, "the same as --format json", .low = FORMAT_JSON),
	OPTION(TEXT, "output", 'o', "DIRECTORY", out, "write the table and plots there, too"),
};

static void put_json(const struct part_scores *s)
{
	struct listing_tsv *t = listing_tsv_new();

	late_tsv(t->f, s);
	listing_tsv_json(t, stdout);
}

static int show(const void *options, const struct part_scores *s, struct err *e)
{
	const struct late_options *o = options;

	if (o->format == FORMAT_TSV)
		late_tsv(stdout, s);
	else if (o->format == FORMAT_JSON)
		put_json(s);
	else
		late_text(stdout, s);
	return o->out ? late_write(o->out, s, e) : 0;
}

static enum command_end late(struct command_call *call, struct err *e)
{
	const struct late_options *o = call->options;
	struct part_request q = {.vantage = o->vantage, .looks = 1};
	struct part_option cuts = {.name = "--cut",
				   .axis = PART_LATE,
				   .given = &o->cuts,
				   .levels = default_cuts,
				   .n = ARRAY_LEN(default_cuts),
				   .low = 0,
				   .high = CUT_MAX};

	if (part_levels_add(&q, &cuts, e) < 0)
		return COMMAND_FAILED;
	return part_command(call, &q, &o->signatures, show, e);
}

static const struct late_options defaults = {.vantage = "caller.lan"};

static const struct command_form forms[] = {
	{.arguments = "RUN|CAPTURE...", .run = late},
};

const struct command late_command = {
	.name = "late",
	.help = "what is found by who begins to watch late",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct late_options),
	.defaults = &defaults,
};
