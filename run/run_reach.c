// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_reach.c - reach.tsv of a run: how near its background came to being wrongly claimed; and misses.tsv
 *
 * Reading every rule as written costs several times a detection, so only a sample is read: cells
 * spread evenly over the run, until PACKETS are read. Repetitions and settings repeat the same kinds
 * of background; what the sample cannot show is how often something rare was met.
 */
#include <jansson.h>
#include <stdlib.h>

#include "base/inner.h"
#include "base/outfile.h"
#include "base/path.h"
#include "run/reach.h"
#include "run/run_misses.h"
#include "run/run_reach.h"

#define PACKETS 100000

/* The capture of cell @i at @vantage (owned); NULL = there is none. */
static char *capture_of(const struct finished_run *r, size_t i, const char *vantage)
{
	char *dir = path_inf(r->dir, "cells/%s", r->cells[i].name);
	char *path = NULL;
	json_t *facts = inner_json(dir, "cell.json", NULL);
	const char *file = json_string_value(
		json_object_get(json_object_get(json_object_get(facts, "taps"), vantage), "file"));

	if (file && inner_name(file))
		path = path_in(dir, file);
	json_decref(facts);
	free(dir);
	return path;
}

/* The @k-th of @n in an order that is spread evenly at each of its lengths: by mirrored bits. */
static size_t spread(size_t k, unsigned bits)
{
	size_t out = 0;

	for (unsigned b = 0; b < bits; b++)
		out |= (k >> b & 1) << (bits - 1 - b);
	return out;
}

static int read_sample(const struct finished_run *r, const char *vantage,
		       struct reach_table *of[REACH_SOURCES], struct run_misses *misses,
		       struct err *e)
{
	unsigned bits = 0;

	while ((size_t)1 << bits < r->n)
		bits++;
	for (size_t k = 0; k < (size_t)1 << bits; k++) {
		size_t i = spread(k, bits);
		uint64_t read = 0;
		char *path;
		int rc;

		for (int s = 0; s < REACH_SOURCES; s++)
			read += of[s]->packets;
		if (read >= PACKETS)
			break;
		path = i < r->n && !r->invalid[i] ? capture_of(r, i, vantage) : NULL;
		run_misses_cell(misses, i < r->n ? r->cells[i].name : "");
		rc = path ? reach_of_run(of, path, e) : 0;
		free(path);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int run_reach_write(const struct finished_run *r, const struct score_table *t, const char *vantage,
		    struct err *e)
{
	char *path = path_in(r->dir, "reach.tsv"), *missed = path_in(r->dir, "misses.tsv");
	struct run_misses *misses = run_misses_new(r->signatures, t, vantage);
	struct reach_table *of[REACH_SOURCES];
	struct outfile o = {0};
	bool head = true;
	int rc;

	for (int s = 0; s < REACH_SOURCES; s++) {
		of[s] = reach_table_new(r->signatures);
		of[s]->wanted = run_misses_note;
		of[s]->wanted_arg = misses;
	}
	rc = read_sample(r, vantage, of, misses, e);
	if (rc == 0)
		rc = run_misses_write(misses, missed, e);
	if (rc == 0)
		rc = outfile_open(&o, path, e);
	for (int s = 0; s < REACH_SOURCES; s++) {
		if (rc == 0 && of[s]->flows) {
			reach_table_tsv(of[s], o.f, source_text((enum traffic_source)s), head);
			head = false;
		}
		reach_table_free(of[s]);
	}
	if (rc == 0 && head) { /* no flow that is not Skype: the head alone */
		struct reach_table none = {.set = r->signatures};

		reach_table_tsv(&none, o.f, "", true);
	}
	if (rc == 0)
		rc = outfile_commit(&o, e);
	run_misses_free(misses);
	free(missed);
	free(path);
	return rc;
}
