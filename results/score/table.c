// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * table.c - the accuracy table in memory
 *
 * Rows stay in order of first appearance and are found through a hash over all their words. Counts
 * are exact integers; measures.c makes ratios of them. Pointers to rows and claims hold only until
 * the next row or claim is made.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/err.h"
#include "results/score/table.h"

static const char *const unit_names[UNITS] = {
	"flow",	       "client",     "session",	       "session-start", "session-change",
	"session-end", "super-node", "probe-accepted", "call-start",	"call-end",
};
static const char *const result_names[CLAIM_RESULTS] = {"tp", "fp", "fn", "tn", "wrong_role"};

/* ---- names ---- */

/* Index of a name; -1 when @text is none of @names. */
static int name_index(const char *text, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(text, names[i]))
			return i;
	return -1;
}

const char *score_unit_text(enum score_unit u)
{
	return unit_names[u];
}

int score_unit_parse(const char *text, enum score_unit *out)
{
	int i = name_index(text, unit_names, UNITS);

	if (i < 0)
		return -1;
	*out = (enum score_unit)i;
	return 0;
}

bool score_unit_has_negatives(enum score_unit u)
{
	return u == UNIT_FLOW || u == UNIT_CLIENT;
}

const char *claim_result_text(enum claim_result r)
{
	return result_names[r];
}

int claim_result_parse(const char *text, enum claim_result *out)
{
	int i = name_index(text, result_names, CLAIM_RESULTS);

	if (i < 0)
		return -1;
	*out = (enum claim_result)i;
	return 0;
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
		char *all[] = {r->traffic_version, r->signature,       r->revision,
			       r->vantage,	   r->caller_firewall, r->caller_nat,
			       r->callee_firewall, r->callee_nat,      r->axes,
			       r->detector};

		for (size_t k = 0; k < ARRAY_LEN(all); k++)
			free(all[k]);
		score_row_clear(r);
	}
	for (size_t i = 0; i < t->claims_n; i++) {
		free(t->claims[i].cell);
		free(t->claims[i].subject);
		free(t->claims[i].reason);
		free(t->claims[i].stage);
	}
	confusion_clear(&t->confusion);
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

static const char *detector_of(const char *detector)
{
	return detector && *detector ? detector : OWN_DETECTOR;
}

/* The cluster of a setting; NULL = it has none. */
static const char *cluster_of(const struct score_setting *s)
{
	return s->cluster && *s->cluster ? s->cluster : s->cell;
}

/* Makes a row that is not there. */
static uint32_t add_row(struct score_table *t, const struct score_setting *s, const char *const *f,
			enum score_unit unit)
{
	if (t->n == t->rows_cap) {
		t->rows_cap = t->rows_cap ? t->rows_cap * 2 : 64;
		t->rows = xrealloc(t->rows, t->rows_cap * sizeof(*t->rows));
	}
	t->rows[t->n] = (struct score_row){.source = s->source,
					   .detector = xstrdup(detector_of(s->detector)),
					   .traffic_version = xstrdup(f[0]),
					   .signature = xstrdup(f[1]),
					   .revision = xstrdup(f[2]),
					   .vantage = xstrdup(f[3]),
					   .caller_firewall = xstrdup(f[4]),
					   .caller_nat = xstrdup(f[5]),
					   .callee_firewall = xstrdup(f[6]),
					   .callee_nat = xstrdup(f[7]),
					   .axes = xstrdup(s->axes ? s->axes : ""),
					   .unit = unit};
	return (uint32_t)t->n++;
}

/* What rows are kept apart by (owned). */
static char *key_of(enum traffic_source source, const char *detector, const char *const *f,
		    enum score_unit unit, const char *axes)
{
	return xasprintf("%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s", (int)source,
			 detector_of(detector), f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7],
			 (int)unit, axes ? axes : "");
}

static struct row_index *find_row(const struct score_table *t, const char *key)
{
	struct row_index *head = t->index, *x;

	HASH_FIND_STR(head, key, x);
	return x;
}

uint32_t score_row_of(struct score_table *t, const struct score_setting *s, const char *signature,
		      const char *revision, enum score_unit unit)
{
	const char *f[] = {or_dash(s->traffic_version), or_dash(signature),
			   or_dash(revision),		or_dash(s->vantage),
			   or_dash(s->caller_firewall), or_dash(s->caller_nat),
			   or_dash(s->callee_firewall), or_dash(s->callee_nat)};
	char *key = key_of(s->source, s->detector, f, unit, s->axes);
	struct row_index *x = find_row(t, key), *head = t->index;

	if (x) {
		free(key);
	} else {
		x = xcalloc(1, sizeof(*x));
		x->key = key;
		x->row = add_row(t, s, f, unit);
		HASH_ADD_KEYPTR(hh, head, x->key, strlen(x->key), x);
		t->index = head;
	}
	if (cluster_of(s))
		clusters_at(&t->rows[x->row].clusters, cluster_of(s));
	return x->row;
}

struct score_row *score_row_like(const struct score_table *t, const struct score_row *r)
{
	const char *f[] = {r->traffic_version, r->signature,  r->revision,	  r->vantage,
			   r->caller_firewall, r->caller_nat, r->callee_firewall, r->callee_nat};
	char *key = key_of(r->source, r->detector, f, r->unit, r->axes);
	struct row_index *x = find_row(t, key);

	free(key);
	return x ? &t->rows[x->row] : NULL;
}

struct score_row *score_row_of_unit(const struct score_table *t, const struct score_row *r,
				    enum score_unit unit)
{
	struct score_row key = *r; /* borrowed: only its words are read */

	key.unit = unit;
	return score_row_like(t, &key);
}

bool score_row_same_signature(const struct score_row *a, const struct score_row *b)
{
	return !strcmp(a->signature, b->signature) && !strcmp(a->revision, b->revision) &&
	       !strcmp(a->detector, b->detector);
}

bool score_row_same_traffic(const struct score_row *a, const struct score_row *b)
{
	return a->source == b->source && !strcmp(a->traffic_version, b->traffic_version);
}

static uint64_t *count_of(struct score_row *r, enum score_count what)
{
	uint64_t *all[COUNTS] = {&r->tp,	 &r->fp,	&r->fn,		&r->tn,
				 &r->wrong_role, &r->unmatched, &r->unlabelled, &r->host_seconds};

	return all[what];
}

void score_count(struct score_table *t, uint32_t row, const struct score_setting *s,
		 enum score_count what, uint64_t n)
{
	struct score_row *r = &t->rows[row];

	*count_of(r, what) += n;
	clusters_at(&r->clusters, or_dash(cluster_of(s)))->n[what] += n;
}

void score_row_sum(struct score_row *to, const struct score_row *from)
{
	struct score_row add = *from; /* borrowed: only its counts are read */

	for (int k = 0; k < COUNTS; k++)
		*count_of(to, (enum score_count)k) += *count_of(&add, (enum score_count)k);
	clusters_add(&to->clusters, &from->clusters);
	to->parts += from->parts ? from->parts : 1;
}

void score_row_clear(struct score_row *r)
{
	clusters_clear(&r->clusters);
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

void score_table_add(struct score_table *t, const struct score_table *more)
{
	uint32_t *rows = xcalloc(more->n, sizeof(*rows)); /* by row of @more: its row in @t */

	for (size_t i = 0; i < more->n; i++) {
		const struct score_row *r = &more->rows[i];
		struct score_setting s = {.source = r->source,
					  .detector = r->detector,
					  .traffic_version = r->traffic_version,
					  .vantage = r->vantage,
					  .caller_firewall = r->caller_firewall,
					  .caller_nat = r->caller_nat,
					  .callee_firewall = r->callee_firewall,
					  .callee_nat = r->callee_nat,
					  .axes = r->axes};

		rows[i] = score_row_of(t, &s, r->signature, r->revision, r->unit);
		score_row_sum(&t->rows[rows[i]], r);
	}
	for (size_t i = 0; i < more->claims_n; i++) {
		const struct score_claim *from = &more->claims[i];
		struct score_claim *c = score_claim_add(t, rows[from->row], from->cell,
							from->subject, from->reason, from->result);

		c->packet = from->packet;
		c->detect_ns = from->detect_ns;
		c->detect_packets = from->detect_packets;
		c->detect_bytes = from->detect_bytes;
	}
	confusion_merge(&t->confusion, &more->confusion);
	free(rows);
}
