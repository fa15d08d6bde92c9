// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * confusion_text.c - a confusion table for a terminal, a page or a program
 *
 * A line is what a flow truly is, a column what the signature says; "." is no flow.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/confusion_blocks.h"
#include "results/report/confusion_text.h"
#include "results/score/confusion_tsv.h"

#define COLUMN_MIN 7

/* Columns that the names of signatures and of applications need. */
static void widths(const struct confusion_block *b, int *signature, int *truth)
{
	*signature = (int)strlen("signature");
	*truth = (int)strlen("truth");
	for (size_t i = 0; i < b->n; i++) {
		const struct confusion_line *l = &b->lines[i];
		int s = (int)(strlen(l->signature) + 1 + strlen(l->revision));

		*signature = s > *signature ? s : *signature;
		*truth = (int)strlen(l->truth) > *truth ? (int)strlen(l->truth) : *truth;
	}
}

static int column(const struct confusion_block *b, size_t verdict)
{
	int len = (int)strlen(b->verdicts[verdict]);

	return len > COLUMN_MIN ? len : COLUMN_MIN;
}

static void print_count(FILE *f, int width, uint64_t n)
{
	if (n)
		fprintf(f, "  %*" PRIu64, width, n);
	else
		fprintf(f, "  %*s", width, ".");
}

static void print_text(FILE *f, const struct confusion_block *b)
{
	int signature, truth;

	widths(b, &signature, &truth);
	fprintf(f, "flows by what they are and what is said of them, %s traffic",
		source_text(b->source));
	fprintf(f, strcmp(b->vantage, "-") != 0 ? ", %s\n" : "\n", b->vantage);
	fprintf(f, "%-*s  %-*s  %*s", signature, "signature", truth, "truth", COLUMN_MIN, "flows");
	for (size_t k = 0; k < b->n_verdicts; k++)
		fprintf(f, "  %*s", column(b, k), b->verdicts[k]);
	fputc('\n', f);
	for (size_t i = 0; i < b->n; i++) {
		const struct confusion_line *l = &b->lines[i];
		bool begins = !i || strcmp(l->signature, l[-1].signature) != 0 ||
			      strcmp(l->revision, l[-1].revision) != 0;

		if (begins)
			fprintf(f, "%s@%s%*s", l->signature, l->revision,
				signature - (int)(strlen(l->signature) + 1 + strlen(l->revision)),
				"");
		else
			fprintf(f, "%*s", signature, "");
		fprintf(f, "  %-*s", truth, l->truth);
		print_count(f, COLUMN_MIN, l->all);
		for (size_t k = 0; k < b->n_verdicts; k++)
			print_count(f, column(b, k), l->flows[k]);
		fputc('\n', f);
	}
}

static void print_markdown(FILE *f, const struct confusion_block *b)
{
	fprintf(f, "| source | vantage | signature | truth | flows |");
	for (size_t k = 0; k < b->n_verdicts; k++)
		fprintf(f, " %s |", b->verdicts[k]);
	fputs("\n|---|---|---|---|---:|", f);
	for (size_t k = 0; k < b->n_verdicts; k++)
		fputs("---:|", f);
	fputc('\n', f);
	for (size_t i = 0; i < b->n; i++) {
		const struct confusion_line *l = &b->lines[i];

		fprintf(f, "| %s | %s | %s@%s | %s | %" PRIu64 " |", source_text(b->source),
			b->vantage, l->signature, l->revision, l->truth, l->all);
		for (size_t k = 0; k < b->n_verdicts; k++)
			fprintf(f, " %" PRIu64 " |", l->flows[k]);
		fputc('\n', f);
	}
}

static void print_json(const struct confusion *c, FILE *f)
{
	const struct confusion_cell **sorted = confusion_sorted(c);
	json_t *all = json_array();

	for (size_t i = 0; i < c->n; i++) {
		char *const *w = sorted[i]->words;

		json_array_append_new(
			all,
			json_pack("{ss ss ss ss ss ss ss ss sI}", "source",
				  source_text(sorted[i]->source), "detector", w[CONFUSION_DETECTOR],
				  "traffic_version", w[CONFUSION_VERSION], "vantage",
				  w[CONFUSION_VANTAGE], "signature", w[CONFUSION_SIGNATURE],
				  "revision", w[CONFUSION_REVISION], "truth", w[CONFUSION_TRUTH],
				  "verdict", w[CONFUSION_VERDICT], "flows",
				  (json_int_t)sorted[i]->flows));
	}
	json_dumpf(all, f, JSON_INDENT(2));
	fputc('\n', f);
	json_decref(all);
	free(sorted);
}

void confusion_print(const struct confusion *c, FILE *f, enum table_format format)
{
	struct confusion_block *all;
	size_t n;

	if (format == TABLE_TSV) {
		confusion_put(c, f);
		return;
	}
	if (format == TABLE_JSON) {
		print_json(c, f);
		return;
	}
	all = confusion_blocks(c, &n);
	for (size_t i = 0; i < n; i++) {
		if (i)
			fputc('\n', f);
		(format == TABLE_TEXT ? print_text : print_markdown)(f, &all[i]);
	}
	confusion_blocks_free(all, n);
}
