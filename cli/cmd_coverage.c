// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd_coverage.c - `skypelab coverage`: what k of n monitors find; skypelab-coverage(1) */
#include <stdio.h>

#include "analysis/coverage/internet.h"
#include "base/listing.h"
#include "cli/cmd_coverage.h"
#include "run/detect/captures.h"
#include "run/limits/coverage.h"
#include "run/limits/sites.h"

/* Conversations of a client where no run says how many it has: only how many are drawn. */
#define FLOWS_DRAWN 10

struct coverage_options {
	bool sites;
	const char *out, *inside, *outside, *node;
	struct option_list signatures;
	struct option_whole networks, internets, clients, seed, one_in;
	int format;
};

enum { FORMAT_TEXT, FORMAT_TSV, FORMAT_JSON };

#define AT(field) offsetof(struct coverage_options, field)

enum { FORM_INTERNET, FORM_SITES };
#define INTERNET OPTION_FORM(FORM_INTERNET)
#define SITES	 OPTION_FORM(FORM_SITES)

static const struct option_row rows[] = {
	OPTION(FLAG, "sites", 0, NULL, sites, "the small case: the tapped gateways of a run",
	       .forms = SITES, .needed = SITES),
	OPTION(WHOLE, "networks", 'n', "NUMBER", networks, "networks of an internet; default 2000",
	       .low = INTERNET_MIN, .high = INTERNET_MAX, .forms = INTERNET),
	OPTION(WHOLE, "internets", 0, "NUMBER", internets, "internets, each a trial; default 5",
	       .low = 2, .high = 20, .forms = INTERNET),
	OPTION(WHOLE, "clients", 0, "NUMBER", clients, "clients in each internet; default 200",
	       .low = 10, .high = 1000, .forms = INTERNET),
	OPTION(WHOLE, "seed", 0, "NUMBER", seed, "of internets, monitors and clients; default 1",
	       .high = UINT64_MAX),
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "recall of this signature, not of the run's", .forms = INTERNET),
	OPTION(TEXT, "inside", 0, "VANTAGE", inside, "inside the NAT; default caller.lan",
	       .forms = INTERNET),
	OPTION(TEXT, "outside", 0, "VANTAGE", outside, "outside it; default caller.wan",
	       .forms = INTERNET),
	OPTION(TEXT, "node", 0, "VANTAGE", node, "at a super node; default node.wan",
	       .forms = INTERNET),
	OPTION(WHOLE, "one-in", 0, "NUMBER", one_in, "packets sampled, one in so many; default 10",
	       .low = 2, .high = 1000000, .forms = INTERNET),
	OPTION(CHOICE, "format", 'f', "text|tsv|json", format, "default text"),
	OPTION(WORD, "json", 0, NULL, format, "the same as --format json", .low = FORMAT_JSON),
	OPTION(TEXT, "output", 'o', "DIRECTORY", out, "write tables and plots there, too",
	       .forms = INTERNET),
};

static const struct coverage_options defaults = {
	.inside = "caller.lan",
	.outside = "caller.wan",
	.node = "node.wan",
	.networks = {.value = 2000},
	.internets = {.value = 5},
	.clients = {.value = 200},
	.seed = {.value = 1},
	.one_in = {.value = 10},
};

static struct coverage_spec spec_of(const struct coverage_options *o, unsigned flows)
{
	return (struct coverage_spec){.networks = (unsigned)o->networks.value,
				      .internets = (unsigned)o->internets.value,
				      .clients = (unsigned)o->clients.value,
				      .flows = flows ? flows : FLOWS_DRAWN,
				      .seed = o->seed.value};
}

static int show(const struct coverage_options *o, const struct looks *l, struct err *e)
{
	struct coverage_spec spec = spec_of(o, l ? curves_flows_per_client(l) : 0);
	struct coverage *c = coverage_new(&spec);
	struct curves all;
	int rc;

	curves_of(&all, c, l);
	if (o->format == FORMAT_TEXT) {
		coverage_text(stdout, &all, l);
	} else { /* whole at once: on a terminal the line of progress would be in its way */
		struct listing_tsv *t = listing_tsv_new();

		coverage_tsv(t->f, &all);
		(o->format == FORMAT_JSON ? listing_tsv_json : listing_tsv_text)(t, stdout);
	}
	rc = o->out ? coverage_write(o->out, &all, l, e) : 0;
	curves_clear(&all);
	coverage_free(c);
	return rc;
}

static enum command_end coverage(struct command_call *call, struct err *e)
{
	const struct coverage_options *o = call->options;
	struct looks_request q = {.inside = o->inside,
				  .outside = o->outside,
				  .node = o->node,
				  .one_in = (unsigned)o->one_in.value,
				  .seed = o->seed.value,
				  .signatures = o->signatures.items,
				  .n = o->signatures.n};
	struct looks l = {0};
	int rc = 0;

	if (!call->n)
		return show(o, NULL, e) < 0 ? COMMAND_FAILED : COMMAND_DONE;
	q.run = call->arguments[0];
	captures_note_runs(&q.run, 1);
	rc = looks_read(&l, &q, e);
	if (rc == 0)
		rc = show(o, &l, e);
	looks_clear(&l);
	return rc < 0 ? COMMAND_FAILED : COMMAND_DONE;
}

static enum command_end sites(struct command_call *call, struct err *e)
{
	const struct coverage_options *o = call->options;
	struct listing_tsv *t = NULL;
	struct sites s;

	if (sites_read(&s, call->arguments[0], o->seed.value, e) < 0)
		return COMMAND_FAILED;
	if (o->format == FORMAT_JSON)
		sites_tsv((t = listing_tsv_new())->f, &s);
	else if (o->format == FORMAT_TSV)
		sites_tsv(stdout, &s);
	else
		sites_text(stdout, &s);
	if (t)
		listing_tsv_json(t, stdout);
	return sites_agree(&s) ? COMMAND_DONE : COMMAND_FINDING;
}

static const struct command_form forms[] = {
	[FORM_INTERNET] = {.arguments = "[RUN]",
			   .help = "on generated internets, with the recall of a run",
			   .run = coverage},
	[FORM_SITES] = {.selector = "sites",
			.arguments = "RUN",
			.help = "k of the gateways of a run, beside the model",
			.run = sites},
};

const struct command coverage_command = {
	.name = "coverage",
	.help = "how much k of n monitors find, and how many are needed",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct coverage_options),
	.defaults = &defaults,
};
