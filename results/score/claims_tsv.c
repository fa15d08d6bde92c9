// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * claims_tsv.c - claims.tsv: written and read
 *
 * One line per flow, client or session that was found, missed or wrongly claimed, sorted by cell,
 * row and subject. Times have microseconds, as events in eve.json do.
 */
#include <stdlib.h>
#include <string.h>

#include "base/inner.h"
#include "base/number.h"
#include "base/outfile.h"
#include "base/tsv.h"
#include "results/score/axes.h"
#include "results/score/claims_tsv.h"
#include "results/score/row_tsv.h"

static void put_head(FILE *f, char *const *axes, size_t n)
{
	fputs("source\ttraffic_version\tvantage\tcaller_firewall\tcaller_nat\tcallee_firewall\t"
	      "callee_nat",
	      f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "\t%s", axes[i]);
	fputs("\tsignature\trevision\tunit\tcell\tresult\tsubject\treason\tpacket\tdetect_s\t"
	      "detect_packets\tdetect_bytes\tstage\tdetector\n",
	      f);
}

static int by_cell(const void *a, const void *b)
{
	const struct score_claim *x = *(const struct score_claim *const *)a;
	const struct score_claim *y = *(const struct score_claim *const *)b;
	int d = strcmp(x->cell, y->cell);

	if (!d)
		d = (int)(x->row > y->row) - (int)(x->row < y->row);
	if (!d)
		d = (int)x->result - (int)y->result;
	return d ? d : strcmp(x->subject, y->subject);
}

static void write_claim(FILE *f, const struct score_table *t, const struct score_claim *c,
			char *const *axes, size_t n)
{
	const struct score_row *r = &t->rows[c->row];

	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%s", source_text(r->source), r->traffic_version,
		r->vantage, r->caller_firewall, r->caller_nat, r->callee_firewall, r->callee_nat);
	row_put_axes(f, r, axes, n);
	fprintf(f, "\t%s\t%s\t%s\t%s\t%s\t%s\t%s", r->signature, r->revision,
		score_unit_text(r->unit), c->cell, claim_result_text(c->result), c->subject,
		c->reason);
	if (c->packet)
		fprintf(f, "\t%llu", (unsigned long long)c->packet);
	else
		fputs("\t-", f);
	if (c->detect_ns >= 0)
		fprintf(f, "\t%.6f\t%llu\t%llu", (double)c->detect_ns / 1e9,
			(unsigned long long)c->detect_packets, (unsigned long long)c->detect_bytes);
	else
		fputs("\t-\t-\t-", f);
	fprintf(f, "\t%s\t%s\n", c->stage ? c->stage : "", r->detector);
}

int claims_write(const struct score_table *t, const char *path, struct err *e)
{
	const struct score_claim **sorted = xmalloc((t->claims_n + 1) * sizeof(*sorted));
	struct outfile o;
	char **axes;
	size_t n;

	if (outfile_open(&o, path, e) < 0) {
		free(sorted);
		return -1;
	}
	for (size_t i = 0; i < t->claims_n; i++)
		sorted[i] = &t->claims[i];
	qsort(sorted, t->claims_n, sizeof(*sorted), by_cell);
	axes = axes_names(t, &n);
	put_head(o.f, axes, n);
	for (size_t i = 0; i < t->claims_n; i++)
		write_claim(o.f, t, sorted[i], axes, n);
	axes_names_free(axes, n);
	free(sorted);
	return outfile_commit(&o, e);
}

/* A number that may be missing, "" or "-". 0, or -1 with @e set. */
static int read_number(const struct tsv *f, size_t r, const char *name, uint64_t *out,
		       struct err *e)
{
	int column = tsv_column(f, name);
	const char *text = tsv_cell(f, r, column);

	*out = 0;
	return !*text || !strcmp(text, "-") ? 0 : tsv_count(f, r, column, out, e);
}

static int read_claim(struct score_table *t, const struct tsv *f, size_t r, struct err *e)
{
#define CELL(name) tsv_cell(f, r, tsv_column(f, name))
	enum claim_result result;
	struct score_claim *c;
	double seconds;
	uint32_t row;

	if (claim_result_parse(CELL("result"), &result) < 0)
		return err_set(e, "%s:%u: result is \"%s\", expected tp, fp, fn or tn", f->path,
			       f->lines[r], CELL("result"));
	if (row_read(t, f, r, NULL, &row, e) < 0)
		return -1;
	c = score_claim_add(t, row, CELL("cell"), CELL("subject"), CELL("reason"), result);
	if (read_number(f, r, "packet", &c->packet, e) < 0)
		return -1;
	if (*CELL("stage"))
		c->stage = xstrdup(CELL("stage"));
	if (!*CELL("detect_s") || !strcmp(CELL("detect_s"), "-"))
		return 0;
	if (!number_is_real(CELL("detect_s"), &seconds) || seconds < 0 || seconds > 1e9)
		return err_set(e, "%s:%u: detect_s is \"%s\", expected seconds, 0 to 10^9", f->path,
			       f->lines[r], CELL("detect_s"));
	c->detect_ns = (int64_t)(seconds * 1e9 + 0.5);
	return read_number(f, r, "detect_packets", &c->detect_packets, e) < 0 ||
			       read_number(f, r, "detect_bytes", &c->detect_bytes, e) < 0
		       ? -1
		       : 0;
#undef CELL
}

int claims_read(struct score_table *t, const char *path, struct err *e)
{
	static const char *const need[] = {"source", "signature", "unit",
					   "cell",   "result",	  "subject"};
	struct tsv *f = inner_format(path, e) == 0 ? tsv_read(path, e) : NULL;
	int rc = 0;

	if (!f)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(need) && !rc; i++)
		rc = tsv_need(f, need[i], e) < 0 ? -1 : 0;
	for (size_t r = 0; r < f->rows && !rc; r++)
		rc = read_claim(t, f, r, e);
	tsv_free(f);
	return rc;
}
