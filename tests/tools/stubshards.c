// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stubshards.c - the shards of a sweep with made-up results: stubshards SCENARIO SHARDS FOLDER
 *
 * Plans, directories and what is kept are those of `run --shard`; a cell's files and scores are a few lines
 * in the form that a cell leaves. For measuring what a sweep costs beside its cells (tests/bench/sweep.sh).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/path.h"
#include "run/run_load.h"
#include "run/run_part.h"
#include "run/scenario/schema.h"
#include "run/sweep/kept.h"

static int put(const char *dir, const char *name, const char *text, struct err *e)
{
	char *path = path_in(dir, name);
	FILE *f = fopen(path, "w");

	free(path);
	if (!f)
		return err_sys(e, "%s/%s", dir, name);
	fputs(text, f);
	return fclose(f) ? err_sys(e, "%s/%s", dir, name) : 0;
}

/* A cell's scores: a row for each unit at two vantages, a claim. */
static struct score_table *scores_of(const struct scenario *s, const char *name)
{
	struct score_table *t = score_table_new();
	static const char *const vantages[] = {"caller.lan", "caller.wan"};

	for (size_t v = 0; v < ARRAY_LEN(vantages); v++)
		for (int u = 0; u < UNITS; u++) {
			struct score_setting set = {.source = SOURCE_EMULATED,
						    .traffic_version = "1.4",
						    .vantage = vantages[v],
						    .axes = s->axes,
						    .cell = name,
						    .cluster = s->cluster};
			uint32_t row = score_row_of(t, &set, "stub", "1", (enum score_unit)u);

			score_count(t, row, &set, COUNT_TP, 3);
			if (!v && !u)
				score_claim_add(t, row, name, "udp 192.168.1.2:1 198.18.0.1:2", "",
						CLAIM_TP);
		}
	return t;
}

static int make_cell(const struct runner *r, size_t i, struct err *e)
{
	const char *name = r->cells[i].name;
	struct scenario *s = scenario_apply(r->s, &r->cells[i]);
	char *dir = run_dir_cell(&r->dir, i),
	     *kept = path_inf(r->dir.path, KEPT_FOLDER "/%s", name);
	char *facts = xasprintf(
		"{\"cell\": \"%s\", \"emulated_seconds\": 60, \"flows\": 3, \"messages\": "
		"30, \"seed\": %lld, \"taps\": {}, \"truth_digest\": \"%064zu\"}\n",
		name, (long long)s->seed, i);
	char *outcome = xasprintf("cell\n%s\n", name);
	struct score_table *t = scores_of(s, name);
	FILE *f = NULL;
	int rc = make_dirs(dir, e);

	if (rc == 0 && put(dir, "cell.json", facts, e) == 0 &&
	    put(dir, "outcomes.tsv", outcome, e) == 0 && (f = fopen(kept, "w")))
		rc = kept_write(f, dir, t, e);
	else
		rc = -1;
	if (f && fclose(f))
		rc = err_sys(e, "%s", kept);
	score_table_free(t);
	scenario_free(s);
	free(outcome);
	free(facts);
	free(kept);
	free(dir);
	return rc;
}

static int make_shard(const char *scenario, unsigned index, unsigned of, const char *dir,
		      struct err *e)
{
	struct run_options o = {.scenario = scenario, .dir = dir, .shard = {index, of, "stub"}};
	struct runner r = {.o = &o, .dir = {.lock = -1, .janitor = -1}};
	int rc = -1;

	if (runner_load(&r, e) == 0 && part_choose(&r, e) == 0 &&
	    run_dir_take(&r.dir, scenario, e) == 0)
		rc = part_begin(&r, e);
	for (size_t i = 0; rc == 0 && i < r.n; i++)
		rc = make_cell(&r, i, e);
	if (rc == 0)
		rc = part_end(&r, e) == RUN_DONE ? 0 : -1;
	run_dir_leave(&r.dir, rc == 0);
	runner_free(&r);
	return rc;
}

int main(int argc, char **argv)
{
	unsigned of = argc == 4 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	struct err e = {0};

	if (!of) {
		fputs("usage: stubshards SCENARIO SHARDS FOLDER\n", stderr);
		return 2;
	}
	for (unsigned i = 1; i <= of; i++) {
		char *dir = path_inf(argv[3], "%u", i);
		int rc = make_shard(argv[1], i, of, dir, &e);

		free(dir);
		if (rc < 0) {
			log_error("%s", e.msg);
			return 1;
		}
	}
	return 0;
}
