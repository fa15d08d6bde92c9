// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmd_claims.c - `skypelab claims`: the statements of a publication, tested on runs and captures
 *
 * It exits with 0 whatever the verdicts are: a refuted claim is a result. 2: a capture was not
 * readable to its end, or could not be used; the others were.
 */
#include <stdio.h>

#include "analysis/claims/print.h"
#include "base/outfile.h"
#include "base/quote.h"
#include "cli/cmd_claims.h"
#include "cli/command/failure.h"
#include "run/claims/gather.h"
#include "run/detect/captures.h"

#define CLAIMS_DEFAULT "ehlert-petgang-2006"

struct claims_options {
	const char *claims, *out, *vantage;
	struct option_list negatives;
	int format; /* enum table_format */
};

#define AT(field) offsetof(struct claims_options, field)

enum { FORM_TEST, FORM_CHECK };
#define TEST OPTION_FORM(FORM_TEST)

static const struct option_row rows[] = {
	OPTION(TEXT, "claims", 'c', "NAME|FILE", claims,
	       "the claims to test; default " CLAIMS_DEFAULT, .forms = TEST),
	OPTION(LIST, "not-skype", 0, "FILE|DIRECTORY", negatives,
	       "captures that hold none of the application", .forms = TEST),
	OPTION(TEXT, "vantage", 0, "VANTAGE", vantage,
	       "where to look in runs; default caller.lan, else the first", .forms = TEST),
	OPTION(CHOICE, "format", 'f', TABLE_FORMATS, format, "default text", .forms = TEST),
	OPTION(WORD, "json", 0, NULL, format, "the same as --format json", .low = TABLE_JSON,
	       .forms = TEST),
	OPTION(TEXT, "output", 'o', "FILE", out, "write to FILE, not to standard output",
	       .forms = TEST, .output = true),
};

/* Markdown says how it was made. */
static void print_head(FILE *f, const struct command_call *call, int format)
{
	if (format == TABLE_MARKDOWN)
		fprintf(f, "<!-- Generated; do not edit. -->\nMade by\n\n    %s\n\n",
			quote_terminal(call->line));
}

static int print_all(const struct command_call *call, const struct claims_options *o,
		     const struct claim_results *r, struct err *e)
{
	struct outfile out;

	if (outfile_open(&out, o->out ? o->out : "-", e) < 0)
		return -1;
	print_head(out.f, call, o->format);
	claims_print(r, out.f, (enum table_format)o->format);
	return outfile_commit(&out, e);
}

static enum command_end test(struct command_call *call, struct err *e)
{
	const struct claims_options *o = call->options;
	struct claim_set *set = claims_load(o->claims ? o->claims : CLAIMS_DEFAULT, e);
	struct claims_request q = {.paths = (const char *const *)call->arguments,
				   .n = call->n,
				   .negatives = o->negatives.items,
				   .negatives_n = o->negatives.n,
				   .vantage = o->vantage};
	struct claim_results *r;
	bool damaged = false;
	int rc;

	if (!set)
		return COMMAND_FAILED;
	r = claim_results_new(set);
	captures_note_runs(q.paths, q.n);
	rc = claims_gather(r, &q, &damaged, e);
	if (rc == 0)
		rc = print_all(call, o, r, e);
	claim_results_free(r);
	claims_free(set);
	if (rc < 0)
		return COMMAND_FAILED;
	return damaged ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
}

static enum command_end check(struct command_call *call, struct err *e)
{
	bool wrong = false;

	for (size_t i = 0; i < call->n; i++) {
		struct claim_set *s = claims_load(call->arguments[i], e);
		bool right = s && claims_check_signatures(s, e) == 0;

		if (right)
			printf("%s: %s, %u claims: right\n", quote_terminal(s->path),
			       quote_terminal(s->name), s->claims_n);
		else
			failure_report(e);
		wrong |= !right;
		claims_free(s);
	}
	return wrong ? failure_reported(e, EXIT_USAGE) : COMMAND_DONE;
}

static const struct command_form forms[] = {
	[FORM_TEST] = {.arguments = "RUN|CAPTURE...",
		       .help = "test the claims on runs and captures",
		       .run = test},
	[FORM_CHECK] = {.verb = "check",
			.arguments = "NAME|FILE...",
			.help = "check claim files",
			.run = check},
};

const struct command claims_command = {
	.name = "claims",
	.help = "test the statements of a publication on runs and captures",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct claims_options),
};
