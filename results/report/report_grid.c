// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_grid.c - the report's matrix of the caller's and the callee's settings
 *
 * Cells and their settings come from the claims (every scored cell has at least one), logins and
 * calls from outcomes.tsv. How many Skype clients of a cell each signature found is given in words,
 * not only by colour. The repetitions of a cell stand in one entry, counts added; what their users
 * met is told once with the number of repetitions that met it.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/path.h"
#include "results/report/html.h"
#include "results/report/report_grid.h"

#define CELLS_MAX    4096
#define SETTINGS_MAX 64
#define MARKS_MAX    3 /* signatures named one by one in a square */
#define MARKS_KEPT   64

struct cell_mark {
	const char *signature;
	unsigned found, all, wrong;
};

struct grid_cell {
	char *name; /* (owned) without "@K" */
	char caller[64], callee[64];
	struct cell_mark marks[MARKS_KEPT];
	size_t marks_n;
	const char **trials; /* (owned array) names, with "@K" */
	size_t trials_n;
};

/* A trial by its name, and the entry of cells that it belongs to. */
struct grid_trial {
	const char *name;
	size_t cell;
	UT_hash_handle hh;
};

struct matrix {
	FILE *f;
	const char *dir, *vantage;
	const struct score_table *t;
	const struct tsv *outcomes;
	struct grid_cell *cells;
	size_t n;
	struct grid_trial *trials;			     /* by name */
	char *callers[SETTINGS_MAX], *callees[SETTINGS_MAX]; /* (owned) */
	size_t n_callers, n_callees;
};

static void setting(char out[64], const char *firewall, const char *nat)
{
	if (!strcmp(firewall, "-") && !strcmp(nat, "-"))
		snprintf(out, 64, "-");
	else
		snprintf(out, 64, "%.30s / %.30s", firewall, nat);
}

static void note(char **list, size_t *n, const char *text)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(list[i], text))
			return;
	if (*n < SETTINGS_MAX)
		list[(*n)++] = xstrdup(text);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t base_len(const char *name)
{
	const char *at = strrchr(name, '@');

	return at ? (size_t)(at - name) : strlen(name);
}

/* The entry of a trial's cell, made when it is not there; -1 when there are too many. */
static long cell_of(struct matrix *g, const struct score_claim *c)
{
	const struct score_row *r = &g->t->rows[c->row];
	size_t len = base_len(c->cell);
	struct grid_cell *cell;

	for (size_t k = g->n; k-- > 0;)
		if (strlen(g->cells[k].name) == len && !memcmp(g->cells[k].name, c->cell, len))
			return (long)k;
	if (g->n == CELLS_MAX)
		return -1;
	cell = &g->cells[g->n];
	cell->name = xasprintf("%.*s", (int)len, c->cell);
	setting(cell->caller, r->caller_firewall, r->caller_nat);
	setting(cell->callee, r->callee_firewall, r->callee_nat);
	note(g->callers, &g->n_callers, cell->caller);
	note(g->callees, &g->n_callees, cell->callee);
	return (long)g->n++;
}

static struct grid_trial *trial_of(struct matrix *g, const struct score_claim *c)
{
	struct grid_trial *t;
	struct grid_cell *cell;
	long at;

	HASH_FIND_STR(g->trials, c->cell, t);
	if (t || (at = cell_of(g, c)) < 0)
		return t;
	t = xcalloc(1, sizeof(*t));
	t->name = c->cell;
	t->cell = (size_t)at;
	HASH_ADD_KEYPTR(hh, g->trials, t->name, strlen(t->name), t);
	cell = &g->cells[at];
	cell->trials = xrealloc(cell->trials, (cell->trials_n + 1) * sizeof(*cell->trials));
	cell->trials[cell->trials_n++] = c->cell;
	return t;
}

/* Adds a claim about a client to what its signature was right about. */
static void mark(struct grid_cell *cell, const char *signature, enum claim_result result)
{
	struct cell_mark *m = cell->marks;
	size_t k = 0;

	while (k < cell->marks_n && strcmp(m[k].signature, signature) != 0)
		k++;
	if (k == MARKS_KEPT)
		return;
	if (k == cell->marks_n)
		m[cell->marks_n++] = (struct cell_mark){.signature = signature};
	m[k].all += result == CLAIM_TP || result == CLAIM_FN;
	m[k].found += result == CLAIM_TP;
	m[k].wrong += result == CLAIM_FP;
}

static int by_trial(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect(struct matrix *g)
{
	g->cells = xcalloc(CELLS_MAX, sizeof(*g->cells));
	for (size_t i = 0; i < g->t->claims_n; i++) {
		const struct score_claim *c = &g->t->claims[i];
		const struct score_row *r = &g->t->rows[c->row];
		struct grid_trial *t;

		if (strcmp(r->vantage, g->vantage) != 0)
			continue;
		t = trial_of(g, c);
		if (t && r->unit == UNIT_CLIENT)
			mark(&g->cells[t->cell], r->signature, c->result);
	}
	for (size_t i = 0; i < g->n; i++)
		qsort(g->cells[i].trials, g->cells[i].trials_n, sizeof(char *), by_trial);
	qsort(g->callers, g->n_callers, sizeof(char *), by_text);
	qsort(g->callees, g->n_callees, sizeof(char *), by_text);
}

static void drop(struct matrix *g)
{
	struct grid_trial *t, *next;

	HASH_ITER (hh, g->trials, t, next) {
		HASH_DEL(g->trials, t);
		free(t);
	}
	for (size_t i = 0; i < g->n; i++) {
		free(g->cells[i].name);
		free(g->cells[i].trials);
	}
	for (size_t i = 0; i < g->n_callers; i++)
		free(g->callers[i]);
	for (size_t i = 0; i < g->n_callees; i++)
		free(g->callees[i]);
	free(g->cells);
}

/* ---- one cell ---- */

/* What became of one user's login or call. */
struct way {
	const char *client, *kind, *attempt, *result, *path, *port;
	size_t n; /* trials in which it was so */
};

static bool same_way(const struct way *a, const struct way *b)
{
	return !strcmp(a->client, b->client) && !strcmp(a->kind, b->kind) &&
	       !strcmp(a->attempt, b->attempt) && !strcmp(a->result, b->result) &&
	       !strcmp(a->path, b->path) &&
	       (!strcmp(a->port, b->port) || (atoi(a->port) > 1023 && atoi(b->port) > 1023));
}

static bool of_cell(const struct matrix *g, size_t row, const struct grid_cell *c)
{
	const char *name = tsv_cell(g->outcomes, row, tsv_column(g->outcomes, "cell"));
	size_t len = base_len(name);

	return strlen(c->name) == len && !memcmp(name, c->name, len);
}

/* The different ways of a cell's users, in order of their first appearance; at most @max. */
static size_t ways_of(const struct matrix *g, const struct grid_cell *c, struct way *ways,
		      size_t max)
{
	const struct tsv *o = g->outcomes;
	size_t n = 0;

	for (size_t r = 0; o && r < o->rows; r++) {
		struct way w = {tsv_cell(o, r, tsv_column(o, "client")),
				tsv_cell(o, r, tsv_column(o, "kind")),
				tsv_cell(o, r, tsv_column(o, "attempt")),
				tsv_cell(o, r, tsv_column(o, "result")),
				tsv_cell(o, r, tsv_column(o, "path")),
				tsv_cell(o, r, tsv_column(o, "tcp_port")),
				1};
		size_t k = 0;

		if (!of_cell(g, r, c))
			continue;
		while (k < n && !same_way(&ways[k], &w))
			k++;
		if (k < n)
			ways[k].n++;
		else if (n < max)
			ways[n++] = w;
	}
	return n;
}

static void put_ways(const struct matrix *g, const struct grid_cell *c)
{
	struct way ways[64];
	size_t n = ways_of(g, c, ways, ARRAY_LEN(ways));

	for (size_t i = 0; i < n; i++) {
		const struct way *w = &ways[i];

		html_printf(g->f, "<br>%s %s: %s", w->client, w->kind, w->result);
		if (c->trials_n > 1)
			html_printf(g->f, ", %zu of %zu times", w->n, c->trials_n);
		if (strcmp(w->path, "-") != 0 && *w->path)
			html_printf(g->f, " <span class=\"dim\">%s</span>", w->path);
		if (strcmp(w->port, "-") != 0 && *w->port)
			html_printf(g->f, " <span class=\"dim\">port %s</span>", w->port);
	}
}

static bool all_right(const struct cell_mark *m)
{
	return m->found == m->all && !m->wrong;
}

static void put_verdicts(const struct matrix *g, const struct grid_cell *c)
{
	const struct cell_mark *m = c->marks;
	size_t n = c->marks_n, whole = 0;

	for (size_t i = 0; i < n; i++) {
		bool good = all_right(&m[i]);

		whole += good;
		if (n > MARKS_MAX)
			continue;
		html_printf(g->f,
			    good ? "<br><span class=\"good\">%s: found %u of %u</span>"
				 : "<br><span class=\"bad\">%s: found %u of %u</span>",
			    m[i].signature, m[i].found, m[i].all);
		if (m[i].wrong)
			html_printf(g->f, " <span class=\"bad\">(%u false)</span>", m[i].wrong);
	}
	if (n > MARKS_MAX)
		html_printf(g->f, "<br>all clients found by %zu of %zu signatures", whole, n);
}

static void put_links(const struct matrix *g, const char *cell, const char *sep)
{
	char *path = path_inf(g->dir, "cells/%s", cell);
	DIR *d = opendir(path);
	struct dirent *de;
	char *names[64] = {NULL};
	size_t n = 0;

	while (d && (de = readdir(d)) && n < ARRAY_LEN(names)) {
		size_t len = strlen(de->d_name);

		if ((len > 5 && !strcmp(de->d_name + len - 5, ".pcap")) ||
		    !strcmp(de->d_name, "eve.json") || !strcmp(de->d_name, "rules.txt"))
			names[n++] = xstrdup(de->d_name);
	}
	if (d)
		closedir(d);
	qsort(names, n, sizeof(char *), by_text);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ", " : sep, g->f);
		html_printf(g->f, "<a href=\"cells/%s/%s\">%s</a>", cell, names[i], names[i]);
		free(names[i]);
	}
	free(path);
}

/* The files of every trial, each behind its number when there are several. */
static void put_trials(const struct matrix *g, const struct grid_cell *c)
{
	for (size_t i = 0; i < c->trials_n; i++) {
		const char *at = strrchr(c->trials[i], '@');

		if (c->trials_n > 1 || at)
			html_printf(g->f, "<br>%s:", at ? at : c->trials[i]);
		put_links(g, c->trials[i], c->trials_n > 1 || at ? " " : "<br>");
	}
}

/* Removes @part from @setting ("firewall / nat"), once. False when it is not a part of it. */
static bool take_part(char *setting, const char *part)
{
	size_t n = strlen(part);

	for (char *at = setting; (at = strstr(at, part)); at += n)
		if ((at == setting || at[-1] == ' ') && (!at[n] || at[n] == ' ')) {
			memset(at, '\t', n);
			return true;
		}
	return false;
}

/* The parts of a cell's name that its square does not show: "1.4", "manual". */
static void short_name(const struct grid_cell *c, char out[192])
{
	char name[192], caller[128], callee[128], *save = NULL;
	size_t at = 0;

	snprintf(name, sizeof(name), "%s", c->name);
	snprintf(caller, sizeof(caller), "%s", c->caller);
	snprintf(callee, sizeof(callee), "%s", c->callee);
	out[0] = '\0';
	for (char *p = strtok_r(name, "_", &save); p; p = strtok_r(NULL, "_", &save))
		if (!take_part(caller, p) && !take_part(callee, p) && at < 190)
			at += (size_t)snprintf(out + at, 192 - at, "%s%s", at ? " " : "", p);
	if (!at)
		snprintf(out, 192, "cell");
}

/* The line that is always visible: the cell, its first user's login, how many signatures were
 * right. */
static void put_summary(const struct matrix *g, const struct grid_cell *c)
{
	struct way first;
	size_t whole = 0;
	char name[192];

	short_name(c, name);
	html_printf(g->f, "<summary><strong>%s</strong>", name);
	if (ways_of(g, c, &first, 1)) {
		html_printf(g->f, " %s", first.result);
		if (strcmp(first.port, "-") != 0 && *first.port)
			html_printf(g->f, " by %s",
				    atoi(first.port) > 1023 ? "the node's port" : first.port);
		if (first.n < c->trials_n)
			html_printf(g->f, " (%zu of %zu times)", first.n, c->trials_n);
	}
	for (size_t i = 0; i < c->marks_n; i++)
		whole += all_right(&c->marks[i]);
	if (c->marks_n)
		html_printf(g->f,
			    whole == c->marks_n ? ", <span class=\"good\">%zu of %zu right</span>"
						: ", <span class=\"bad\">%zu of %zu right</span>",
			    whole, c->marks_n);
	fputs("</summary>", g->f);
}

static void put_square(const struct matrix *g, const char *caller, const char *callee)
{
	bool any = false;

	fputs("<td>", g->f);
	for (size_t i = 0; i < g->n; i++) {
		const struct grid_cell *c = &g->cells[i];

		if (strcmp(c->caller, caller) != 0 || strcmp(c->callee, callee) != 0)
			continue;
		fputs("<details>", g->f);
		put_summary(g, c);
		html_printf(g->f, "<span class=\"dim\">%s</span>", c->name);
		if (c->trials_n > 1)
			html_printf(g->f, " <span class=\"dim\">%zu times</span>", c->trials_n);
		put_ways(g, c);
		put_verdicts(g, c);
		put_trials(g, c);
		fputs("</details>", g->f);
		any = true;
	}
	fputs(any ? "</td>" : "-</td>", g->f);
}

void report_grid(FILE *f, const char *run_dir, const struct score_table *t,
		 const struct tsv *outcomes, const char *vantage)
{
	struct matrix g = {
		.f = f, .dir = run_dir, .t = t, .outcomes = outcomes, .vantage = vantage};

	collect(&g);
	if (g.n) {
		html_printf(
			f,
			"<h2 id=\"matrix\">Matrix</h2>\n<div class=\"box\" tabindex=\"0\" "
			"role=\"region\" aria-label=\"Matrix of settings\"><table class=\"grid\">"
			"<caption>Caller's firewall and NAT down, callee's across. How many "
			"signatures were right about the clients, seen at %s; open a cell for its "
			"logins, verdicts and captures.</caption><thead><tr><th "
			"scope=\"col\">caller</th>",
			vantage);
		for (size_t k = 0; k < g.n_callees; k++)
			html_printf(f, "<th scope=\"col\">%s</th>",
				    strcmp(g.callees[k], "-") ? g.callees[k] : "no callee");
		fputs("</tr></thead><tbody>\n", f);
		for (size_t i = 0; i < g.n_callers; i++) {
			html_printf(f, "<tr><th scope=\"row\">%s</th>", g.callers[i]);
			for (size_t k = 0; k < g.n_callees; k++)
				put_square(&g, g.callers[i], g.callees[k]);
			fputs("</tr>\n", f);
		}
		fputs("</tbody></table></div>\n", f);
	}
	drop(&g);
}
