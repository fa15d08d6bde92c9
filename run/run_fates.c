// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_fates.c - what the network did to the recorded flows, per setting
 *
 * Each cell has a file of fates per recording that it played by conversation (fates.tsv, fates.2.tsv,
 * ...), with a row per recorded flow. Here they are summed per cell, capture and label, and
 * set beside the packets that each dropping rule of the cell counted (from rules.txt). The counters
 * are of the whole cell: they say which rules dropped, not which flow a dropped packet belonged to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/label.h"
#include "base/path.h"
#include "base/quote.h"
#include "base/tsv.h"
#include "replay/recorded/fate.h"
#include "run/cell/recordings.h"
#include "run/run_fates.h"
#include "run/scenario/schema.h"

/* The columns of the table, in this order. */
static const enum fate columns[] = {FATE_COMPLETE, FATE_CUT, FATE_NEVER_STARTED, FATE_UNANSWERED,
				    FATE_NOT_PLAYED};

/* The flows of one label. */
struct sum {
	char label[LABEL_LEN];
	unsigned flows, fate[FATES];
	double bytes, arrived;
};

struct sums {
	struct sum *all; /* (owned) in the order of rows */
	size_t n;
};

/* Skype comes first, then the labels that name no application, then the other applications. */
static unsigned rank(const char *label)
{
	return label_is(label, LABEL_SKYPE)	  ? 0
	       : label_is(label, LABEL_NOT_SKYPE) ? 1
	       : label_is(label, LABEL_UNKNOWN)	  ? 2
						  : 3;
}

static struct sum *sum_of(struct sums *s, const char *label)
{
	size_t at = 0;

	while (at < s->n &&
	       (rank(s->all[at].label) < rank(label) ||
		(rank(s->all[at].label) == rank(label) && strcmp(s->all[at].label, label) < 0)))
		at++;
	if (at < s->n && label_is(s->all[at].label, label))
		return &s->all[at];
	s->all = xrealloc(s->all, (s->n + 1) * sizeof(*s->all));
	memmove(s->all + at + 1, s->all + at, (s->n++ - at) * sizeof(*s->all));
	s->all[at] = (struct sum){.flows = 0};
	label_copy(s->all[at].label, label);
	return &s->all[at];
}

static int sum_cell(const char *path, struct sums *sums, struct err *e)
{
	struct tsv *t = tsv_read(path, e);
	int label, fate, bytes, arrived;

	if (!t)
		return -1;
	label = tsv_need(t, "label", e);
	fate = tsv_need(t, "fate", e);
	bytes = tsv_need(t, "bytes", e);
	arrived = tsv_need(t, "arrived", e);
	if (label < 0 || fate < 0 || bytes < 0 || arrived < 0) {
		tsv_free(t);
		return -1;
	}
	for (size_t r = 0; r < t->rows; r++) {
		struct sum *sum;
		enum fate f;

		if (!label_valid(tsv_cell(t, r, label)) || fate_parse(tsv_cell(t, r, fate), &f) < 0)
			continue;
		sum = sum_of(sums, tsv_cell(t, r, label));
		sum->flows++;
		sum->fate[f]++;
		if (f != FATE_NOT_PLAYED && f != FATE_UNANSWERED) {
			sum->bytes += strtod(tsv_cell(t, r, bytes), NULL);
			sum->arrived += strtod(tsv_cell(t, r, arrived), NULL);
		}
	}
	tsv_free(t);
	return 0;
}

/* "blocked-inbound=25 ..." from the counters in rules.txt that are not zero, or "-"; an (owned)
 * text. */
static char *drops(const char *path)
{
	char *text = read_file(path, NULL, NULL), *out = xstrdup(""), name[64] = "";

	for (char *save = NULL, *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		unsigned long long packets;

		if (sscanf(line, " counter %63s {", name) == 1)
			continue;
		if (name[0] && sscanf(line, " packets %llu", &packets) == 1) {
			if (packets) {
				char *more = xasprintf("%s%s%s=%llu", out, *out ? " " : "", name,
						       packets);

				free(out);
				out = more;
			}
			name[0] = '\0';
		}
	}
	free(text);
	if (!*out) {
		free(out);
		return xstrdup("-");
	}
	return out;
}

/* Where a cell's sums go. */
struct fates_of_cell {
	FILE *f;
	const char *cell, *dir;
	char *why; /* (owned) what its rules dropped, or "-" */
};

static void write_rows(const struct fates_of_cell *c, const char *capture, const struct sums *sums)
{
	for (size_t i = 0; i < sums->n; i++) {
		const struct sum *sum = &sums->all[i];

		fprintf(c->f, "%s\t%s\t%s\t%u", c->cell, capture, sum->label, sum->flows);
		for (size_t k = 0; k < ARRAY_LEN(columns); k++)
			fprintf(c->f, "\t%u", sum->fate[columns[k]]);
		if (sum->bytes > 0)
			fprintf(c->f, "\t%.4f", sum->arrived / sum->bytes);
		else
			fputs("\t-", c->f);
		fprintf(c->f, "\t%s\n", c->why);
	}
}

static void print_skype_row(const char *cell, const char *capture, const struct sums *sums)
{
	const struct sum *s = sums->all;
	const char *slash = strrchr(capture, '/');

	if (sums->n && label_is(s->label, LABEL_SKYPE))
		printf("%-72.72s %-28.28s %5u %5u %5u\n", quote_terminal(cell),
		       quote_terminal(slash ? slash + 1 : capture), s->fate[FATE_COMPLETE],
		       s->fate[FATE_CUT], s->fate[FATE_NEVER_STARTED]);
}

/* Every recording that the cell @s played by conversation. */
static int write_cell(const struct fates_of_cell *c, const struct scenario *s, struct err *e)
{
	unsigned played = 0;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < s->recordings_len; i++) {
		const struct scenario_recording *r = &s->recordings[i];
		struct sums sums = {0};
		char *path;

		if (r->off || r->replay != REPLAY_CONVERSATION)
			continue;
		path = recordings_fates_path(c->dir, ++played);
		rc = sum_cell(path, &sums, e);
		free(path);
		if (rc == 0) {
			write_rows(c, r->capture, &sums);
			print_skype_row(c->cell, r->capture, &sums);
		}
		free(sums.all);
	}
	return rc;
}

static int write_cells(const struct finished_run *run, FILE *f, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < run->n; i++) {
		char *dir = path_inf(run->dir, "cells/%s", run->cells[i].name);
		char *rules = path_in(dir, "rules.txt");
		struct fates_of_cell c = {.f = f, .cell = run->cells[i].name, .dir = dir};
		struct scenario *s = scenario_apply(run->scenario, &run->cells[i]);

		if (!run->invalid[i]) {
			c.why = drops(rules);
			rc = write_cell(&c, s, e);
			free(c.why);
		}
		scenario_free(s);
		free(rules);
		free(dir);
	}
	return rc;
}

static bool conversations(const struct scenario *s)
{
	for (unsigned i = 0; i < s->recordings_len; i++)
		if (s->recordings[i].replay == REPLAY_CONVERSATION)
			return true;
	return false;
}

int run_fates_write(const struct finished_run *run, struct err *e)
{
	char *path;
	struct outfile o;
	int rc;

	if (!conversations(run->scenario))
		return 0;
	path = path_in(run->dir, "fates.tsv");
	rc = outfile_open(&o, path, e);
	free(path);
	if (rc < 0)
		return -1;
	fputs("cell\tcapture\tlabel\tflows\tcomplete\tcut\tnever_started\tunanswered\tnot_played\t"
	      "payload_arrived\tdropped_by\n",
	      o.f);
	printf("%-72s %-28s %5s %5s %5s\n", "recorded Skype flows", "capture", "whole", "cut",
	       "none");
	if (write_cells(run, o.f, e) < 0) {
		outfile_abort(&o);
		return -1;
	}
	putchar('\n');
	return outfile_commit(&o, e);
}
