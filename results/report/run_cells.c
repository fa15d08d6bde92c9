// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run_cells.c - the cells of a run, as its report shows them
 *
 * Cells and their settings come from the claims (every scored cell has at least one). The repetitions
 * of a cell are one entry, and what a signature was right about is counted over all of them, at one
 * vantage. Cells stand in the paper's order: by the caller's firewall and NAT, then the callee's, then by
 * what they have beside.
 *
 * Limits: CELLS_MAX cells; a run with more shows the first of them.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/err.h"
#include "results/report/run_cells.h"
#include "results/report/setting_order.h"
#include "results/score/axes.h"
#include "results/score/subject.h"

#define CELLS_MAX 4096

/* A trial by its name, and the cell that it belongs to. */
struct trial {
	const char *name;
	size_t cell;
	UT_hash_handle hh;
};

/* A cell by its name. */
struct named_cell {
	const char *name;
	size_t cell;
	UT_hash_handle hh;
};

struct collecting {
	const struct score_table *t;
	struct run_cells *out;
	struct trial *trials;
	struct named_cell *names;
};

/* The length of a cell's name without its repetition. */
static size_t base_len(const char *name)
{
	const char *at = strrchr(name, '@');

	return at ? (size_t)(at - name) : strlen(name);
}

bool run_cell_has(const struct run_cell *c, const char *trial)
{
	size_t len = base_len(trial);

	return strlen(c->name) == len && !memcmp(c->name, trial, len);
}

static char *setting(const char *firewall, const char *nat)
{
	return !strcmp(firewall, "-") && !strcmp(nat, "-") ? xstrdup("-")
							   : xasprintf("%s / %s", firewall, nat);
}

/* The entry of a claim's cell, made when it is not there; NULL when there are too many. */
static struct named_cell *cell_of(struct collecting *g, const struct score_claim *c)
{
	const struct score_row *r = &g->t->rows[c->row];
	size_t len = base_len(c->cell);
	struct named_cell *at;
	struct run_cell *cell;

	HASH_FIND(hh, g->names, c->cell, len, at);
	if (at || g->out->n == CELLS_MAX)
		return at;
	at = xcalloc(1, sizeof(*at));
	at->cell = g->out->n++;
	cell = &g->out->cells[at->cell];
	cell->name = xasprintf("%.*s", (int)len, c->cell);
	cell->row = r;
	cell->caller = setting(r->caller_firewall, r->caller_nat);
	cell->callee = setting(r->callee_firewall, r->callee_nat);
	at->name = cell->name;
	HASH_ADD_KEYPTR(hh, g->names, at->name, len, at);
	return at;
}

static struct trial *trial_of(struct collecting *g, const struct score_claim *c)
{
	struct trial *t;
	struct named_cell *at;
	struct run_cell *cell;

	HASH_FIND_STR(g->trials, c->cell, t);
	if (t || !(at = cell_of(g, c)))
		return t;
	t = xcalloc(1, sizeof(*t));
	t->name = c->cell;
	t->cell = at->cell;
	HASH_ADD_KEYPTR(hh, g->trials, t->name, strlen(t->name), t);
	cell = &g->out->cells[t->cell];
	cell->trials = xrealloc(cell->trials, (cell->trials_n + 1) * sizeof(*cell->trials));
	cell->trials[cell->trials_n++] = c->cell;
	return t;
}

static struct cell_mark *mark_of(struct run_cell *cell, const struct score_row *r)
{
	for (size_t k = 0; k < cell->marks_n; k++)
		if (score_row_same_signature(cell->marks[k].of, r))
			return &cell->marks[k];
	cell->marks = xrealloc(cell->marks, (cell->marks_n + 1) * sizeof(*cell->marks));
	cell->marks[cell->marks_n] = (struct cell_mark){.of = r};
	return &cell->marks[cell->marks_n++];
}

static void count(struct cell_counts *n, enum claim_result result)
{
	n->all += result == CLAIM_TP || result == CLAIM_FN;
	n->found += result == CLAIM_TP;
	n->wrong += result == CLAIM_FP;
}

/* Whether a LAN's vantage sees the host @subject ("callee-h1") only by what it sends to this site. */
static bool is_elsewhere(const char *vantage, const char *subject)
{
	const char *host = strstr(subject, "-h");

	return !strcmp(vantage + strcspn(vantage, "."), ".lan") && host && host[2] >= '0' &&
	       host[2] <= '9' && !subject_is_at(subject, vantage);
}

static void add(struct collecting *g, const struct score_claim *c)
{
	const struct score_row *r = &g->t->rows[c->row];
	struct trial *t = trial_of(g, c);
	struct cell_mark *m;

	if (!t)
		return;
	m = mark_of(&g->out->cells[t->cell], r);
	if (r->unit == UNIT_CLIENT)
		count(is_elsewhere(r->vantage, c->subject) ? &m->elsewhere : &m->client, c->result);
	else if (r->unit == UNIT_FLOW)
		count(&m->flow, c->result);
}

static int by_trial(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_setting(const void *a, const void *b)
{
	const struct run_cell *x = a, *y = b;
	const struct score_row *p = x->row, *q = y->row;
	int d = site_order(p->caller_firewall, p->caller_nat, q->caller_firewall, q->caller_nat);

	if (!d)
		d = site_order(p->callee_firewall, p->callee_nat, q->callee_firewall,
			       q->callee_nat);
	if (!d)
		d = strcmp(x->extra, y->extra);
	return d ? d : strcmp(x->name, y->name);
}

/* Whether every cell has this value of the axis. */
static bool common(const struct run_cells *c, const char *name, const char *value, size_t len)
{
	for (size_t i = 0; i < c->n; i++) {
		size_t n = 0;
		const char *other = axes_value(c->cells[i].row->axes, name, &n);

		if (!other || n != len || memcmp(other, value, len) != 0)
			return false;
	}
	return true;
}

/* Names in each cell the axes that tell it from others. */
static void name_extras(const struct score_table *t, struct run_cells *c)
{
	size_t n;
	char **names = axes_names(t, &n);

	for (size_t i = 0; i < c->n; i++) {
		struct run_cell *cell = &c->cells[i];
		char *extra = xstrdup("");

		for (size_t k = 0; k < n; k++) {
			size_t len = 0;
			const char *v = axes_value(cell->row->axes, names[k], &len);

			char *longer;

			if (!v || common(c, names[k], v, len) ||
			    (!strcmp(names[k], "internet_firewall") && len == 4 &&
			     !memcmp(v, "open", 4)))
				continue;
			longer = xasprintf("%s%s%s %.*s", extra, *extra ? ", " : "", names[k],
					   (int)len, v);
			free(extra);
			extra = longer;
		}
		for (char *p = extra; (p = strchr(p, '_'));)
			*p = ' ';
		cell->extra = extra;
	}
	axes_names_free(names, n);
}

/* Gives each cell the claims about the flows of its first trial. */
static void share_claims(struct collecting *g)
{
	for (size_t i = 0; i < g->t->claims_n; i++) {
		const struct score_claim *c = &g->t->claims[i];
		struct run_cell *cell;
		struct trial *t;

		if (g->t->rows[c->row].unit != UNIT_FLOW)
			continue;
		HASH_FIND_STR(g->trials, c->cell, t);
		cell = t ? &g->out->cells[t->cell] : NULL;
		if (!cell || strcmp(cell->trials[0], c->cell) != 0)
			continue;
		if (!(cell->flow_claims_n & (cell->flow_claims_n - 1)))
			cell->flow_claims =
				xrealloc(cell->flow_claims,
					 (cell->flow_claims_n ? 2 * cell->flow_claims_n : 1) *
						 sizeof(*cell->flow_claims));
		cell->flow_claims[cell->flow_claims_n++] = c;
	}
}

struct run_cells run_cells_of(const struct score_table *t, const char *vantage)
{
	struct run_cells out = {.cells = xcalloc(CELLS_MAX, sizeof(*out.cells))};
	struct collecting g = {.t = t, .out = &out};
	struct trial *trial, *next;
	struct named_cell *named, *after;

	for (size_t i = 0; i < t->claims_n; i++)
		if (!strcmp(t->rows[t->claims[i].row].vantage, vantage))
			add(&g, &t->claims[i]);
	for (size_t i = 0; i < out.n; i++)
		qsort(out.cells[i].trials, out.cells[i].trials_n, sizeof(char *), by_trial);
	share_claims(&g);
	HASH_ITER (hh, g.trials, trial, next) {
		HASH_DEL(g.trials, trial);
		free(trial);
	}
	HASH_ITER (hh, g.names, named, after) {
		HASH_DEL(g.names, named);
		free(named);
	}
	name_extras(t, &out);
	qsort(out.cells, out.n, sizeof(*out.cells), by_setting);
	return out;
}

void run_cells_clear(struct run_cells *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->cells[i].name);
		free(c->cells[i].caller);
		free(c->cells[i].callee);
		free(c->cells[i].extra);
		free(c->cells[i].marks);
		free(c->cells[i].trials);
		free(c->cells[i].flow_claims);
	}
	free(c->cells);
	*c = (struct run_cells){0};
}
