// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_misses.c - misses.tsv of a run: missed flows by the condition that failed first
 *
 * The flows are those that the run's claims say were missed, in the captures that reach.tsv is read from
 * (run_reach.c): the same pass tells how far each rule came on each flow. A group is of one signature on one
 * version, flows of one kind that the same condition of the same rule failed on; its first flow is the example.
 *
 * Limits: the sample of reach.tsv. Where the truth has one row for several flows of a tuple, the first counts.
 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/outfile.h"
#include "detector/detector.h"
#include "detector/engine/reach_stop.h"
#include "results/score/subject.h"
#include "run/run_misses.h"

/* A claim that a flow was missed: "cell\tsubject\tsignature\trevision". */
struct missed {
	char *key; /* (owned) */
	const struct score_claim *claim;
	UT_hash_handle hh;
};

struct group {
	char *key; /* (owned) */
	const struct score_claim *example;
	struct reach_stop stop;
	size_t flows, cells;
	const char *last; /* cell that was counted */
	UT_hash_handle hh;
};

struct run_misses {
	const struct signature_set *set;
	const struct score_table *t;
	const char *vantage, *cell;
	struct missed *missed;
	struct group *groups;
};

static char *key_of(const char *cell, const char *subject, const char *signature,
		    const char *revision)
{
	return xasprintf("%s\t%s\t%s\t%s", cell, subject, signature, revision);
}

struct run_misses *run_misses_new(const struct signature_set *set, const struct score_table *t,
				  const char *vantage)
{
	struct run_misses *m = xcalloc(1, sizeof(*m));

	*m = (struct run_misses){.set = set, .t = t, .vantage = vantage, .cell = ""};
	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];
		const struct score_row *r = &t->rows[c->row];
		struct missed *one, *old;

		if (c->result != CLAIM_FN || r->unit != UNIT_FLOW ||
		    strcmp(r->vantage, vantage) != 0 || strcmp(r->detector, OWN_DETECTOR) != 0)
			continue;
		one = xcalloc(1, sizeof(*one));
		one->key = key_of(c->cell, c->subject, r->signature, r->revision);
		one->claim = c;
		HASH_FIND_STR(m->missed, one->key, old);
		if (old) {
			free(one->key);
			free(one);
		} else {
			HASH_ADD_KEYPTR(hh, m->missed, one->key, strlen(one->key), one);
		}
	}
	return m;
}

void run_misses_free(struct run_misses *m)
{
	struct missed *one, *next;
	struct group *g, *after;

	HASH_ITER (hh, m->missed, one, next) {
		HASH_DEL(m->missed, one);
		free(one->key);
		free(one);
	}
	HASH_ITER (hh, m->groups, g, after) {
		HASH_DEL(m->groups, g);
		free(g->key);
		free(g);
	}
	free(m);
}

void run_misses_cell(struct run_misses *m, const char *cell)
{
	m->cell = cell;
}

static void count(struct run_misses *m, const struct score_claim *c, const struct reach_stop *stop)
{
	const struct score_row *r = &m->t->rows[c->row];
	char *key = xasprintf("%d\t%s\t%s\t%s\t%s\t%s\t%s", (int)r->source, r->traffic_version,
			      r->signature, r->revision, c->reason, stop->rule, stop->why);
	struct group *g;

	HASH_FIND_STR(m->groups, key, g);
	if (!g) {
		g = xcalloc(1, sizeof(*g));
		*g = (struct group){.key = xstrdup(key), .example = c, .stop = *stop};
		HASH_ADD_KEYPTR(hh, m->groups, g->key, strlen(g->key), g);
	}
	g->flows++;
	g->cells += g->last != m->cell;
	g->last = m->cell;
	free(key);
}

void run_misses_note(void *arg, const struct label *row, const struct reach_note *notes)
{
	struct run_misses *m = arg;
	char subject[SUBJECT_LEN];

	subject_of_flow(&row->tuple, subject);
	for (size_t s = 0; s < signatures_count(m->set); s++) {
		const struct signature_info *info = signatures_info(m->set, s);
		char *revision = xasprintf("%u", info->revision);
		char *key = key_of(m->cell, subject, info->name, revision);
		struct reach_stop stop;
		struct missed *one;

		HASH_FIND_STR(m->missed, key, one);
		if (one) {
			reach_stop(m->set, s, row->tuple.proto, notes, &stop);
			count(m, one->claim, &stop);
		}
		free(key);
		free(revision);
	}
}

static int by_number(const void *p, const void *q)
{
	const struct group *a = *(const struct group *const *)p,
			   *b = *(const struct group *const *)q;

	return a->flows != b->flows ? (a->flows < b->flows) - (a->flows > b->flows)
				    : strcmp(a->key, b->key);
}

int run_misses_write(const struct run_misses *m, const char *path, struct err *e)
{
	size_t n = HASH_COUNT(m->groups), k = 0;
	const struct group **groups = xcalloc(n + 1, sizeof(*groups));
	struct outfile o;

	if (outfile_open(&o, path, e) < 0) {
		free(groups);
		return -1;
	}
	for (const struct group *g = m->groups; g; g = g->hh.next)
		groups[k++] = g;
	qsort(groups, n, sizeof(*groups), by_number);
	fputs("source\ttraffic_"
	      "version\tvantage\tsignature\trevision\treason\trule\tline\tcondition\t"
	      "flows\tcaptures\tcell\tsubject\n",
	      o.f);
	for (k = 0; k < n; k++) {
		const struct group *g = groups[k];
		const struct score_row *r = &m->t->rows[g->example->row];

		fprintf(o.f, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%u\t%s\t%zu\t%zu\t%s\t%s\n",
			source_text(r->source), r->traffic_version, m->vantage, r->signature,
			r->revision, g->example->reason, *g->stop.rule ? g->stop.rule : "-",
			g->stop.line, g->stop.why, g->flows, g->cells, g->example->cell,
			g->example->subject);
	}
	free(groups);
	return outfile_commit(&o, e);
}
