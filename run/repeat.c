// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * repeat.c - `skypelab run --manifest FILE`: a run again, and where it differs
 *
 * The scenario is the copy in the run directory, so later changes of the file do not matter.
 * Signatures and other files are the present ones; the comparison reports those whose digests have
 * changed. Filters are read back from the command line that the manifest keeps.
 *
 * Files with timestamps differ from run to run, because packets leave a real kernel. Results are
 * compared by value: the digest of all messages sent, accuracy.tsv, the rules, and every column of
 * outcomes.tsv but the seconds.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "base/path.h"
#include "base/tsv.h"
#include "run/repeat.h"
#include "results/history/manifest.h"

/* "--filter X" and "--filter=X" of the command line; @text is cut into pieces. */
static size_t filters_of(char *text, const char **out, size_t max)
{
	char *save = NULL, *word = strtok_r(text, " ", &save);
	size_t n = 0;

	for (; word && n < max; word = strtok_r(NULL, " ", &save)) {
		if (!strcmp(word, "--filter"))
			out[n++] = strtok_r(NULL, " ", &save);
		else if (!strncmp(word, "--filter=", 9))
			out[n++] = word + 9;
	}
	return n && !out[n - 1] ? n - 1 : n;
}

/* The texts that the objects of a list have under one key. */
static size_t texts_of(const json_t *list, const char *key, const char **out, size_t max)
{
	const json_t *one;
	size_t i, n = 0;

	json_array_foreach (list, i, one) {
		const char *text = json_string_value(json_object_get(one, key));

		if (text && n < max)
			out[n++] = text;
	}
	return n;
}

/* How many outcomes differ in more than their seconds; negative with @e set. */
static int compare_outcomes(const char *before, const char *after, struct err *e)
{
	char *pa = path_in(before, "outcomes.tsv"), *pb = path_in(after, "outcomes.tsv");
	struct tsv *a = tsv_read(pa, e), *b = a ? tsv_read(pb, e) : NULL;
	int seconds = b ? tsv_column(b, "seconds") : -1, n = b ? 0 : -1;

	if (b && (a->rows != b->rows || a->columns != b->columns)) {
		printf("outcomes.tsv: %zu rows, were %zu\n", b->rows, a->rows);
		n = 1;
	}
	for (size_t r = 0; b && n <= 0 && r < b->rows; r++)
		for (size_t c = 0; c < b->columns; c++)
			if ((int)c != seconds &&
			    strcmp(tsv_cell(a, r, (int)c), tsv_cell(b, r, (int)c))) {
				printf("outcomes.tsv:%u: %s is %s, was %s\n", b->lines[r],
				       b->names[c], tsv_cell(b, r, (int)c), tsv_cell(a, r, (int)c));
				n++;
			}
	tsv_free(a);
	tsv_free(b);
	free(pa);
	free(pb);
	return n;
}

int run_repeat(const char *manifest, struct run_options *o, struct err *e)
{
	const char *slash = strrchr(manifest, '/'), *filters[64], *signatures[64], *command;
	const char *detectors[64];
	char *dir = slash ? xasprintf("%.*s", (int)(slash - manifest), manifest) : xstrdup(".");
	char *scenario = path_in(dir, "scenario.yaml"), *words = NULL;
	json_t *before = manifest_read(dir, e), *run = json_object_get(before, "run"),
	       *after = NULL;
	int rc = -1, outcomes;
	enum run_end end;

	if (strcmp(slash ? slash + 1 : manifest, "manifest.json") != 0) {
		err_set(e, "%s: expected the manifest.json of a run directory", manifest);
		goto out;
	}
	if (!before || input_folder(dir, e) < 0)
		goto out;
	if (!o->dir) {
		err_set(e, "--manifest: name the directory of the new run with -o");
		goto out;
	}
	command = json_string_value(json_object_get(run, "command"));
	words = xstrdup(command ? command : "");
	o->scenario = scenario;
	o->seed = (uint64_t)json_integer_value(json_object_get(run, "seed"));
	o->seed_given = true;
	o->repeat = (unsigned)json_integer_value(json_object_get(run, "repeat"));
	o->seeds = json_is_true(json_object_get(run, "seed_by_repetition"));
	o->target = json_string_value(json_object_get(run, "target"));
	o->filters = filters;
	o->filters_len = filters_of(words, filters, ARRAY_LEN(filters));
	o->signatures = signatures;
	o->signatures_len = texts_of(json_object_get(run, "signatures"), "path", signatures,
				     ARRAY_LEN(signatures));
	o->detectors = detectors;
	o->detectors_len = texts_of(json_object_get(run, "detectors"), "word", detectors,
				    ARRAY_LEN(detectors));
	o->live = json_object_get(json_object_get(before, "files"), "live.tsv") != NULL;
	o->no_report = !json_object_get(json_object_get(before, "files"), "report.html");
	end = run_scenario(o, e);
	if (end == RUN_INVALID)
		rc = 1;
	/* A damaged recording is reported and used as far as it goes, in both runs. */
	if (end != RUN_DONE && end != RUN_DAMAGED)
		goto out;
	after = manifest_read(o->dir, e);
	outcomes = after ? compare_outcomes(dir, o->dir, e) : -1;
	if (outcomes >= 0)
		rc = manifest_compare(before, after, stdout) || outcomes ? 1 : 0;
out:
	json_decref(before);
	json_decref(after);
	free(words);
	free(scenario);
	free(dir);
	return rc;
}
