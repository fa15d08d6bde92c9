// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_fates.c - what the network did to the recorded flows, per setting
 *
 * Each cell's fates.tsv has a row per recorded flow; here they are summed per cell and label, and
 * set beside the packets that each dropping rule of the cell counted (from rules.txt). The counters
 * are of the whole cell: they say which rules dropped, not which flow each of the packets was of.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "base/tsv.h"
#include "run/run_fates.h"

static const char *const labels[] = {"skype", "not-skype", "unknown"};
static const char *const fates[] = {"complete", "cut", "never-started", "unanswered", "not-played"};

struct sum {
	unsigned flows, fate[ARRAY_LEN(fates)];
	double bytes, arrived;
};

static int index_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

static int sum_cell(const char *path, struct sum sums[ARRAY_LEN(labels)], struct err *e)
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
		int l = index_of(labels, ARRAY_LEN(labels), tsv_cell(t, r, label));
		int f = index_of(fates, ARRAY_LEN(fates), tsv_cell(t, r, fate));

		if (l < 0 || f < 0)
			continue;
		sums[l].flows++;
		sums[l].fate[f]++;
		if (strcmp(fates[f], "not-played") && strcmp(fates[f], "unanswered")) {
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
	for (size_t l = 0; l < ARRAY_LEN(labels); l++) {
		if (!sums[l].flows)
			continue;
		fprintf(f, "%s\t%s\t%u", cell, labels[l], sums[l].flows);
		for (size_t k = 0; k < ARRAY_LEN(fates); k++)
			fprintf(f, "\t%u", sums[l].fate[k]);
		if (sums[l].bytes > 0)
			fprintf(f, "\t%.4f", sums[l].arrived / sums[l].bytes);
		else
			fputs("\t-", f);
		fprintf(f, "\t%s\n", *why ? why : "-");
	}
}

static void print_rows(const char *cell, const struct sum *sums)
{
	for (size_t l = 0; l < ARRAY_LEN(labels); l++)
		if (sums[l].flows && !strcmp(labels[l], "skype"))
			printf("%-72.72s %-9s %5u %5u %5u\n", cell, labels[l], sums[l].fate[0],
			       sums[l].fate[1], sums[l].fate[2]);
}

static bool conversations(const struct scenario *s)
{
	for (unsigned i = 0; i < s->recordings_len; i++)
		if (!strcmp(s->recordings[i].replay, "conversation"))
			return true;
	return false;
}

int fates_join(const struct joined_run *j, struct err *e)
{
	char *path = xasprintf("%s/fates.tsv", j->dir);
	struct outfile o;
	int rc = 0;

	if (!conversations(j->scenario) || outfile_open(&o, path, e) < 0) {
		free(path);
		return conversations(j->scenario) ? -1 : 0;
	}
	free(path);
	fputs("cell\tlabel\tflows\tcomplete\tcut\tnever_started\tunanswered\tnot_played\tpayload_"
	      "arrived\t"
	      "dropped_by\n",
	      o.f);
	printf("%-72s %-9s %5s %5s %5s\n", "recorded flows", "label", "whole", "cut", "none");
	for (size_t i = 0; rc == 0 && i < j->n; i++) {
		char *base, *fate_path, *rules_path, *why;
		struct sum sums[ARRAY_LEN(labels)] = {0};

		if (j->invalid[i])
			continue;
		base = xasprintf("%s/cells/%s", j->dir, j->cells[i].name);
		fate_path = xasprintf("%s/fates.tsv", base);
		rules_path = xasprintf("%s/rules.txt", base);
		rc = access(fate_path, F_OK) ? 0
					     : sum_cell(fate_path, sums, e); /* by frame: none */
		why = drops(rules_path);
		if (rc == 0) {
			write_rows(o.f, j->cells[i].name, sums, why);
			print_rows(j->cells[i].name, sums);
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
