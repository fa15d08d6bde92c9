// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * table.c - the accuracy table in memory: rows found by their words, claims, measures
 *
 * Rows stay in order of first appearance and are found through a hash over all their words.
 * Pointers into the table hold only until the next row or claim is made.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "results/score/score.h"

static const char *const unit_names[UNITS] = {"flow", "client", "session"};
static const char *const claim_names[] = {"tp", "fp", "fn", "tn"};

const char *score_unit_text(enum score_unit u)
{
	return unit_names[u];
}

const char *claim_text(enum claim_result r)
{
	return claim_names[r];
}

/* ---- measures ---- */

static double ratio(uint64_t a, uint64_t b)
{
	return b ? (double)a / (double)b : -1;
}

double score_precision(const struct score_row *r)
{
	return ratio(r->tp, r->tp + r->fp);
}

double score_recall(const struct score_row *r)
{
	return ratio(r->tp, r->tp + r->fn);
}

double score_f1(const struct score_row *r)
{
	return ratio(2 * r->tp, 2 * r->tp + r->fp + r->fn);
}

double score_fpr(const struct score_row *r)
{
	return ratio(r->fp, r->fp + r->tn);
}

/* ---- the table ---- */

struct row_index {
	char *key;
	uint32_t row;
	UT_hash_handle hh;
};

struct score_table *score_table_new(void)
{
	return xcalloc(1, sizeof(struct score_table));
}

void score_table_free(struct score_table *t)
{
	struct row_index *x, *next;
	struct row_index *head;

	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		struct score_row *r = &t->rows[i];
		char *all[] = {r->source,     r->traffic_version, r->signature,
			       r->revision,   r->vantage,	  r->caller_firewall,
			       r->caller_nat, r->callee_firewall, r->callee_nat};

		for (size_t k = 0; k < ARRAY_LEN(all); k++)
			free(all[k]);
	}
	for (size_t i = 0; i < t->claims_n; i++) {
		free(t->claims[i].cell);
		free(t->claims[i].subject);
		free(t->claims[i].reason);
		free(t->claims[i].stage);
	}
	head = t->index;
	HASH_ITER (hh, head, x, next) {
		HASH_DEL(head, x);
		free(x->key);
		free(x);
	}
	free(t->rows);
	free(t->claims);
	free(t);
}

static const char *or_dash(const char *s)
{
	return s && *s ? s : "-";
}

uint32_t score_row_of(struct score_table *t, const struct score_setting *s, const char *signature,
		      const char *revision, enum score_unit unit)
{
	const char *f[] = {
		or_dash(s->source),	or_dash(s->traffic_version), or_dash(signature),
		or_dash(revision),	or_dash(s->vantage),	     or_dash(s->caller_firewall),
		or_dash(s->caller_nat), or_dash(s->callee_firewall), or_dash(s->callee_nat)};
	char *key = xasprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d", f[0], f[1], f[2], f[3],
			      f[4], f[5], f[6], f[7], f[8], (int)unit);
	struct row_index *head = t->index, *x;
	struct score_row *r;

	HASH_FIND_STR(head, key, x);
	if (x) {
		free(key);
		return x->row;
	}
	if (t->n == t->rows_cap) {
		t->rows_cap = t->rows_cap ? t->rows_cap * 2 : 64;
		t->rows = xrealloc(t->rows, t->rows_cap * sizeof(*t->rows));
	}
	r = &t->rows[t->n];
	*r = (struct score_row){.source = xstrdup(f[0]),
				.traffic_version = xstrdup(f[1]),
				.signature = xstrdup(f[2]),
				.revision = xstrdup(f[3]),
				.vantage = xstrdup(f[4]),
				.caller_firewall = xstrdup(f[5]),
				.caller_nat = xstrdup(f[6]),
				.callee_firewall = xstrdup(f[7]),
				.callee_nat = xstrdup(f[8]),
				.unit = unit};
	x = xcalloc(1, sizeof(*x));
	x->key = key;
	x->row = (uint32_t)t->n++;
	HASH_ADD_KEYPTR(hh, head, x->key, strlen(x->key), x);
	t->index = head;
	return x->row;
}

struct score_claim *score_claim_add(struct score_table *t, uint32_t row, const char *cell,
				    const char *subject, const char *reason,
				    enum claim_result result)
{
	struct score_claim *c;

	if (t->claims_n == t->claims_cap) {
		t->claims_cap = t->claims_cap ? t->claims_cap * 2 : 256;
		t->claims = xrealloc(t->claims, t->claims_cap * sizeof(*t->claims));
	}
	c = &t->claims[t->claims_n++];
	*c = (struct score_claim){.row = row,
				  .cell = xstrdup(or_dash(cell)),
				  .subject = xstrdup(subject),
				  .reason = xstrdup(reason),
				  .result = result,
				  .detect_ns = -1};
	return c;
}
