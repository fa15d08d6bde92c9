// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_grid.c - the report's matrix of the caller's and the callee's settings
 *
 * Cells and their settings come from the claims (every scored cell has at least one), logins and
 * calls from outcomes.tsv. How many Skype clients of a cell each signature found is given in words,
 * not only by colour.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "results/report/html.h"
#include "results/report/report_grid.h"

#define CELLS_MAX    4096
#define SETTINGS_MAX 64
#define MARKS_MAX    3 /* signatures named one by one in a square */

struct grid_cell {
	const char *name;
	char caller[64], callee[64];
};

struct matrix {
	FILE *f;
	const char *dir, *vantage;
	const struct score_table *t;
	const struct tsv *outcomes;
	struct grid_cell *cells;
	size_t n;
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

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct grid_cell *)a)->name, ((const struct grid_cell *)b)->name);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect(struct matrix *g)
{
	g->cells = xcalloc(CELLS_MAX, sizeof(*g->cells));
	for (size_t i = 0; i < g->t->claims_n; i++) {
		const struct score_claim *c = &g->t->claims[i];
		const struct score_row *r = &g->t->rows[c->row];
		struct grid_cell *cell = &g->cells[g->n];
		size_t k;

		if (strcmp(r->vantage, g->vantage) != 0)
			continue;
		for (k = g->n; k > 0 && strcmp(g->cells[k - 1].name, c->cell) != 0; k--)
			;
		if (k || g->n == CELLS_MAX)
			continue;
		cell->name = c->cell;
		setting(cell->caller, r->caller_firewall, r->caller_nat);
		setting(cell->callee, r->callee_firewall, r->callee_nat);
		note(g->callers, &g->n_callers, cell->caller);
		note(g->callees, &g->n_callees, cell->callee);
		g->n++;
	}
	qsort(g->cells, g->n, sizeof(*g->cells), by_name);
	qsort(g->callers, g->n_callers, sizeof(char *), by_text);
	qsort(g->callees, g->n_callees, sizeof(char *), by_text);
}

/* ---- one cell ---- */

static void put_ways(const struct matrix *g, const char *cell)
{
	const struct tsv *o = g->outcomes;

	for (size_t r = 0; o && r < o->rows; r++) {
		const char *path = tsv_cell(o, r, tsv_column(o, "path"));
		const char *port = tsv_cell(o, r, tsv_column(o, "tcp_port"));

		if (strcmp(tsv_cell(o, r, tsv_column(o, "cell")), cell) != 0)
			continue;
		html_printf(g->f, "<br>%s %s: %s", tsv_cell(o, r, tsv_column(o, "client")),
			    tsv_cell(o, r, tsv_column(o, "kind")),
			    tsv_cell(o, r, tsv_column(o, "result")));
		if (strcmp(path, "-") != 0 && *path)
			html_printf(g->f, " <span class=\"dim\">%s</span>", path);
		if (strcmp(port, "-") != 0 && *port)
			html_printf(g->f, " <span class=\"dim\">port %s</span>", port);
	}
}

struct cell_mark {
	const char *signature;
	unsigned found, all, wrong;
};

static size_t marks_of(const struct matrix *g, const char *cell, struct cell_mark *m, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < g->t->claims_n; i++) {
		const struct score_claim *c = &g->t->claims[i];
		const struct score_row *r = &g->t->rows[c->row];
		size_t k;

		if (r->unit != UNIT_CLIENT || strcmp(r->vantage, g->vantage) != 0 ||
		    strcmp(c->cell, cell) != 0)
			continue;
		for (k = 0; k < n && strcmp(m[k].signature, r->signature) != 0; k++)
			;
		if (k == max)
			continue;
		if (k == n)
			m[n++] = (struct cell_mark){.signature = r->signature};
		m[k].all += c->result == CLAIM_TP || c->result == CLAIM_FN;
		m[k].found += c->result == CLAIM_TP;
		m[k].wrong += c->result == CLAIM_FP;
	}
	return n;
}

static bool all_right(const struct cell_mark *m)
{
	return m->found == m->all && !m->wrong;
}

static void put_verdicts(const struct matrix *g, const char *cell)
{
	struct cell_mark m[64];
	size_t n = marks_of(g, cell, m, ARRAY_LEN(m)), whole = 0;

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

static void put_links(const struct matrix *g, const char *cell)
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
		fputs(i ? ", " : "<br>", g->f);
		html_printf(g->f, "<a href=\"cells/%s/%s\">%s</a>", cell, names[i], names[i]);
		free(names[i]);
	}
	free(path);
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
	const struct tsv *o = g->outcomes;
	struct cell_mark m[64];
	size_t n = marks_of(g, c->name, m, ARRAY_LEN(m)), whole = 0;
	char name[192];

	short_name(c, name);
	html_printf(g->f, "<summary><strong>%s</strong>", name);
	for (size_t r = 0; o && r < o->rows; r++) {
		const char *port = tsv_cell(o, r, tsv_column(o, "tcp_port"));

		if (strcmp(tsv_cell(o, r, tsv_column(o, "cell")), c->name) != 0)
			continue;
		html_printf(g->f, " %s", tsv_cell(o, r, tsv_column(o, "result")));
		if (strcmp(port, "-") != 0 && *port)
			html_printf(g->f, " by %s", atoi(port) > 1023 ? "the node's port" : port);
		break;
	}
	for (size_t i = 0; i < n; i++)
		whole += all_right(&m[i]);
	if (n)
		html_printf(g->f,
			    whole == n ? ", <span class=\"good\">%zu of %zu right</span>"
				       : ", <span class=\"bad\">%zu of %zu right</span>",
			    whole, n);
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
		put_ways(g, c->name);
		put_verdicts(g, c->name);
		put_links(g, c->name);
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
	for (size_t i = 0; i < g.n_callers; i++)
		free(g.callers[i]);
	for (size_t i = 0; i < g.n_callees; i++)
		free(g.callees[i]);
	free(g.cells);
}
