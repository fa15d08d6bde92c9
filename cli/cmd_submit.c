// SPDX-License-Identifier: GPL-2.0-or-later
/* cmd_submit.c - `skypelab submit`: a scenario's run on many machines; skypelab-submit(1) */
#include "cli/cmd_submit.h"
#include "cli/command/failure.h"
#include "cli/run_seeds.h"
#include "run/submit.h"

struct submit_options {
	const char *dir, *hosts, *target, *seeds;
	struct option_list signatures, detectors, filters;
	struct option_whole jobs, shards, seed, repeat;
	bool slurm, print, no_report, live;
};

#define AT(field) offsetof(struct submit_options, field)

static const struct option_row rows[] = {
	OPTION(FLAG, "slurm", 0, NULL, slurm, "as a job array of Slurm", .group = 1),
	OPTION(TEXT, "parallel", 0, "HOSTS", hosts,
	       "by GNU parallel over ssh: HOST,HOST,...; : is this machine", .group = 1),
	OPTION(FLAG, "print", 0, NULL, print, "print the script, for Slurm by default; do nothing"),
	OPTION(TEXT, "output", 'o', "DIRECTORY", dir,
	       "run directory; default results/runs/SCENARIO-TIME"),
	OPTION(WHOLE, "shards", 'n', "NUMBER", shards,
	       "in so many parts, instead of parts of a minute or more", .low = 1,
	       .high = SHARDS_MAX),
	OPTION(WHOLE, "jobs", 'j', "JOBS", jobs, "processors, and cells at a time, of each part",
	       .low = 1, .high = 64),
	OPTION(LIST, "signature", 's', "SIGNATURE", signatures,
	       "use this signature, not the scenario's"),
	OPTION(LIST, "detector", 'D', "DETECTOR", detectors,
	       "put this detector under test beside our own, not the scenario's"),
	OPTION(TEXT, "target", 0, "NAME", target,
	       "the application to look for, not the scenario's"),
	OPTION(FLAG, "live", 0, NULL, live,
	       "have detectors of -D that can read the interface of each vantage, too"),
	OPTION(LIST, "filter", 0, "AXIS=VALUE", filters,
	       "run only cells with this value, or one of several: A=X,Y"),
	OPTION(WHOLE, "seed", 0, "NUMBER", seed, "use this seed, not the scenario's",
	       .high = UINT64_MAX),
	OPTION(WHOLE, "repeat", 0, "NUMBER", repeat,
	       "run every cell this many times, not as the scenario says", .low = 1, .high = 10000),
	OPTION(TEXT, "seeds", 0, "FIRST..LAST", seeds,
	       "run every cell once with each of these seeds"),
	OPTION(FLAG, "no-report", 0, NULL, no_report, "leave out plots and report"),
};

static enum command_end submit(struct command_call *call, struct err *e)
{
	const struct submit_options *o = call->options;
	struct run_options run = {.scenario = call->arguments[0],
				  .dir = o->dir,
				  .filters = o->filters.items,
				  .filters_len = o->filters.n,
				  .signatures = o->signatures.items,
				  .signatures_len = o->signatures.n,
				  .detectors = o->detectors.items,
				  .detectors_len = o->detectors.n,
				  .target = o->target,
				  .seed = o->seed.value,
				  .seed_given = o->seed.given,
				  .repeat = (unsigned)o->repeat.value,
				  .no_report = o->no_report,
				  .live = o->live};
	struct submit_request q = {.run = &run,
				   .engine = o->hosts ? SCRIPT_PARALLEL : SCRIPT_SLURM,
				   .hosts = o->hosts,
				   .shards = (unsigned)o->shards.value,
				   .jobs = o->jobs.given ? (unsigned)o->jobs.value : 1,
				   .print = o->print};
	int status;

	if (!o->slurm && !o->hosts && !o->print) {
		err_set(e, "say to whom: --slurm, --parallel HOSTS, or --print to see the script");
		return COMMAND_FAILED;
	}
	if (run_seeds(o->seeds, o->seed.given || o->repeat.given, &run, e) < 0 ||
	    run_submit(&q, &status, e) < 0)
		return COMMAND_FAILED;
	if (!status)
		return COMMAND_DONE;
	/* Of GNU parallel it is the merge's; sbatch said what it lacks. */
	if (q.engine == SCRIPT_PARALLEL && status == EXIT_NO)
		return COMMAND_FINDING;
	return failure_reported(e, q.engine == SCRIPT_PARALLEL && status == EXIT_USAGE ? EXIT_USAGE
										       : EXIT_ENV);
}

static const struct command_form forms[] = {
	{.arguments = "SCENARIO", .run = submit},
};

const struct command submit_command = {
	.name = "submit",
	.help = "run the cells of a scenario on many machines, by Slurm or GNU parallel",
	.forms = forms,
	.form_count = ARRAY_LEN(forms),
	.rows = rows,
	.row_count = ARRAY_LEN(rows),
	.size = sizeof(struct submit_options),
};
