// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * material.c - what a paper is made of: finished runs, recorded captures, captures without Skype
 *
 * A run is used when it is whole by its manifest: what the figures say was then not changed since
 * the run ended. The signatures of the runs are tried on the recorded captures as well, so that both
 * columns of the paper are about the same text.
 *
 * A capture that is found in a folder and has no labels is left out, and the paper says so; one that
 * is named itself has to have them.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/input.h"
#include "base/label.h"
#include "base/path.h"
#include "base/progress.h"
#include "base/quote.h"
#include "results/history/manifest.h"
#include "results/report/report.h"
#include "results/score/accuracy_tsv.h"
#include "results/score/claims_tsv.h"
#include "results/score/confusion_tsv.h"
#include "run/detect/captures.h"
#include "run/paper/material.h"
#include "run/paper/message_book.h"
#include "run/paper/paper_claims.h"
#include "run/paper/recorded.h"
#include "run/paper/run_messages.h"

/* ------------------------------------------------------------------ runs */

static bool has(const char *dir, const char *name)
{
	char *path = path_in(dir, name);
	bool yes = access(path, R_OK) == 0;

	free(path);
	return yes;
}

static int read_tables(struct paper_run *r, struct err *e)
{
	char *accuracy = path_in(r->dir, "accuracy.tsv"), *claims = path_in(r->dir, "claims.tsv");
	char *confusion = path_in(r->dir, "confusion.tsv");
	char *outcomes = path_in(r->dir, "outcomes.tsv");
	int rc = -1;

	r->t = accuracy_read(accuracy, e);
	if (r->t && (!has(r->dir, "claims.tsv") || claims_read(r->t, claims, e) == 0) &&
	    (!has(r->dir, "confusion.tsv") ||
	     confusion_read(&r->t->confusion, confusion, e) == 0)) {
		r->outcomes = has(r->dir, "outcomes.tsv") ? tsv_read(outcomes, e) : NULL;
		rc = r->outcomes || !has(r->dir, "outcomes.tsv") ? 0 : -1;
	}
	r->vantage = report_vantage(r->t);
	free(accuracy);
	free(claims);
	free(confusion);
	free(outcomes);
	return rc;
}

/* The name of the manifest's scenario: its file's without the end (owned), fit for a table. */
static char *scenario_name(const json_t *manifest, const char *dir)
{
	const json_t *run = json_object_get(manifest, "run");
	const char *path =
		json_string_value(json_object_get(json_object_get(run, "scenario"), "path"));
	const char *name = quote_terminal(capture_name(path ? path : dir));
	const char *end = strrchr(name, '.');

	return xasprintf("%.*s", (int)(end ? (size_t)(end - name) : strlen(name)), name);
}

static size_t valid_cells(const json_t *manifest)
{
	const json_t *cells = json_object_get(json_object_get(manifest, "run"), "cells");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(cells); i++)
		n += json_is_true(json_object_get(json_array_get(cells, i), "valid"));
	return n;
}

static int run_load(struct paper_material *m, const char *dir, struct err *e)
{
	struct paper_run *r;
	int state = manifest_verify(dir, e);

	if (state != MANIFEST_WHOLE) {
		e->code = EXIT_USAGE;
		return -1;
	}
	if (input_folder(dir, e) < 0)
		return -1;
	m->runs = xrealloc(m->runs, (m->runs_n + 1) * sizeof(*m->runs));
	r = &m->runs[m->runs_n++];
	*r = (struct paper_run){.dir = dir, .manifest = manifest_read(dir, e)};
	if (!r->manifest)
		return -1;
	r->name = scenario_name(r->manifest, dir);
	r->cells = valid_cells(r->manifest);
	return read_tables(r, e);
}

/* ------------------------------------------------------------------ captures */

static void capture_add(struct paper_material *m, const char *path)
{
	struct paper_capture *c;

	for (size_t i = 0; i < m->captures_n; i++)
		if (!strcmp(m->captures[i].path, path))
			return;
	m->captures = xrealloc(m->captures, (m->captures_n + 1) * sizeof(*m->captures));
	c = &m->captures[m->captures_n++];
	*c = (struct paper_capture){.path = xstrdup(path)};
	c->name = capture_name(c->path);
}

static int captures_below(struct paper_material *m, const char *path, struct err *e)
{
	char **list = capture_list(&path, 1, e);

	for (size_t i = 0; list && list[i]; i++)
		capture_add(m, list[i]);
	capture_list_free(list);
	return list ? 0 : -1;
}

static int inputs_load(struct paper_material *m, struct err *e)
{
	for (size_t i = 0; i < m->request->n; i++) {
		const char *path = m->request->inputs[i];

		if ((is_run_directory(path) ? run_load(m, path, e) : captures_below(m, path, e)) <
		    0)
			return -1;
	}
	if (m->request->negatives_n) {
		m->negatives = capture_list(m->request->negatives, m->request->negatives_n, e);
		if (!m->negatives)
			return -1;
	}
	for (; m->negatives && m->negatives[m->negatives_n];)
		m->negatives_n++;
	return 0;
}

static bool named(const struct paper_request *r, const char *path)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->inputs[i], path))
			return true;
	return false;
}

/* ------------------------------------------------------------------ signatures */

/* What signature_load() takes for the file @path of a manifest (owned): the path, and when that is not
 * here the name of a bundled signature. */
static char *signature_word(const char *path)
{
	const char *name = capture_name(path), *end = strrchr(name, '.');

	if (access(path, R_OK) == 0)
		return xstrdup(path);
	return xasprintf("%.*s", (int)(end ? (size_t)(end - name) : strlen(name)), name);
}

/* Adds a word, which it takes, unless a file of that name is there. */
static void word_add(char ***words, size_t *n, char *word)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(capture_name((*words)[i]), capture_name(word))) {
			free(word);
			return;
		}
	*words = xrealloc(*words, (*n + 1) * sizeof(**words));
	(*words)[(*n)++] = word;
}

/* The signatures that the runs used, each once; *n of them (owned, and each). */
static char **signatures_of_runs(const struct paper_material *m, size_t *n)
{
	char **words = NULL;

	*n = 0;
	for (size_t i = 0; i < m->runs_n; i++) {
		const json_t *run = json_object_get(m->runs[i].manifest, "run");
		const json_t *list = json_object_get(run, "signatures");

		for (size_t k = 0; k < json_array_size(list); k++) {
			const char *path =
				json_string_value(json_object_get(json_array_get(list, k), "path"));

			if (path)
				word_add(&words, n, signature_word(path));
		}
	}
	return words;
}

static int load_signatures(struct paper_material *m, struct err *e)
{
	static const char *const all[] = {"all:" LABEL_SKYPE};
	size_t n = m->request->signatures_n, of_runs = 0;
	char **words = signatures_of_runs(m, &of_runs);

	if (n)
		m->set = signatures_load(m->request->signatures, n, e);
	else if (of_runs)
		m->set = signatures_load((const char *const *)words, of_runs, e);
	else
		m->set = signatures_load(all, 1, e);
	for (size_t i = 0; i < of_runs; i++)
		free(words[i]);
	free(words);
	return m->set ? 0 : -1;
}

/* ------------------------------------------------------------------ everything */

static int read_capture(struct paper_material *m, struct paper_capture *c, struct err *e)
{
	if (recorded_capture(m, c, e) == 0)
		return 0;
	if (!c->why || named(m->request, c->path))
		return -1;
	log_warn("%s; left out", e->msg);
	return 0;
}

/* Reads captures, those without Skype, and the messages of runs, in this order. */
static int read_all(struct paper_material *m, struct err *e)
{
	struct progress progress = progress_begin(log_level > 0, false);
	size_t clean = m->captures_n, runs = clean + m->negatives_n, all = runs + m->runs_n;
	int rc = 0;

	for (size_t i = 0; i < all && rc == 0; i++) {
		const struct paper_run *r = i < runs ? NULL : &m->runs[i - runs];

		progress_count(&progress, i, all, "captures and runs");
		if (r)
			rc = run_messages(m->book, r->dir, r->vantage, e);
		else if (i < clean)
			rc = read_capture(m, &m->captures[i], e);
		else
			rc = recorded_negative(m, m->negatives[i - clean], e);
	}
	progress_end(&progress);
	return rc;
}

int paper_material_load(struct paper_material *m, const struct paper_request *r, struct err *e)
{
	*m = (struct paper_material){.request = r,
				     .recorded = score_table_new(),
				     .clean = score_table_new(),
				     .book = message_book_new()};
	return inputs_load(m, e) < 0 || load_signatures(m, e) < 0 ? -1 : read_all(m, e);
}

void paper_material_free(struct paper_material *m)
{
	for (size_t i = 0; i < m->runs_n; i++) {
		score_table_free(m->runs[i].t);
		tsv_free(m->runs[i].outcomes);
		json_decref(m->runs[i].manifest);
		free(m->runs[i].name);
	}
	for (size_t i = 0; i < m->captures_n; i++) {
		free(m->captures[i].path);
		free(m->captures[i].why);
	}
	free(m->runs);
	free(m->captures);
	capture_list_free(m->negatives);
	score_table_free(m->recorded);
	score_table_free(m->clean);
	signatures_free(m->set);
	message_book_free(m->book);
	paper_claims_free(m);
}

size_t paper_material_scored(const struct paper_material *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->captures_n; i++)
		n += !m->captures[i].why;
	return n;
}

const char *paper_version(const struct paper_material *m)
{
	const char *versions = signatures_count(m->set) ? signatures_info(m->set, 0)->versions : "";

	for (size_t i = 0; i < m->runs_n; i++)
		for (size_t k = 0; k < m->runs[i].t->n; k++)
			if (strstr(versions, m->runs[i].t->rows[k].traffic_version))
				return m->runs[i].t->rows[k].traffic_version;
	return NULL;
}
