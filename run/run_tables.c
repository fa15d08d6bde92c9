// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_tables.c - the run directory's tables, from its cells
 *
 * Everything is read back from the cells' files, so that a table can be trusted to say what the
 * directory holds, and an interrupted run that was taken up gives the same tables. Verdicts of one
 * vantage are those of eve.json that name its capture.
 */
#include <jansson.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/datadir.h"
#include "base/outfile.h"
#include "base/path.h"
#include "run/cell/cell.h"
#include "run/run_fates.h"
#include "run/run_tables.h"
#include "run/scenario/library.h"
#include "run/scenario/schema.h"
#include "results/history/history.h"
#include "results/history/manifest.h"
#include "results/report/plot.h"
#include "results/report/report.h"
#include "results/score/score.h"
#include "results/score/stage.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "results/report/text_table.h"

#define ROWS_SHOWN 100 /* a longer table is summed over settings; the whole is in the files */

struct sums {
	struct score_table *table;
	const char **signatures;
	char **revisions;
	size_t n;
	double emulated_s;
	char digests[65]; /* over the cells' truth digests */
	uint64_t messages, flows;
	json_t *damaged; /* (owned) what is wrong with captures */
};

/* ------------------------------------------------------------------ outcomes */

static int join_outcomes(const struct joined_run *j, struct err *e)
{
	char *path = path_in(j->dir, "outcomes.tsv");
	struct outfile o;
	int rc = outfile_open(&o, path, e);

	free(path);
	if (rc < 0)
		return -1;
	fputs(outcomes_header, o.f);
	for (size_t i = 0; i < j->n; i++) {
		char *part, *text, *rows;

		if (j->invalid[i])
			continue;
		part = path_inf(j->dir, "cells/%s/outcomes.tsv", j->cells[i].name);
		text = read_file(part, NULL, e);
		free(part);
		if (!text) {
			outfile_abort(&o);
			return -1;
		}
		rows = strchr(text, '\n');
		fputs(rows ? rows + 1 : "", o.f);
		free(text);
	}
	return outfile_commit(&o, e);
}

/* ------------------------------------------------------------------ scores */

/* A real program's packets are recorded ones; what our own sources send is emulated. */
static enum traffic_source cell_source(const struct joined_run *j, const struct scenario *s)
{
	return s->recordings_len || j->program ? SOURCE_RECORDED : SOURCE_EMULATED;
}

static const char *cell_version(const struct scenario *s)
{
	const char *v = NULL;

	for (unsigned i = 0; i < s->clients_len; i++) {
		if (v && s->clients[i].version.version != s->clients[0].version.version)
			return "mixed";
		v = s->clients[i].version.name;
	}
	for (unsigned i = 0; !v && i < s->recordings_len; i++)
		if (!s->recordings[i].off)
			v = s->recordings[i].version;
	return v ? v : "-";
}

static int score_vantage(const struct joined_run *j, struct sums *sums, const struct scenario *s,
			 const char *cell, const char *vantage, const char *capture, struct err *e)
{
	char *base = path_inf(j->dir, "cells/%s", cell);
	char *truth = path_inf(base, "truth.%s.tsv", vantage);
	char *eve = path_in(base, "eve.json"), *pcap = path_in(base, capture);
	struct labels *labels = labels_read(truth, e);
	struct detections *detections = detections_new();
	struct flow_index *flows = flow_index_new();
	struct scenario_columns at = scenario_columns(s);
	struct score_input in = {
		.setting = {.source = cell_source(j, s),
			    .traffic_version = j->program && *j->program->version
						       ? j->program->version
						       : cell_version(s),
			    .vantage = vantage,
			    .caller_firewall = at.caller_firewall,
			    .caller_nat = at.caller_nat,
			    .callee_firewall = at.callee_firewall,
			    .callee_nat = at.callee_nat,
			    .cell = cell},
		.labels = labels,
		.detections = detections,
		.flows = flows,
		.signatures = sums->signatures,
		.revisions = (const char *const *)sums->revisions,
		.n = sums->n,
	};
	int rc = -1;

	if (labels && detections_read_eve_of(detections, eve, capture, e) == 0 &&
	    flow_index_read(flows, pcap, e) == 0)
		rc = score_cell(sums->table, &in, e);
	labels_free(labels);
	detections_free(detections);
	flow_index_free(flows);
	free(base);
	free(truth);
	free(eve);
	free(pcap);
	return rc;
}

/* Names a capture that was used in part only, once for all cells that play it. */
static void tell_damage(struct sums *sums, const json_t *list)
{
	for (size_t k = 0; k < json_array_size(list); k++) {
		json_t *text = json_array_get(list, k);
		bool told = false;

		for (size_t i = 0; i < json_array_size(sums->damaged); i++)
			told |= json_equal(json_array_get(sums->damaged, i), text);
		if (told)
			continue;
		log_error("%s", json_string_value(text));
		json_array_append(sums->damaged, text);
	}
}

static int score_one(const struct joined_run *j, struct sums *sums, size_t i,
		     struct sha256_ctx *digests, struct err *e)
{
	char *path = path_inf(j->dir, "cells/%s/cell.json", j->cells[i].name);
	json_t *facts = json_load_file(path, 0, NULL), *tap;
	struct scenario *s = scenario_apply(j->scenario, &j->cells[i]);
	const char *vantage, *digest;
	int rc = 0;

	if (!facts || !s) {
		rc = facts ? -1 : err_set(e, "%s: not a cell's facts", path);
		goto out;
	}
	json_object_foreach (json_object_get(facts, "taps"), vantage, tap) {
		const char *capture = json_string_value(json_object_get(tap, "file"));

		rc = score_vantage(j, sums, s, j->cells[i].name, vantage, capture ? capture : "-",
				   e);
		if (rc < 0)
			goto out;
	}
	tell_damage(sums, json_object_get(facts, "damaged"));
	digest = json_string_value(json_object_get(facts, "truth_digest"));
	sha256_update(digests, digest ? strlen(digest) : 0, (const uint8_t *)digest);
	sums->emulated_s += json_number_value(json_object_get(facts, "emulated_seconds"));
	sums->messages += (uint64_t)json_integer_value(json_object_get(facts, "messages"));
	sums->flows += (uint64_t)json_integer_value(json_object_get(facts, "flows"));
out:
	free(path);
	json_decref(facts);
	scenario_free(s);
	return rc;
}

static int score_all(const struct joined_run *j, struct sums *sums, struct err *e)
{
	struct sha256_ctx ctx;
	uint8_t raw[SHA256_DIGEST_SIZE];

	sha256_init(&ctx);
	sums->table = score_table_new();
	sums->damaged = json_array();
	sums->n = signatures_count(j->signatures);
	sums->signatures = xcalloc(sums->n, sizeof(char *));
	sums->revisions = xcalloc(sums->n, sizeof(char *));
	for (size_t i = 0; i < sums->n; i++) {
		const struct signature_info *info = signatures_info(j->signatures, i);

		sums->signatures[i] = info->name;
		sums->revisions[i] = xasprintf("%u", info->revision);
	}
	for (size_t i = 0; i < j->n; i++)
		if (!j->invalid[i] && score_one(j, sums, i, &ctx, e) < 0)
			return -1;
	sha256_digest(&ctx, sizeof(raw), raw);
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(sums->digests + 2 * i, 3, "%02x", raw[i]);
	return 0;
}

static void sums_free(struct sums *s)
{
	score_table_free(s->table);
	json_decref(s->damaged);
	for (size_t i = 0; i < s->n; i++)
		free(s->revisions[i]);
	free(s->signatures);
	free(s->revisions);
}

/* ------------------------------------------------------------------ provenance */

/* @path may be NULL: nothing to add. */
static void add_input(char ***list, size_t *n, const char *path)
{
	for (size_t i = 0; path && i < *n; i++)
		if (!strcmp((*list)[i], path))
			return;
	if (!path)
		return;
	*list = xrealloc(*list, (*n + 1) * sizeof(char *));
	(*list)[(*n)++] = xstrdup(path);
}

/* Every data file that any cell used. */
static char **inputs(const struct joined_run *j, size_t *n)
{
	char **list = NULL;

	*n = 0;
	for (size_t i = 0; i < j->n; i++) {
		struct scenario *s = scenario_apply(j->scenario, &j->cells[i]);

		for (unsigned k = 0; s && k < s->sites_len; k++) {
			add_input(&list, n, library_path(s->library, s->sites[k].firewall.policy));
			add_input(&list, n, library_path(s->library, s->sites[k].nat.policy));
			add_input(&list, n, library_path(s->library, s->sites[k].cgn.policy));
		}
		for (unsigned k = 0; s && k < s->clients_len; k++)
			add_input(&list, n,
				  library_path(s->library, s->clients[k].version.version));
		for (unsigned k = 0; s && k < s->background_len; k++)
			add_input(&list, n, library_path(s->library, s->background[k].mix.mix));
		for (unsigned k = 0; s && k < s->recordings_len; k++) {
			char *path = path_in(corpora_dir(), s->recordings[k].capture);

			add_input(&list, n, path);
			free(path);
		}
		scenario_free(s);
	}
	return list;
}

static int finish(const struct joined_run *j, const struct sums *sums, struct err *e)
{
	const char **files = xcalloc(sums->n, sizeof(char *));
	struct manifest_facts facts = {.command = j->command,
				       .scenario = j->scenario->path,
				       .seed = j->seed,
				       .started = j->began,
				       .ended = (double)time(NULL),
				       .emulated_s = sums->emulated_s,
				       .truth_digest = sums->digests,
				       .signatures = files,
				       .n_signatures = sums->n};
	struct err soft = {0};
	size_t n_inputs;
	char **list = inputs(j, &n_inputs);
	json_t *cells = json_array();
	int rc = 0;

	for (size_t i = 0; i < sums->n; i++)
		files[i] = signatures_info(j->signatures, i)->path;
	for (size_t i = 0; i < j->n; i++)
		json_array_append_new(cells, json_pack("{sssb}", "cell", j->cells[i].name, "valid",
						       !j->invalid[i]));
	facts.inputs = (const char *const *)list;
	facts.n_inputs = n_inputs;
	facts.extra = json_pack("{sosIsI}", "cells", cells, "flows", (json_int_t)sums->flows,
				"messages", (json_int_t)sums->messages);
	if (!j->no_report) {
		if (plot_run(sums->table, j->dir, &soft) < 0)
			log_warn("%s", soft.msg);
		rc = report_write(j->dir, &facts, e);
	}
	if (rc == 0)
		rc = manifest_write(j->dir, &facts, e);
	json_decref(facts.extra);
	for (size_t i = 0; i < n_inputs; i++)
		free(list[i]);
	free(list);
	free(files);
	return rc;
}

int joined_write(const struct joined_run *j, struct err *e)
{
	struct sums sums = {0};
	char *accuracy = path_in(j->dir, "accuracy.tsv");
	char *claims = path_in(j->dir, "claims.tsv");
	struct table_options look = {.colour = isatty(STDOUT_FILENO)};
	struct err soft = {0};
	int rc = -1;

	if (join_outcomes(j, e) == 0 && fates_join(j, e) == 0 && score_all(j, &sums, e) == 0 &&
	    accuracy_write(sums.table, accuracy, e) == 0 &&
	    stage_claims(sums.table, j->dir, e) == 0 && claims_write(sums.table, claims, e) == 0 &&
	    finish(j, &sums, e) == 0) {
		look.by = sums.table->n > ROWS_SHOWN ? "version,vantage,signature" : NULL;
		rc = table_print(sums.table, stdout, &look, e);
	}
	/* Runs in their usual place are kept in the history; elsewhere it is asked for by name. */
	if (rc == 0 && !strncmp(j->dir, "results/runs/", 13) &&
	    history_add("results/history.db", j->dir, &soft) < 0)
		log_warn("%s", soft.msg);
	if (rc == 0)
		printf("\n%s/%s\n", j->dir, j->no_report ? "accuracy.tsv" : "report.html");
	if (j->damaged)
		*j->damaged = json_array_size(sums.damaged) > 0;
	free(accuracy);
	free(claims);
	sums_free(&sums);
	return rc;
}
