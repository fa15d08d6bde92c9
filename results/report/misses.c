// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * misses.c - missed flows by what they have in common
 *
 * A group is of one signature in one version's traffic: flows of one kind (the label's reason) whose ends
 * sent the same messages (stage.c). The group says what was lost: a probe that nobody answers has U1 alone.
 *
 * Only the first STAGE_WORDS messages tell groups apart: the paper's signatures look no further.
 *
 * Limits: flows of recordings have no stage and are grouped by their reason.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/err.h"
#include "results/report/misses.h"

#define STAGE_WORDS 4

struct entry {
	char *key; /* (owned) */
	struct miss_group g;
	UT_hash_handle hh;
};

/* How much of a stage's text tells groups apart. */
static size_t stage_len(const char *stage)
{
	const char *p = stage;

	for (unsigned i = 0; i < STAGE_WORDS && *p; i++) {
		p += strspn(p, " ");
		p += strcspn(p, " ");
	}
	return (size_t)(p - stage);
}

static char *key_of(const struct score_row *r, const struct score_claim *c)
{
	const char *stage = c->stage ? c->stage : "";

	return xasprintf("%s\t%s\t%s\t%d\t%s\t%s\t%.*s", r->signature, r->revision, r->detector,
			 (int)r->source, r->traffic_version, c->reason, (int)stage_len(stage),
			 stage);
}

static int same_subject(const struct miss_group *a, const struct miss_group *b)
{
	int d = strverscmp(a->of->traffic_version, b->of->traffic_version);

	if (!d)
		d = (a->of->source > b->of->source) - (a->of->source < b->of->source);
	if (!d)
		d = strverscmp(a->of->signature, b->of->signature);
	return d ? d : strcmp(a->of->revision, b->of->revision);
}

static int by_number(const void *p, const void *q)
{
	const struct miss_group *a = p, *b = q;
	int d = same_subject(a, b);

	if (!d)
		d = (a->n < b->n) - (a->n > b->n);
	if (!d)
		d = strcmp(a->reason, b->reason);
	return d ? d : strcmp(a->stage, b->stage);
}

struct miss_group *misses_of(const struct score_table *t, const char *vantage, size_t *n)
{
	struct entry *all = NULL, *e, *next;
	struct miss_group *out;
	size_t k = 0;

	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];
		const struct score_row *r = &t->rows[c->row];
		char *key;

		if (c->result != CLAIM_FN || r->unit != UNIT_FLOW ||
		    strcmp(r->vantage, vantage) != 0)
			continue;
		key = key_of(r, c);
		HASH_FIND_STR(all, key, e);
		if (!e) {
			e = xcalloc(1, sizeof(*e));
			e->key = xstrdup(key);
			e->g = (struct miss_group){r, c->reason, "", 0, c};
			e->g.stage = c->stage ? c->stage : "";
			HASH_ADD_KEYPTR(hh, all, e->key, strlen(e->key), e);
		}
		e->g.n++;
		free(key);
	}
	*n = HASH_COUNT(all);
	out = xcalloc(*n + 1, sizeof(*out));
	HASH_ITER (hh, all, e, next) {
		out[k++] = e->g;
		HASH_DEL(all, e);
		free(e->key);
		free(e);
	}
	qsort(out, *n, sizeof(*out), by_number);
	return out;
}

const char *miss_cause(const char *stage)
{
	static const struct {
		const char *stage, *cause;
	} known[] = {
		{"U1", "nobody answered the probe"},
		{"U1 U2", "the probe ended with the refusal"},
		{"U1 U2 U3", "the last answer to the probe never came"},
		{"U1 U2 U3 U4", "the whole probe was there"},
		{"no payload", "the connection carried nothing"},
		{"unnamed", "none of its messages is in the paper"},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (!strcmp(known[i].stage, stage))
			return known[i].cause;
	return *stage ? "no rule is met by such messages" : "what it sent is not known";
}

bool miss_is_of(const struct tsv *t, size_t i, const struct score_row *r)
{
	return !strcmp(tsv_cell(t, i, tsv_column(t, "signature")), r->signature) &&
	       !strcmp(tsv_cell(t, i, tsv_column(t, "revision")), r->revision) &&
	       !strcmp(tsv_cell(t, i, tsv_column(t, "traffic_version")), r->traffic_version) &&
	       !strcmp(tsv_cell(t, i, tsv_column(t, "source")), source_text(r->source));
}

bool names_line(const char *condition)
{
	return strstr(condition, ", line ") != NULL;
}
