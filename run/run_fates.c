// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_fates.c - what the network did to the recorded flows, per setting
 *
 * Each cell's fates.tsv has a row per recorded flow; here they are summed per cell and label, and
 * set beside the packets that each dropping rule of the cell counted (from rules.txt). The counters
 * are of the whole cell: they say which rules dropped, not which flow a dropped packet belonged to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/label.h"
#include "base/path.h"
#include "base/tsv.h"
#include "replay/recorded/fate.h"
#include "run/run_fates.h"

/* The columns of the table, in this order. */
static const enum fate columns[] = {FATE_COMPLETE, FATE_CUT, FATE_NEVER_STARTED, FATE_UNANSWERED,
				    FATE_NOT_PLAYED};

struct sum {
	unsigned flows, fate[FATES];
	double bytes, arrived;
};

static int sum_cell(const char *path, struct sum sums[LABELS], struct err *e)
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
		enum flow_label l;
		enum fate f;

		if (label_parse(tsv_cell(t, r, label), &l) < 0 ||
		    fate_parse(tsv_cell(t, r, fate), &f) < 0)
			continue;
		sums[l].flows++;
		sums[l].fate[f]++;
		if (f != FATE_NOT_PLAYED && f != FATE_UNANSWERED) {
			sums[l].bytes += strtod(tsv_cell(t, r, bytes), NULL);
			sums[l].arrived += strtod(tsv_cell(t, r, arrived), NULL);
		}
	}
	tsv_free(t);
	return 0;
}

/* "blocked-inbound=25 ..." from the counters in rules.txt that are not zero; an (owned) text. */
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
	return out;
}

static void write_rows(FILE *f, const char *cell, const struct sum *sums, const char *why)
{
	for (int l = 0; l < LABELS; l++) {
		if (!sums[l].flows)
			continue;
		fprintf(f, "%s\t%s\t%u", cell, label_text((enum flow_label)l), sums[l].flows);
		for (size_t k = 0; k < ARRAY_LEN(columns); k++)
			fprintf(f, "\t%u", sums[l].fate[columns[k]]);
		if (sums[l].bytes > 0)
			fprintf(f, "\t%.4f", sums[l].arrived / sums[l].bytes);
		else
			fputs("\t-", f);
		fprintf(f, "\t%s\n", *why ? why : "-");
	}
}

static void print_skype_row(const char *cell, const struct sum *sums)
{
	const struct sum *s = &sums[LABEL_SKYPE];

	if (s->flows)
		printf("%-72.72s %-9s %5u %5u %5u\n", cell, label_text(LABEL_SKYPE),
		       s->fate[FATE_COMPLETE], s->fate[FATE_CUT], s->fate[FATE_NEVER_STARTED]);
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
	char *path = path_in(run->dir, "fates.tsv");
	struct outfile o;
	int rc = 0;

	if (!conversations(run->scenario) || outfile_open(&o, path, e) < 0) {
		free(path);
		return conversations(run->scenario) ? -1 : 0;
	}
	free(path);
	fputs("cell\tlabel\tflows\tcomplete\tcut\tnever_started\tunanswered\tnot_played\tpayload_"
	      "arrived\t"
	      "dropped_by\n",
	      o.f);
	printf("%-72s %-9s %5s %5s %5s\n", "recorded flows", "label", "whole", "cut", "none");
	for (size_t i = 0; rc == 0 && i < run->n; i++) {
		char *base, *fate_path, *rules_path, *why;
		struct sum sums[LABELS] = {0};

		if (run->invalid[i])
			continue;
		base = path_inf(run->dir, "cells/%s", run->cells[i].name);
		fate_path = path_in(base, "fates.tsv");
		rules_path = path_in(base, "rules.txt");
		rc = access(fate_path, F_OK) ? 0
					     : sum_cell(fate_path, sums, e); /* by frame: none */
		why = drops(rules_path);
		if (rc == 0) {
			write_rows(o.f, run->cells[i].name, sums, why);
			print_skype_row(run->cells[i].name, sums);
		}
		free(why);
		free(rules_path);
		free(fate_path);
		free(base);
	}
	if (rc < 0) {
		outfile_abort(&o);
		return -1;
	}
	putchar('\n');
	return outfile_commit(&o, e);
}
