// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_errors.c - the report's part on false claims and misses
 *
 * False claims of flows and clients come first and whole: they are few, or the signature is of no use. What
 * several vantages say of one subject is one line. Events that were reported and did not happen are counted by
 * their kind. Misses come by their cause (misses.c) with their number and one example, and by the condition of the
 * signature that failed first (misses.tsv, of a sample of the captures).
 *
 * Limits: FALSE_MAX false claims are listed, and GROUPS_MAX causes of each signature and version; claims.tsv has
 * the others.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/err.h"
#include "base/number.h"
#include "results/report/html.h"
#include "results/report/misses.h"
#include "results/report/report_errors.h"

#define FALSE_MAX  300
#define GROUPS_MAX 12 /* of one signature and version */

/* One false claim, whichever vantages have it. */
struct wrong {
	char *key; /* (owned) */
	const struct score_claim *claim;
	const struct score_row *row;
	size_t n;
	char vantages[128];
	UT_hash_handle hh;
};

/* The cell that a trial belongs to; -1 = the page has none. */
static long cell_of(const struct run_cells *cells, const char *trial)
{
	for (size_t i = 0; i < cells->n; i++)
		if (run_cell_has(&cells->cells[i], trial))
			return (long)i;
	return -1;
}

static void note_vantage(struct wrong *w, const char *vantage)
{
	size_t at = strlen(w->vantages);

	if (at < sizeof(w->vantages) - 1)
		snprintf(w->vantages + at, sizeof(w->vantages) - at, "%s%s", at ? ", " : "",
			 vantage);
}

/* Flows and clients each by itself; events by their kind. */
static char *wrong_key(const struct score_row *r, const struct score_claim *c)
{
	bool each = score_unit_has_negatives(r->unit);

	return xasprintf("%s\t%s\t%s\t%d\t%s\t%s", r->signature, r->revision, r->detector,
			 (int)r->unit, each ? c->cell : "", each ? c->subject : c->reason);
}

/* The false claims of units that have negatives (@each), or of events. */
static struct wrong *wrongs_of(const struct score_table *t, bool each)
{
	struct wrong *all = NULL, *w;

	for (size_t i = 0; i < t->claims_n; i++) {
		const struct score_claim *c = &t->claims[i];
		const struct score_row *r = &t->rows[c->row];
		char *key;

		if ((c->result != CLAIM_FP && c->result != CLAIM_WRONG_ROLE) ||
		    score_unit_has_negatives(r->unit) != each)
			continue;
		key = wrong_key(r, c);
		HASH_FIND_STR(all, key, w);
		if (!w) {
			w = xcalloc(1, sizeof(*w));
			w->key = xstrdup(key);
			w->claim = c;
			w->row = r;
			HASH_ADD_KEYPTR(hh, all, w->key, strlen(w->key), w);
		}
		w->n++;
		if (each)
			note_vantage(w, r->vantage);
		free(key);
	}
	return all;
}

static void wrongs_free(struct wrong *all)
{
	struct wrong *w, *next;

	HASH_ITER (hh, all, w, next) {
		HASH_DEL(all, w);
		free(w->key);
		free(w);
	}
}

/* What an example names: it opens its setting, where the page has that. @flow: at @vantage. */
static void put_opener(FILE *f, const struct run_cells *cells, const char *trial,
		       const char *subject, bool flow, const char *vantage)
{
	long k = cell_of(cells, trial);

	if (k < 0) {
		html_printf(f, "%s", subject);
		return;
	}
	html_printf(f, "<button type=\"button\" class=\"plain\" data-cell=\"%zu\"", (size_t)k);
	if (flow)
		html_printf(f, " data-flow=\"%s\" data-at=\"%s\" data-trial=\"%s\"", subject,
			    vantage, trial);
	html_printf(f, ">%s</button>", subject);
}

static void put_claim(FILE *f, const struct run_cells *cells, const struct score_row *r,
		      const struct score_claim *c)
{
	put_opener(f, cells, c->cell, c->subject, r->unit == UNIT_FLOW, r->vantage);
}

static void put_wrongs(FILE *f, const struct score_table *t, const struct run_cells *cells)
{
	static const char *const heads[] = {"signature", "unit", "subject",
					    "it is",	 "cell", "seen at"};
	struct wrong *all = wrongs_of(t, true);
	size_t n = HASH_COUNT(all), shown = 0;

	html_printf(f, "<h3>False claims</h3>\n<p>%zu%s</p>\n", n,
		    n ? " flows and clients, each once, whichever vantages have it; one that a NAT "
			"rewrites is there once for each side."
		      : " flows and clients: nothing was claimed that is not there.");
	if (n)
		html_table_begin(f, true, "False claims", "False claims", heads, ARRAY_LEN(heads));
	for (struct wrong *w = all; w && shown < FALSE_MAX; w = w->hh.next, shown++) {
		html_printf(f, "<tr><td>%s</td><td>%s</td><td>", w->row->signature,
			    score_unit_text(w->row->unit));
		put_claim(f, cells, w->row, w->claim);
		html_printf(f, "</td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
			    *w->claim->reason ? w->claim->reason : "-", w->claim->cell,
			    w->vantages);
	}
	if (n)
		html_table_end(f);
	if (n > FALSE_MAX)
		html_printf(f,
			    "<p class=\"dim\">The first %zu. All: <a "
			    "href=\"claims.tsv\">claims.tsv</a>.</p>\n",
			    (size_t)FALSE_MAX);
	wrongs_free(all);
}

static void put_wrong_events(FILE *f, const struct score_table *t, const struct run_cells *cells)
{
	static const char *const heads[] = {"signature", "event", "why", "claims", "an example"};
	struct wrong *all = wrongs_of(t, false);

	if (!all)
		return;
	fputs("<details class=\"open\"><summary>Events that were reported and did not happen, over "
	      "all "
	      "vantages</summary>\n",
	      f);
	html_table_begin(f, true, "Events that did not happen", "Events that did not happen", heads,
			 ARRAY_LEN(heads));
	for (struct wrong *w = all; w; w = w->hh.next) {
		html_printf(f, "<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"n\">%zu</td><td>",
			    w->row->signature, score_unit_text(w->row->unit),
			    *w->claim->reason ? w->claim->reason : "-", w->n);
		put_claim(f, cells, w->row, w->claim);
		fputs("</td></tr>\n", f);
	}
	html_table_end(f);
	fputs("</details>\n", f);
	wrongs_free(all);
}

static bool same_subject(const struct score_row *a, const struct score_row *b)
{
	return score_row_same_signature(a, b) && score_row_same_traffic(a, b);
}

static void put_condition(FILE *f, const struct tsv *t, size_t i, const struct run_cells *cells)
{
	static const char *const names[] = {"flows", "reason", "rule", "condition"};

	fputs("<tr>", f);
	for (size_t k = 0; k < ARRAY_LEN(names); k++) {
		const char *text = tsv_cell(t, i, tsv_column(t, names[k]));

		html_printf(f, k ? "<td>%s</td>" : "<td class=\"n\">%s</td>", *text ? text : "-");
	}
	fputs("<td>", f);
	put_opener(f, cells, tsv_cell(t, i, tsv_column(t, "cell")),
		   tsv_cell(t, i, tsv_column(t, "subject")), true,
		   tsv_cell(t, i, tsv_column(t, "vantage")));
	fputs("</td></tr>\n", f);
}

/* The condition of @r's signature that failed first, of @all missed flows on this version. @t: misses.tsv */
static void put_conditions(FILE *f, const struct tsv *t, const struct score_row *r, size_t all,
			   const struct run_cells *cells)
{
	static const char *const heads[] = {"flows", "kind", "rule that came furthest",
					    "what failed first in it", "an example"};
	size_t rows = 0, shown = 0;
	uint64_t flows = 0;
	char caption[400];

	for (size_t i = 0; t && i < t->rows; i++) {
		uint64_t n = 0;

		if (!miss_is_of(t, i, r))
			continue;
		rows++;
		if (number_is_whole(tsv_cell(t, i, tsv_column(t, "flows")), &n))
			flows += n;
	}
	if (!rows && strcmp(r->detector, OWN_DETECTOR) != 0)
		html_printf(f,
			    "<p class=\"dim\">%s is a detector of others, whose rules cannot be "
			    "asked which condition failed.</p>\n",
			    r->signature);
	else if (!rows && t)
		fputs("<p class=\"dim\">None of these flows is in the sample of captures that was "
		      "read rule by rule.</p>\n",
		      f);
	if (!rows)
		return;
	snprintf(caption, sizeof(caption),
		 "The condition that failed first, of %zu of the %zu flows: those in the sample of "
		 "captures that was read rule by rule. Lines are those of the file of %.80s",
		 (size_t)flows, all, r->signature);
	html_table_begin(f, true, caption, caption, heads, ARRAY_LEN(heads));
	for (size_t i = 0; i < t->rows && shown < GROUPS_MAX; i++)
		if (miss_is_of(t, i, r)) {
			put_condition(f, t, i, cells);
			shown++;
		}
	html_table_end(f);
	if (rows > shown)
		html_printf(f,
			    "<p class=\"dim\">%zu smaller groups are in <a "
			    "href=\"misses.tsv\">misses.tsv</a>.</p>\n",
			    rows - shown);
}

/* The groups of one signature on one version: those from @m on, @n of them. */
static void put_groups(FILE *f, const struct miss_group *m, size_t n, const struct run_cells *cells,
		       const struct tsv *conditions)
{
	static const char *const heads[] = {"flows", "kind", "messages, as of the first",
					    "what that means", "an example"};
	const struct score_row *r = m[0].of;
	char caption[256];
	size_t all = 0, left;

	for (size_t i = 0; i < n; i++)
		all += m[i].n;
	left = all;
	snprintf(caption, sizeof(caption), "%s misses %zu flow%s of %s%s, in %zu group%s",
		 r->signature, all, all == 1 ? "" : "s", r->traffic_version,
		 r->source == SOURCE_EMULATED ? "" : " (recorded)", n, n == 1 ? "" : "s");
	html_printf(f, "<details class=\"open\"><summary>%s</summary>\n", caption);
	html_table_begin(f, true, caption, caption, heads, ARRAY_LEN(heads));
	for (size_t i = 0; i < n && i < GROUPS_MAX; i++) {
		left -= m[i].n;
		html_printf(f, "<tr><td class=\"n\">%zu</td><td>%s</td><td>%s</td><td>%s</td><td>",
			    m[i].n, *m[i].reason ? m[i].reason : "-",
			    *m[i].stage ? m[i].stage : "-", miss_cause(m[i].stage));
		put_claim(f, cells, m[i].of, m[i].example);
		fputs("</td></tr>\n", f);
	}
	html_table_end(f);
	if (left)
		html_printf(f, "<p class=\"dim\">%zu more flows, in %zu smaller groups.</p>\n",
			    left, n - GROUPS_MAX);
	put_conditions(f, conditions, r, all, cells);
	fputs("</details>\n", f);
}

void report_errors(FILE *f, const struct score_table *t, const struct run_cells *cells,
		   const struct tsv *conditions, const char *vantage)
{
	size_t n, from = 0;
	struct miss_group *m = misses_of(t, vantage, &n);

	fputs("<h2 id=\"errors\">What went wrong</h2>\n", f);
	put_wrongs(f, t, cells);
	put_wrong_events(f, t, cells);
	html_printf(f,
		    "<h3>Misses by cause</h3>\n<p>Flows missed at %s, by their kind and the "
		    "first messages that "
		    "their ends sent. All of them: <a href=\"claims.tsv\">claims.tsv</a>.</p>\n",
		    vantage);
	if (!n)
		fputs("<p>No flow was missed.</p>\n", f);
	else if (!conditions)
		fputs("<p>Which condition of a signature failed first is not known: the run has no "
		      "misses.tsv. <code>skypelab run</code> writes it with the report, and "
		      "<code>skypelab "
		      "detect --explain</code> on a capture shows what each test finds "
		      "right.</p>\n",
		      f);
	while (from < n) {
		size_t to = from;

		while (to < n && same_subject(m[to].of, m[from].of))
			to++;
		put_groups(f, m + from, to - from, cells, conditions);
		from = to;
	}
	free(m);
}
