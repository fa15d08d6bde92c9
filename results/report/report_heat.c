// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_heat.c - the report's matrix: small multiples of one heat map
 *
 * A map is of one signature and one version of the traffic. Its rows and columns are the settings of caller
 * and callee that both sites may have, in the paper's order; every other setting (another firewall, a firewall
 * on the internet, a further axis) is a square of the strip below. Without a callee the columns are the values of
 * the further axes. What has no row or column among the first SIDE_MAX is in the strip, too. A square holds two readings, of which
 * the page shows one: the share of flows that are named, and of clients that are found. Shades are five steps
 * of one hue, so greyscale and the colour-blind keep them apart, and the numbers say the same.
 *
 * A square is a button: it names its cells to the page's script (data-cell), which loads what is known of
 * them from files beside the page.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "results/report/html.h"
#include "results/report/report_heat.h"
#include "results/report/setting_order.h"
#include "results/score/source.h"

#define SIDE_MAX 24 /* settings down or across */

struct side {
	const struct run_cell *at[SIDE_MAX]; /* one cell that has the setting */
	size_t n;
};

struct heat {
	FILE *f;
	const struct run_cells *c;
	struct side callers, callees;
};

static bool alone(const struct run_cell *c)
{
	return !strcmp(c->callee, "-");
}

/* What a cell's column is. */
static const char *column_of(const struct run_cell *c)
{
	return alone(c) ? c->extra : c->callee;
}

/* Whether a cell has a square of the grid: with a callee, both settings are the paper's, and there is nothing
 * beside. */
static bool in_grid(const struct run_cell *c)
{
	const struct score_row *r = c->row;

	return alone(c) || (!*c->extra && firewall_rank(r->caller_firewall) < FIREWALL_RANKS &&
			    firewall_rank(r->callee_firewall) < FIREWALL_RANKS);
}

static bool has_side(const struct side *s, const struct run_cell *c, bool caller)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(caller ? s->at[i]->caller : column_of(s->at[i]),
			    caller ? c->caller : column_of(c)))
			return true;
	return false;
}

static void note(struct side *s, const struct run_cell *c, bool caller)
{
	if (s->n < SIDE_MAX && !has_side(s, c, caller))
		s->at[s->n++] = c;
}

static int by_column(const void *a, const void *b)
{
	const struct run_cell *x = *(const struct run_cell *const *)a,
			      *y = *(const struct run_cell *const *)b;
	int d = site_order(x->row->callee_firewall, x->row->callee_nat, y->row->callee_firewall,
			   y->row->callee_nat);

	return d ? d : strcmp(x->extra, y->extra);
}

static const struct cell_mark *mark_in(const struct run_cell *c, const struct score_row *of)
{
	for (size_t i = 0; i < c->marks_n; i++)
		if (score_row_same_signature(c->marks[i].of, of) &&
		    score_row_same_traffic(c->row, of))
			return &c->marks[i];
	return NULL;
}

/* The rows and columns of the map of @of: those that its traffic has. */
static void find_sides(struct heat *h, const struct score_row *of)
{
	h->callers.n = h->callees.n = 0;
	for (size_t i = 0; i < h->c->n; i++) {
		if (!in_grid(&h->c->cells[i]) || !mark_in(&h->c->cells[i], of))
			continue;
		note(&h->callers, &h->c->cells[i], true);
		note(&h->callees, &h->c->cells[i], false);
	}
	qsort(h->callees.at, h->callees.n, sizeof(h->callees.at[0]), by_column);
}

static void add(struct cell_counts *to, const struct cell_counts *from)
{
	to->found += from->found;
	to->all += from->all;
	to->wrong += from->wrong;
}

/* Whether a square of the grid shows the cell; the strip has the others. */
static bool placed(const struct heat *h, const struct run_cell *c)
{
	return in_grid(c) && has_side(&h->callers, c, true) && has_side(&h->callees, c, false);
}

/* ---- a square ---- */

/* Which of five steps a share has; 9 = there was nothing to find. */
static unsigned shade(const struct cell_counts *n)
{
	return n->all ? (unsigned)(4.0 * n->found / n->all + 0.5) : 9;
}

static void put_reading(FILE *f, const char *which, const struct cell_counts *n)
{
	html_printf(f, "<span class=\"%s h%u\">", which, shade(n));
	if (n->all)
		html_printf(f, "%u%%\n%u/%u", (unsigned)(100.0 * n->found / n->all + 0.5), n->found,
			    n->all);
	else
		fputs("-\nnone", f);
	if (n->wrong)
		html_printf(f, "\n%u false", n->wrong);
	fputs("</span>", f);
}

static void put_button(const struct heat *h, const char *label, const size_t *cells, size_t n,
		       const struct cell_counts *flow, const struct cell_counts *client)
{
	fputs("<button type=\"button\" data-cell=\"", h->f);
	for (size_t i = 0; i < n; i++)
		html_printf(h->f, i ? " %zu" : "%zu", cells[i]);
	html_printf(h->f, "\" aria-label=\"%s: %u of %u flows named, %u of %u clients found", label,
		    flow->found, flow->all, client->found, client->all);
	if (flow->wrong)
		html_printf(h->f, ", %u false flows", flow->wrong);
	fputs("\">", h->f);
	put_reading(h->f, "f", flow);
	put_reading(h->f, "c", client);
	fputs("</button>", h->f);
}

static void put_square(const struct heat *h, const struct score_row *of, const char *caller,
		       const char *column)
{
	struct cell_counts flow = {0}, client = {0};
	size_t *cells = xmalloc(h->c->n * sizeof(*cells)), n = 0;
	char *label;

	for (size_t i = 0; i < h->c->n; i++) {
		const struct run_cell *c = &h->c->cells[i];
		const struct cell_mark *m;

		if (!in_grid(c) || strcmp(c->caller, caller) != 0 ||
		    strcmp(column_of(c), column) != 0 || !(m = mark_in(c, of)))
			continue;
		add(&flow, &m->flow);
		add(&client, &m->client);
		cells[n++] = i;
	}
	if (!n) {
		fputs("<td></td>", h->f);
		free(cells);
		return;
	}
	if (alone(&h->c->cells[cells[0]]))
		label = xasprintf("%s%s%s", caller, *column ? ", " : "", column);
	else
		label = xasprintf("caller %s, callee %s", caller, column);
	fputs("<td>", h->f);
	put_button(h, label, cells, n, &flow, &client);
	fputs("</td>", h->f);
	free(label);
	free(cells);
}

/* ---- a map ---- */

/* A firewall's name where there is little room; the whole name is the title. */
static const char *short_firewall(const char *name)
{
	static const char *const names[][2] = {{"inbound-restricted", "inbound"},
					       {"full-restricted", "full"}};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(names[i][0], name))
			return names[i][1];
	return name;
}

static void put_head(const struct heat *h)
{
	const struct side *s = &h->callees;

	if (s->n == 1 && !*column_of(s->at[0]))
		return;
	fputs("<thead><tr><td></td><td></td>", h->f);
	for (size_t i = 0; alone(s->at[0]) && i < s->n; i++)
		html_printf(h->f, "<th scope=\"col\">%s</th>",
			    *column_of(s->at[i]) ? column_of(s->at[i]) : "-");
	if (alone(s->at[0])) {
		fputs("</tr></thead>\n", h->f);
		return;
	}
	for (size_t i = 0, k; i < s->n; i = k) {
		const char *firewall = s->at[i]->row->callee_firewall;

		for (k = i; k < s->n && !strcmp(s->at[k]->row->callee_firewall, firewall);)
			k++;
		html_printf(h->f,
			    "<th scope=\"colgroup\" colspan=\"%zu\" title=\"callee's firewall "
			    "%s\">%s</th>",
			    k - i, firewall, short_firewall(firewall));
	}
	fputs("</tr><tr><td></td><td></td>", h->f);
	for (size_t i = 0; i < s->n; i++)
		html_printf(h->f, "<th scope=\"col\" title=\"callee's NAT\">%s</th>",
			    s->at[i]->row->callee_nat);
	fputs("</tr></thead>\n", h->f);
}

static void put_grid(const struct heat *h, const struct score_row *of)
{
	const struct side *s = &h->callers;

	fputs("<table class=\"heat\">", h->f);
	put_head(h);
	fputs("<tbody>\n", h->f);
	for (size_t i = 0; i < s->n; i++) {
		const struct score_row *r = s->at[i]->row;
		size_t k = i;

		fputs("<tr>", h->f);
		if (!i || strcmp(s->at[i - 1]->row->caller_firewall, r->caller_firewall) != 0) {
			while (k < s->n &&
			       !strcmp(s->at[k]->row->caller_firewall, r->caller_firewall))
				k++;
			html_printf(
				h->f,
				"<th scope=\"rowgroup\" rowspan=\"%zu\" title=\"caller's firewall "
				"%s\">%s</th>",
				k - i, r->caller_firewall, short_firewall(r->caller_firewall));
		}
		html_printf(h->f, "<th scope=\"row\" title=\"caller's NAT\">%s</th>",
			    r->caller_nat);
		for (size_t c = 0; c < h->callees.n; c++)
			put_square(h, of, s->at[i]->caller, column_of(h->callees.at[c]));
		fputs("</tr>\n", h->f);
	}
	fputs("</tbody></table>\n", h->f);
}

/* What tells a cell of the strip from others. (owned) */
static char *strip_name(const struct heat *h, const struct run_cell *c)
{
	bool caller = firewall_rank(c->row->caller_firewall) >= FIREWALL_RANKS || !h->callers.n ||
		      !*c->extra || in_grid(c);
	bool callee = strcmp(c->callee, "-") != 0 &&
		      firewall_rank(c->row->callee_firewall) >= FIREWALL_RANKS;

	return xasprintf("%s%s%s%s%s", c->extra, *c->extra && caller ? ", " : "",
			 !caller			? ""
			 : nat_rank(c->row->caller_nat) ? c->caller
							: c->row->caller_firewall,
			 callee ? ", callee " : "", callee ? c->callee : "");
}

static void put_strip(const struct heat *h, const struct score_row *of)
{
	bool begun = false;

	for (size_t i = 0; i < h->c->n; i++) {
		const struct run_cell *c = &h->c->cells[i];
		const struct cell_mark *m = placed(h, c) ? NULL : mark_in(c, of);
		char *name;

		if (!m)
			continue;
		if (!begun)
			fputs("<ul class=\"strip\">", h->f);
		begun = true;
		name = strip_name(h, c);
		fputs("<li>", h->f);
		put_button(h, name, &i, 1, &m->flow, &m->client);
		html_printf(h->f, "<span>%s</span></li>\n", name);
		free(name);
	}
	if (begun)
		fputs("</ul>", h->f);
}

static void put_map(struct heat *h, const struct score_row *of)
{
	find_sides(h, of);
	html_printf(h->f, "<section class=\"map\"><h3>%s on %s%s</h3>\n", of->signature,
		    of->traffic_version, of->source == SOURCE_EMULATED ? "" : " (recorded)");
	if (h->callers.n)
		put_grid(h, of);
	put_strip(h, of);
	fputs("</section>\n", h->f);
}

/* What the maps are of: every signature on every version that the cells have, in their order (owned, *n long). */
static const struct score_row **subjects(const struct run_cells *c, size_t *count)
{
	const struct score_row **out = NULL;
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->cells[i].marks_n; k++) {
			const struct score_row *r = c->cells[i].marks[k].of;
			size_t at = 0;

			while (at < n && (!score_row_same_signature(out[at], r) ||
					  !score_row_same_traffic(out[at], r)))
				at++;
			if (at < n)
				continue;
			out = xrealloc(out, (n + 1) * sizeof(*out));
			out[n++] = r;
		}
	*count = n;
	return out;
}

static int by_subject(const void *a, const void *b)
{
	const struct score_row *x = *(const struct score_row *const *)a,
			       *y = *(const struct score_row *const *)b;
	int d = (x->source > y->source) - (x->source < y->source);

	if (!d)
		d = strverscmp(x->signature, y->signature);
	if (!d)
		d = strcmp(x->revision, y->revision);
	return d ? d : strverscmp(x->traffic_version, y->traffic_version);
}

void report_heat(FILE *f, const struct run_cells *cells, const char *vantage)
{
	struct heat h = {.f = f, .c = cells};
	size_t n;
	const struct score_row **of = subjects(cells, &n);

	if (!n)
		return;
	qsort(of, n, sizeof(of[0]), by_subject);
	html_printf(
		f,
		"<h2 id=\"matrix\">Setting by setting</h2>\n<p>Each square is one setting, seen at "
		"%s: "
		"the caller's firewall and NAT down, the callee's across, special cases below. "
		"Open a square for its network, message charts, verdicts and captures.</p>\n"
		"<fieldset class=\"measure\"><legend>Squares show</legend>"
		"<label><input type=\"radio\" name=\"measure\" id=\"m-flow\" checked> flows "
		"named</label> "
		"<label><input type=\"radio\" name=\"measure\" id=\"m-client\"> clients "
		"found</label>"
		"</fieldset>\n<p class=\"scale\" aria-hidden=\"true\"><span class=\"h0\">0</span>"
		"<span class=\"h1\">25</span><span class=\"h2\">50</span><span "
		"class=\"h3\">75</span>"
		"<span class=\"h4\">100 %%</span></p>\n<div class=\"maps\">\n",
		vantage);
	for (size_t i = 0; i < n; i++)
		put_map(&h, of[i]);
	free(of);
	fputs("</div>\n<dialog id=\"cell\" aria-labelledby=\"cell-name\"></dialog>\n"
	      "<noscript><p>Squares open with scripts only; the files of every setting are in <a "
	      "href=\"cells/\">cells</a>.</p></noscript>\n",
	      f);
}
