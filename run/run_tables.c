// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_tables.c - the tables of a run, from its cells
 *
 * Scores come from the workers of the cells, or, for cells that an interrupted run left, from the
 * cells' files; the two are equal (run/cell/score.c). Of a merged run they are what its parts kept. Everything else is read back from the cells'
 * files. Cells are added up in the order of the matrix, whichever ended first, so a run that was
 * interrupted gives the same tables as one that was not.
 */
#include <jansson.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/inner.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/quote.h"
#include "results/history/history.h"
#include "results/history/manifest.h"
#include "results/report/answer.h"
#include "results/report/plot.h"
#include "results/report/report.h"
#include "results/report/side_by_side.h"
#include "results/report/text_table.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/base_rate.h"
#include "results/score/claims_tsv.h"
#include "results/score/clusters_tsv.h"
#include "results/score/confusion_tsv.h"
#include "results/score/operations.h"
#include "results/score/stage.h"
#include "results/score/survival.h"
#include "run/cell/cell.h"
#include "run/cell/score.h"
#include "run/run_containment.h"
#include "run/run_detectors.h"
#include "run/run_fates.h"
#include "run/run_gate.h"
#include "run/run_inputs.h"
#include "run/run_join.h"
#include "run/run_reach.h"
#include "run/run_tables.h"
#include "run/scenario/schema.h"

/* What is summed over the cells. */
struct sums {
	struct score_table *table;
	double emulated_s;
	struct sha256_ctx digests; /* over the cells' truth digests */
	uint64_t messages, flows;
	struct run_inputs inputs;
	json_t *damaged; /* (owned) what is wrong with captures */
};

/* ------------------------------------------------------------------ the cells */

/* Reports a capture that was used in part only, once for all cells that play it. */
static void report_damage(struct sums *sums, const json_t *list)
{
	for (size_t k = 0; k < json_array_size(list); k++) {
		json_t *text = json_array_get(list, k);
		bool reported = false;

		for (size_t i = 0; i < json_array_size(sums->damaged); i++)
			reported |= json_equal(json_array_get(sums->damaged, i), text);
		if (reported)
			continue;
		log_error("%s", json_string_value(text));
		json_array_append(sums->damaged, text);
	}
}

static int add_scores(const struct finished_run *r, struct sums *sums, size_t i, const char *dir,
		      const struct scenario *s, const json_t *facts, struct err *e)
{
	struct cell_job job = {.scenario = s,
			       .name = r->cells[i].name,
			       .dir = dir,
			       .signatures = r->signatures,
			       .program = r->program};

	struct signature_list signatures;
	struct cell_scoring scoring;
	int rc;

	if (r->scores[i]) {
		score_table_add(sums->table, r->scores[i]);
		return 0;
	}
	if (r->add_scores)
		return r->add_scores(r->arg, i, sums->table, e);
	cell_scoring_of(&scoring, &job, cell_scoring_watched(facts));
	signature_list_of(r->signatures, &signatures);
	rc = cell_score_files(
		sums->table, &scoring, &signatures,
		under_test_at(r->detectors, r->scenario->detector_repeat, r->cells[i].repetition),
		json_object_get(facts, "taps"), e);
	signature_list_free(&signatures);
	cell_scoring_clear(&scoring);
	return rc;
}

static int add_cell(const struct finished_run *r, struct sums *sums, size_t i,
		    const struct scenario *s, struct err *e)
{
	char *dir = path_inf(r->dir, "cells/%s", r->cells[i].name);
	json_t *facts = inner_json(dir, "cell.json", e);
	const char *digest = json_string_value(json_object_get(facts, "truth_digest"));
	int rc = facts ? add_scores(r, sums, i, dir, s, facts, e) : -1;

	if (rc == 0) {
		report_damage(sums, json_object_get(facts, "damaged"));
		sha256_update(&sums->digests, digest ? strlen(digest) : 0, (const uint8_t *)digest);
		sums->emulated_s += json_number_value(json_object_get(facts, "emulated_seconds"));
		sums->messages += (uint64_t)json_integer_value(json_object_get(facts, "messages"));
		sums->flows += (uint64_t)json_integer_value(json_object_get(facts, "flows"));
	}
	json_decref(facts);
	free(dir);
	return rc;
}

/* A folder of rules has no digest. */
static void add_rules(struct sums *sums, const char *path)
{
	struct stat st;

	if (path && stat(path, &st) == 0 && S_ISREG(st.st_mode))
		run_inputs_add(&sums->inputs, path);
}

static int add_cells(const struct finished_run *r, struct sums *sums, struct err *e)
{
	int rc = 0;

	sha256_init(&sums->digests);
	sums->table = score_table_new();
	sums->damaged = json_array();
	for (size_t i = 0; i < r->detectors->n; i++) {
		run_inputs_add(&sums->inputs, r->detectors->d[i].adapter->path);
		add_rules(sums, r->detectors->d[i].rules);
	}
	for (size_t i = 0; rc == 0 && i < r->n; i++) {
		struct scenario *s = scenario_apply(r->scenario, &r->cells[i]);

		run_inputs_add_scenario(&sums->inputs, s);
		if (!r->invalid[i])
			rc = add_cell(r, sums, i, s, e);
		scenario_free(s);
	}
	return rc;
}

static void sums_free(struct sums *s)
{
	score_table_free(s->table);
	json_decref(s->damaged);
	run_inputs_clear(&s->inputs);
}

/* ------------------------------------------------------------------ the run */

static void digest_text(struct sha256_ctx *ctx, char out[65])
{
	uint8_t raw[SHA256_DIGEST_SIZE];

	sha256_digest(ctx, sizeof(raw), raw);
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

/* Plots, report and manifest. */
static int write_report(const struct finished_run *r, struct sums *sums, struct err *e)
{
	size_t n = signatures_count(r->signatures);
	const char **files = xcalloc(n, sizeof(char *));
	char digest[65];
	struct manifest_facts facts = {.command = r->command,
				       .scenario = r->scenario->path,
				       .seed = r->scenario->seed,
				       .repeat = r->scenario->repeat,
				       .seed_by_repetition = r->scenario->seed_by_repetition,
				       .started = r->began,
				       .ended = (double)time(NULL),
				       .emulated_s = sums->emulated_s,
				       .truth_digest = digest,
				       .signatures = files,
				       .n_signatures = n,
				       .inputs = (const char *const *)sums->inputs.paths,
				       .n_inputs = sums->inputs.n,
				       .known = r->known,
				       .n_known = r->n_known};
	struct err soft = {0};
	json_t *cells = json_array();
	int rc = 0;

	digest_text(&sums->digests, digest);
	for (size_t i = 0; i < n; i++)
		files[i] = signatures_info(r->signatures, i)->path;
	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(cells, json_pack("{sssb}", "cell", r->cells[i].name, "valid",
						       !r->invalid[i]));
	facts.extra =
		json_pack("{sosssIsI}", "cells", cells, "target", r->scenario->target, "flows",
			  (json_int_t)sums->flows, "messages", (json_int_t)sums->messages);
	if (r->detectors->n)
		json_object_set(facts.extra, "detectors", r->detectors->facts);
	if (!r->no_report) {
		if (plot_run(sums->table, r->dir, &soft) < 0)
			log_warn("%s", soft.msg);
		rc = run_reach_write(r, sums->table, report_vantage(sums->table), e);
	}
	if (!r->no_report && rc == 0)
		rc = report_write(r->dir, &facts, e);
	if (rc == 0)
		rc = manifest_write(r->dir, &facts, e);
	json_decref(facts.extra);
	free(files);
	return rc;
}

/* Summed over settings, which a network does not choose. */
static int write_base_rate(const struct score_table *t, const char *path, struct err *e)
{
	struct score_table *g = table_group(t, BY_VERSION | BY_VANTAGE | BY_SIGNATURE,
					    1U << UNIT_FLOW | 1U << UNIT_CLIENT);
	int rc = base_rate_write(g, path, e);

	score_table_free(g);
	return rc;
}

void run_tables_to_history(const char *dir)
{
	struct err soft = {0};

	if (!strncmp(dir, "results/runs/", 13) && history_add("results/history.db", dir, &soft) < 0)
		log_warn("%s", soft.msg);
}

int run_tables_write(const struct finished_run *r, struct err *e)
{
	struct sums sums = {0};
	char *accuracy = path_in(r->dir, "accuracy.tsv");
	char *claims = path_in(r->dir, "claims.tsv"), *clusters = path_in(r->dir, "clusters.tsv");
	char *survival = path_in(r->dir, "survival.tsv");
	char *confusion = path_in(r->dir, "confusion.tsv");
	char *base_rate = path_in(r->dir, "base-rate.tsv");
	const char *dir = r->becomes ? r->becomes : r->dir;
	int rc = -1;

	if (run_join(r, "outcomes.tsv", outcomes_header, false, e) == 0 &&
	    run_detectors_write(r, e) == 0 && run_fates_write(r, e) == 0 &&
	    run_containment_write(r, e) == 0 && add_cells(r, &sums, e) == 0 &&
	    accuracy_write(sums.table, accuracy, e) == 0 &&
	    clusters_write(sums.table, clusters, e) == 0 &&
	    stage_claims(sums.table, r->dir, e) == 0 && claims_write(sums.table, claims, e) == 0 &&
	    survival_write(sums.table, survival, e) == 0 &&
	    confusion_write(&sums.table->confusion, confusion, e) == 0 &&
	    operations_write(sums.table, r->dir, e) == 0 &&
	    write_base_rate(sums.table, base_rate, e) == 0 && write_report(r, &sums, e) == 0) {
		answer_print(sums.table, r->scenario->target, report_vantage(sums.table), stdout);
		if (r->detectors->n)
			side_by_side_print(sums.table, stdout);
		rc = 0;
	}
	if (rc == 0 && !r->becomes)
		run_tables_to_history(r->dir);
	if (rc == 0)
		printf("by setting: skypelab results show %s\n\n%s/%s\n", quote_shell(dir),
		       quote_terminal(dir), r->no_report ? "accuracy.tsv" : "report.html");
	if (rc == 0 && r->gate)
		run_gate_try(r, sums.table);
	if (r->damaged)
		*r->damaged = json_array_size(sums.damaged) > 0;
	free(accuracy);
	free(claims);
	free(clusters);
	free(survival);
	free(confusion);
	free(base_rate);
	sums_free(&sums);
	return rc;
}
