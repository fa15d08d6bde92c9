// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd_run.c - `skypelab run`: a scenario's cells, their tables and report; skypelab-run(1) */
#include "base/outfile.h"
#include "cli/cmd_run.h"
#include "cli/run_end.h"
#include "cli/run_seeds.h"
#include "run/repeat.h"
#include "run/run_gate.h"
#include "run/runner.h"

struct run_command_options {
	const char *dir, *manifest, *target;
	struct option_list signatures, detectors, filters;
	struct option_whole jobs, seed, repeat;
	const char *seeds, *shard, *cells, *junit;
	struct option_real min_recall;
	struct option_whole max_fp;
	bool dry_run, no_report, live, json;
};

#define AT(field) offsetof(struct run_command_options, field)

enum { FORM_SCENARIO, FORM_MANIFEST };
#define SCENARIO OPTION_FORM(FORM_SCENARIO)
#define MANIFEST OPTION_FORM(FORM_MANIFEST)

static const struct option_row rows[] = {
	OPTION(TEXT, "manifest", 0, "FILE", manifest,
	       "repeat the run of this manifest.json, show differences", .forms = MANIFEST,
	       .needed = MANIFEST),
	OPTION(TEXT, "output", 'o', "DIRECTORY", dir,
	       "run directory; default results/runs/SCENARIO-TIME", .needed = MANIFEST),
	OPTION(WHOLE, "jobs", 'j', "JOBS", jobs, "cells at a time; default one per CPU", .low = 1,
	       .high = 64),
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "use this signature, not the scenario's", .forms = SCENARIO),
	OPTION(LIST, "detector", 'D', "DETECTOR", detectors,
	       "put this detector under test beside our own, not the scenario's",
	       .forms = SCENARIO),
	OPTION(TEXT, "target", 0, "NAME", target, "the application to look for, not the scenario's",
	       .forms = SCENARIO),
	OPTION(FLAG, "live", 0, NULL, live,
	       "have detectors of -D that can read the interface of each vantage, too",
	       .forms = SCENARIO),
	OPTION(LIST, "filter", 0, "AXIS=VALUE", filters,
	       "run only cells with this value, or one of several: A=X,Y", .forms = SCENARIO),
	OPTION(WHOLE, "seed", 0, "NUMBER", seed, "use this seed, not the scenario's",
	       .high = UINT64_MAX, .forms = SCENARIO),
	OPTION(WHOLE, "repeat", 0, "NUMBER", repeat,
	       "run every cell this many times, not as the scenario says", .low = 1, .high = 10000,
	       .forms = SCENARIO),
	OPTION(TEXT, "seeds", 0, "FIRST..LAST", seeds,
	       "run every cell once with each of these seeds", .forms = SCENARIO),
	OPTION(TEXT, "shard", 0, "I/N", shard,
	       "run only the I-th of N parts of the cells; auto/N, all: skypelab-run(1)",
	       .forms = SCENARIO, .group = 1),
	OPTION(TEXT, "cells", 0, "FILE", cells,
	       "run only the cells that FILE names, as a part of the run", .forms = SCENARIO,
	       .group = 1),
	OPTION(REAL, "min-recall", 0, "SHARE", min_recall,
	       "exit 1 when a signature finds a smaller share of flows at a vantage", .high = 1,
	       .forms = SCENARIO),
	OPTION(WHOLE, "max-fp", 0, "NUMBER", max_fp,
	       "exit 1 when a signature wrongly claims more flows at a vantage", .high = INT64_MAX,
	       .forms = SCENARIO),
	OPTION(TEXT, "junit", 0, "FILE", junit,
	       "write which cells ran and which limits hold there, for CI", .forms = SCENARIO,
	       .output = true),
	OPTION(FLAG, "dry-run", 0, NULL, dry_run, "print the cells and create nothing",
	       .forms = SCENARIO),
	OPTION(FLAG, "json", 0, NULL, json, "with --dry-run: print the cells as JSON",
	       .forms = SCENARIO),
	OPTION(FLAG, "no-report", 0, NULL, no_report, "leave out plots and report",
	       .forms = SCENARIO),
};

static struct run_options run_options_of(const struct command_call *call)
{
	const struct run_command_options *o = call->options;

	return (struct run_options){.scenario = call->arguments[0],
				    .dir = o->dir,
				    .filters = o->filters.items,
				    .filters_len = o->filters.n,
				    .signatures = o->signatures.items,
				    .signatures_len = o->signatures.n,
				    .detectors = o->detectors.items,
				    .detectors_len = o->detectors.n,
				    .target = o->target,
				    .jobs = (unsigned)o->jobs.value,
				    .seed = o->seed.value,
				    .seed_given = o->seed.given,
				    .repeat = (unsigned)o->repeat.value,
				    .dry_run = o->dry_run,
				    .json = o->json,
				    .no_report = o->no_report,
				    .live = o->live,
				    .command = call->line};
}

/* A part has no recall of its own, and a plan has none. 0, or -1 with @e set. */
static int check_gate(const struct run_command_options *o, const struct run_options *r,
		      struct err *e)
{
	const char *what = o->min_recall.given ? "--min-recall"
			   : o->max_fp.given   ? "--max-fp"
			   : o->junit	       ? "--junit"
					       : NULL;

	if (!what || (!r->shard.of && !r->only && !r->dry_run))
		return 0;
	return err_set(e, "run: %s is for a whole run; leave it out here%s", what,
		       r->dry_run ? "" : ", and give it to score --run once the parts are merged");
}

static enum command_end run_gated(struct run_options *o, struct outfile *out, struct err *e)
{
	enum run_end end = run_scenario(o, e);
	enum command_end is = command_end_of_run(end, e);
	struct err other;

	if (!out)
		return is;
	if (end == RUN_FAILED)
		junit_add(o->gate->cases, "skypelab", "run", e->msg, NULL);
	fputs(JUNIT_HEAD, out->f);
	junit_put(o->gate->cases, "skypelab run", out->f);
	fputs(JUNIT_FOOT, out->f);
	if (outfile_commit(out, &other) == 0)
		return is;
	if (end == RUN_FAILED)
		log_error("%s", other.msg);
	else
		*e = other;
	return COMMAND_FAILED;
}

static enum command_end run(struct command_call *call, struct err *e)
{
	const struct run_command_options *given = call->options;
	struct junit cases = {0};
	struct run_gate gate = {.limits = {.recall = given->min_recall.given,
					   .min_recall = given->min_recall.value,
					   .fp = given->max_fp.given,
					   .max_fp = given->max_fp.value,
					   .by_vantage = true},
				.cases = &cases};
	struct run_options o = run_options_of(call);
	enum command_end end;
	struct outfile out;

	o.gate = &gate;
	if (o.json && !o.dry_run) {
		err_set(e,
			"run: --json is for --dry-run; `skypelab results show --json RUN` prints "
			"what a run found");
		return COMMAND_FAILED;
	}
	if (run_seeds(given->seeds, given->seed.given || given->repeat.given, &o, e) < 0)
		return COMMAND_FAILED;
	o.only = given->cells;
	if ((!o.only && shard_choose(given->shard, &o.shard, e) < 0) ||
	    check_gate(given, &o, e) < 0 ||
	    (given->junit && outfile_open(&out, given->junit, e) < 0))
		return COMMAND_FAILED;
	end = run_gated(&o, given->junit ? &out : NULL, e);
	junit_clear(&cases);
	return end;
}

static enum command_end repeat(struct command_call *call, struct err *e)
{
	const struct run_command_options *given = call->options;
	struct run_options o = run_options_of(call);

	switch (run_repeat(given->manifest, &o, e)) {
	case 0:
		return COMMAND_DONE;
	case 1:
		return COMMAND_FINDING;
	default:
		return COMMAND_FAILED;
	}
}

static const struct command_form forms[] = {
	[FORM_SCENARIO] = {.arguments = "SCENARIO", .run = run},
	[FORM_MANIFEST] = {.selector = "manifest", .arguments = "", .run = repeat},
};

const struct command run_command = {
	.name = "run",
	.help = "run the cells of a scenario, score them, leave a run directory",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct run_command_options),
};
