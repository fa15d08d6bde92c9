// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * claims_tsv.c - claims.tsv: written and read
 *
 * One line per flow, client or session that was found, missed or wrongly claimed, sorted by cell,
 * row and subject. Times have microseconds, as events in eve.json do.
 */
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/tsv.h"
#include "results/score/claims_tsv.h"

#define CLAIM_COLUMNS                                                                              \
	"source\ttraffic_version\tvantage\tcaller_firewall\tcaller_nat\tcallee_firewall\t"         \
	"callee_nat\tsignature\trevision\tunit\tcell\tresult\tsubject\treason\tpacket\t"           \
	"detect_s\tdetect_packets\tdetect_bytes\tstage\n"

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

static void write_claim(FILE *f, const struct score_table *t, const struct score_claim *c)
{
	const struct score_row *r = &t->rows[c->row];

	fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", source_text(r->source),
		r->traffic_version, r->vantage, r->caller_firewall, r->caller_nat,
		r->callee_firewall, r->callee_nat, r->signature, r->revision,
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
	fprintf(f, "\t%s\n", c->stage ? c->stage : "");
}

int claims_write(const struct score_table *t, const char *path, struct err *e)
{
	const struct score_claim **sorted = xmalloc((t->claims_n + 1) * sizeof(*sorted));
	struct outfile o;

	if (outfile_open(&o, path, e) < 0) {
		free(sorted);
		return -1;
	}
	for (size_t i = 0; i < t->claims_n; i++)
		sorted[i] = &t->claims[i];
	qsort(sorted, t->claims_n, sizeof(*sorted), by_cell);
	fputs(CLAIM_COLUMNS, o.f);
	for (size_t i = 0; i < t->claims_n; i++)
		write_claim(o.f, t, sorted[i]);
	free(sorted);
	return outfile_commit(&o, e);
}

static int read_claim(struct score_table *t, const struct tsv *f, size_t r, struct err *e)
{
#define CELL(name) tsv_cell(f, r, tsv_column(f, name))
	struct score_setting s = {.traffic_version = CELL("traffic_version"),
				  .vantage = CELL("vantage"),
				  .caller_firewall = CELL("caller_firewall"),
				  .caller_nat = CELL("caller_nat"),
				  .callee_firewall = CELL("callee_firewall"),
				  .callee_nat = CELL("callee_nat")};
	enum score_unit unit;
	enum claim_result result;
	struct score_claim *c;
	uint32_t row;

	if (source_parse(CELL("source"), &s.source) < 0)
		return err_set(e, "%s:%u: source is \"%s\", expected emulated or recorded", f->path,
			       f->lines[r], CELL("source"));
	if (score_unit_parse(CELL("unit"), &unit) < 0 ||
	    claim_result_parse(CELL("result"), &result) < 0)
		return err_set(e,
			       "%s:%u: unit is \"%s\" and result \"%s\", expected flow, client "
			       "or session, and tp, fp, fn or tn",
			       f->path, f->lines[r], CELL("unit"), CELL("result"));
	row = score_row_of(t, &s, CELL("signature"), CELL("revision"), unit);
	c = score_claim_add(t, row, CELL("cell"), CELL("subject"), CELL("reason"), result);
	c->packet = strtoull(CELL("packet"), NULL, 10);
	if (*CELL("stage"))
		c->stage = xstrdup(CELL("stage"));
	if (strcmp(CELL("detect_s"), "-") != 0) {
		c->detect_ns = (int64_t)(strtod(CELL("detect_s"), NULL) * 1e9 + 0.5);
		c->detect_packets = strtoull(CELL("detect_packets"), NULL, 10);
		c->detect_bytes = strtoull(CELL("detect_bytes"), NULL, 10);
	}
	return 0;
#undef CELL
}

int claims_read(struct score_table *t, const char *path, struct err *e)
{
	static const char *const need[] = {"source", "signature", "unit",
					   "cell",   "result",	  "subject"};
	struct tsv *f = tsv_read(path, e);
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
