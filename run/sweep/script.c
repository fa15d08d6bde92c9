// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * script.c - a sweep as a script of the shell
 *
 * The script is all there is: it can be read, changed and started by hand, and started again, since
 * shards that are done are not done again. Both engines need a folder that all machines have under one
 * name. The merge runs whatever became of the shards: it is the one that can say what is missing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "run/sweep/script.h"

/* What the shards read beside files. */
static const char *const variables[] = {"SKYPELAB_CORPORA", "SKYPELAB_DATA"};

static void put_head(const struct script *s, FILE *f)
{
	fprintf(f,
		"#!/bin/sh\n"
		"# %zu cells of %s in %u shards, made by skypelab " SKYPELAB_VERSION ".\n"
		"# It may be started again: what is done is not done again.\n"
		"set -eu\n"
		"cd %s\n",
		s->cells, quote_terminal(s->name), s->shards, quote_shell(s->folder));
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (getenv(variables[i]))
			fprintf(f, "export %s=%s\n", variables[i],
				quote_shell(getenv(variables[i])));
	fprintf(f,
		"skypelab=%s\n"
		"run=%s\n",
		quote_shell(s->program), quote_shell(s->out));
}

/* In the names of Slurm's log files % begins a pattern: the folder is theirs by -D, where it does not. */
static void put_slurm(const struct script *s, FILE *f)
{
	fprintf(f,
		"export skypelab run\n"
		"mkdir -p \"$run.shards/log\"\n"
		"array=$(sbatch --parsable --job-name=skypelab --array=1-%u --cpus-per-task=%u \\\n"
		"\t--requeue --open-mode=append -D \"$run.shards/log\" -o %%a.log <<'END'\n"
		"#!/bin/sh\n"
		"cd %s\n"
		"exec \"$skypelab\" %s \\\n"
		"\t--shard \"$SLURM_ARRAY_TASK_ID/%u\" -j %u -o "
		"\"$run.shards/$SLURM_ARRAY_TASK_ID\"\n"
		"END\n"
		")\n"
		"array=${array%%%%;*}\n",
		s->shards, s->jobs, quote_shell(s->folder), s->words, s->shards, s->jobs);
	fprintf(f,
		"merge=$(sbatch --parsable --job-name=skypelab-merge "
		"--dependency=\"afterany:$array\" \\\n"
		"\t-D \"$run.shards/log\" -o merge.log <<'END'\n"
		"#!/bin/sh\n"
		"cd %s\n"
		"exec \"$skypelab\" merge%s \"$run.shards\"/[1-9]* -o \"$run\"\n"
		"END\n"
		")\n"
		"merge=${merge%%%%;*}\n"
		"echo \"array $array: %u shards; merge $merge\"\n"
		"echo \"watch them:  squeue -j $array,$merge\"\n"
		"echo \"what they say:  tail -n 3 $run.shards/log/*.log\"\n"
		"echo \"end them:  scancel $array $merge\"\n",
		quote_shell(s->folder), s->no_report ? " --no-report" : "", s->shards);
}

static void put_parallel(const struct script *s, FILE *f)
{
	/* As many at a time as fill the processors of each machine. */
	fprintf(f,
		"mkdir -p \"$run.shards\"\n"
		"echo \"watch it:  cat $run.shards/joblog\"\n"
		"seq %u | parallel --sshlogin %s --workdir %s",
		s->shards, quote_shell(s->hosts), quote_shell(s->folder));
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (getenv(variables[i]))
			fprintf(f, " --env %s", variables[i]);
	fprintf(f,
		" \\\n"
		"\t--joblog \"$run.shards/joblog\" --retries 3 --jobs %u%% --quote \\\n"
		"\t\"$skypelab\" %s \\\n"
		"\t--shard {}/%u -j %u -o \"$run.shards/{}\" || echo \"some shards failed\" >&2\n"
		"exec \"$skypelab\" merge%s \"$run.shards\"/[1-9]* -o \"$run\"\n",
		100 / s->jobs, s->words, s->shards, s->jobs, s->no_report ? " --no-report" : "");
}

void script_write(const struct script *s, FILE *f)
{
	put_head(s, f);
	if (s->engine == SCRIPT_SLURM)
		put_slurm(s, f);
	else
		put_parallel(s, f);
}
