// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_operations.c - the report's part on operations: of what the users did, what is found
 *
 * One line for each operation, traffic version and signature, at one vantage. The interval is that
 * of the sessions found. A session that stands although its login was refused is a session on the
 * wire; that a reader takes it for a user who is logged in is the wrong case that the paper names,
 * so the lines of refused logins are counted below the table.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "results/report/html.h"
#include "results/report/report_operations.h"
#include "results/score/operations.h"
#include "results/score/row_intervals.h"

static const enum score_unit shown[] = {UNIT_SESSION_START, UNIT_SESSION_CHANGE, UNIT_SESSION_END,
					UNIT_CALL_START};

/* The sum of the same operation, version, signature and vantage for another unit, or NULL. */
static const struct score_row *sibling(const struct operations *o, const struct operation_sum *s,
				       enum score_unit unit)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct operation_sum *x = &o->sums[i];

		if (x->row.unit == unit && x->row.source == s->row.source &&
		    !strcmp(x->operation, s->operation) &&
		    !strcmp(x->row.traffic_version, s->row.traffic_version) &&
		    !strcmp(x->row.signature, s->row.signature) &&
		    !strcmp(x->row.detector, s->row.detector) &&
		    !strcmp(x->row.vantage, s->row.vantage))
			return &x->row;
	}
	return NULL;
}

static void put_share(FILE *f, const struct score_row *r)
{
	unsigned long long all = r ? r->tp + r->fn : 0;

	if (all)
		fprintf(f, "<td class=\"n\">%llu of %llu</td>", (unsigned long long)r->tp, all);
	else
		fputs("<td class=\"n\">-</td>", f);
}

static void put_line(FILE *f, const struct operations *o, const struct operation_sum *s)
{
	const struct score_row *r = &s->row;
	struct operation_deeds d = operations_deeds(o, s->operation, r->traffic_version);
	struct interval ci;
	uint64_t wrong = r->fp;

	html_printf(f,
		    "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td class=\"n\">%zu of "
		    "%zu</td><td class=\"n\">%zu of %zu</td>",
		    s->operation, r->traffic_version, r->signature, d.in, d.logins, d.answered,
		    d.calls);
	put_share(f, r);
	if (r->tp + r->fn && row_recall_interval(r, &ci))
		fprintf(f, "<td class=\"n\">%.3f-%.3f</td>", ci.low, ci.high);
	else
		fputs("<td class=\"n\">-</td>", f);
	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		const struct score_row *x = sibling(o, s, shown[i]);

		put_share(f, x);
		wrong += x ? x->fp : 0;
	}
	fprintf(f, "<td class=\"n\">%llu</td></tr>\n", (unsigned long long)wrong);
}

/* Operations in which no login let the user in, and how many sessions were reported of them. */
static void put_refused(FILE *f, const struct operations *o, const char *vantage)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct operation_sum *s = &o->sums[i];
		struct operation_deeds d =
			operations_deeds(o, s->operation, s->row.traffic_version);

		if (s->row.unit == UNIT_SESSION && !strcmp(s->row.vantage, vantage) && d.refused &&
		    !d.in)
			html_printf(f,
				    "<p>%s, %s: %zu logins were refused, and %s reports %zu "
				    "sessions of them.</p>\n",
				    s->operation, s->row.traffic_version, d.refused,
				    s->row.signature, (size_t)s->row.tp);
	}
}

void report_operations(FILE *f, const struct score_table *t, const struct tsv *outcomes,
		       const char *vantage)
{
	static const char *const head[] = {
		"operation",	   "version",	   "signature",	    "logins that let in",
		"calls answered",  "sessions",	   "95 %",	    "session starts",
		"session changes", "session ends", "calls started", "false"};
	struct operations o = operations_of(t, outcomes);

	if (o.n) {
		html_printf(
			f,
			"<h2 id=\"operations\">What is found of each operation, at "
			"%s</h2>\n<p>Logins and calls are those of all users, the other columns "
			"what this vantage should see. Sums over firewalls and NATs.</p>\n",
			vantage);
		html_table_begin(f, true, "Operations", "Found, of what there was", head,
				 ARRAY_LEN(head));
		for (size_t i = 0; i < o.n; i++)
			if (o.sums[i].row.unit == UNIT_SESSION &&
			    !strcmp(o.sums[i].row.vantage, vantage))
				put_line(f, &o, &o.sums[i]);
		html_table_end(f);
		put_refused(f, &o, vantage);
		fputs("<p><a href=\"operations.tsv\">operations.tsv</a></p>\n", f);
	}
	operations_clear(&o);
}
