// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd_paper.c - `skypelab paper`: runs and captures as the results of a paper; skypelab-paper(1) */
#include "cli/cmd_paper.h"
#include "run/paper/paper.h"

struct paper_options {
	const char *out, *table, *claims;
	struct option_list negatives, signatures;
	bool json;
};

#define AT(field) offsetof(struct paper_options, field)

enum { FORM_DOCUMENT, FORM_TABLE };
#define DOCUMENT OPTION_FORM(FORM_DOCUMENT)
#define TABLE	 OPTION_FORM(FORM_TABLE)

static const struct option_row rows[] = {
	OPTION(TEXT, "output", 'o', "DIRECTORY", out,
	       "folder for document, tables and figures; default results/paper", .forms = DOCUMENT),
	OPTION(TEXT, "table", 0, "NAME", table, "print this table as TSV, write nothing",
	       .forms = TABLE, .needed = TABLE),
	OPTION(FLAG, "json", 0, NULL, json, "print it as JSON", .forms = TABLE),
	OPTION(LIST, "not-skype", 'n', "CAPTURE", negatives,
	       "a capture, or a folder of them, without Skype"),
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "try this signature on the captures, not those of the runs"),
	OPTION(TEXT, "claims", 0, "FILE", claims,
	       "claim file to test; default ehlert-petgang-2006"),
};

static struct paper_request request_of(const struct command_call *call)
{
	const struct paper_options *o = call->options;

	return (struct paper_request){.inputs = (const char *const *)call->arguments,
				      .n = call->n,
				      .negatives = o->negatives.items,
				      .negatives_n = o->negatives.n,
				      .signatures = o->signatures.items,
				      .signatures_n = o->signatures.n,
				      .claims = o->claims};
}

static enum command_end document(struct command_call *call, struct err *e)
{
	const struct paper_options *o = call->options;
	struct paper_request r = request_of(call);
	const char *out = o->out ? o->out : "results/paper";

	if (paper_write(&r, out, e) < 0)
		return COMMAND_FAILED;
	printf("%s/paper.html\n", out);
	return COMMAND_DONE;
}

static enum command_end table(struct command_call *call, struct err *e)
{
	const struct paper_options *o = call->options;
	struct paper_request r = request_of(call);

	return paper_print_table(&r, o->table, o->json, e) < 0 ? COMMAND_FAILED : COMMAND_DONE;
}

static const struct command_form forms[] = {
	[FORM_DOCUMENT] = {.arguments = "RUN|CAPTURE...", .run = document},
	[FORM_TABLE] = {.selector = "table", .arguments = "RUN|CAPTURE...", .run = table},
};

const struct command paper_command = {
	.name = "paper",
	.help = "write runs and captures up as a paper's results: one page and its tables",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct paper_options),
};
