// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * confusion_tsv.c - confusion.tsv: written and read
 *
 * One line for each count that is not 0, sorted by its words.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/outfile.h"
#include "base/tsv.h"
#include "results/score/confusion_tsv.h"

static const char *const names[CONFUSION_WORDS] = {
	[CONFUSION_DETECTOR] = "detector", [CONFUSION_VERSION] = "traffic_version",
	[CONFUSION_VANTAGE] = "vantage",   [CONFUSION_SIGNATURE] = "signature",
	[CONFUSION_REVISION] = "revision", [CONFUSION_TRUTH] = "truth",
	[CONFUSION_VERDICT] = "verdict"};

void confusion_put(const struct confusion *c, FILE *f)
{
	const struct confusion_cell **sorted = confusion_sorted(c);

	fputs("source", f);
	for (int i = 0; i < CONFUSION_WORDS; i++)
		fprintf(f, "\t%s", names[i]);
	fputs("\tflows\n", f);
	for (size_t i = 0; i < c->n; i++) {
		fputs(source_text(sorted[i]->source), f);
		for (int k = 0; k < CONFUSION_WORDS; k++)
			fprintf(f, "\t%s", sorted[i]->words[k]);
		fprintf(f, "\t%" PRIu64 "\n", sorted[i]->flows);
	}
	free(sorted);
}

int confusion_write(const struct confusion *c, const char *path, struct err *e)
{
	struct outfile o;

	if (outfile_open(&o, path, e) < 0)
		return -1;
	confusion_put(c, o.f);
	return outfile_commit(&o, e);
}

static int read_line(struct confusion *c, const struct tsv *t, size_t r, const int *at,
		     struct err *e)
{
	const char *words[CONFUSION_WORDS], *text = tsv_cell(t, r, tsv_column(t, "source"));
	enum traffic_source source;
	uint64_t flows;

	for (int i = 0; i < CONFUSION_WORDS; i++)
		words[i] = tsv_cell(t, r, at[i]);
	if (source_parse(text, &source) < 0)
		return err_set(e, "%s:%u: source is \"%s\", expected emulated or recorded", t->path,
			       t->lines[r], text);
	if (tsv_count(t, r, tsv_column(t, "flows"), &flows, e) < 0)
		return -1;
	confusion_add(c, source, words, flows);
	return 0;
}

int confusion_read(struct confusion *c, const char *path, struct err *e)
{
	struct tsv *t = tsv_read(path, e);
	int at[CONFUSION_WORDS];
	int rc = t && tsv_need(t, "source", e) >= 0 && tsv_need(t, "flows", e) >= 0 ? 0 : -1;

	for (int i = 0; rc == 0 && i < CONFUSION_WORDS; i++)
		rc = (at[i] = tsv_need(t, names[i], e)) < 0 ? -1 : 0;
	for (size_t r = 0; rc == 0 && r < t->rows; r++)
		rc = read_line(c, t, r, at, e);
	tsv_free(t);
	return rc;
}
