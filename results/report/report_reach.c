// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_reach.c - the report's part on how near the background came to every rule
 *
 * No false positive says little of a rule that no flow could have met. reach.tsv tells the two apart.
 */
#include <string.h>

#include "results/report/html.h"
#include "results/report/report_reach.h"

#define ROWS_MAX 1000

static unsigned blind(const struct tsv *t)
{
	int state = tsv_column(t, "state");
	unsigned sum = 0;

	for (size_t i = 0; state >= 0 && i < t->rows; i++)
		sum += !strcmp(tsv_cell(t, i, state), "blind");
	return sum;
}

void report_reach(FILE *f, const struct tsv *reach, const char *vantage)
{
	static const char *const columns[] = {
		"source", "signature",	 "rule",	  "proto",    "flows",
		"asked",  "all_but_one", "first",	  "steps",    "acted",
		"state",  "missing",	 "missing_flows", "captures", NULL};

	if (!reach || !reach->rows)
		return;
	html_printf(
		f,
		"<h2 id=\"reach\">How near the background came, at %s</h2>\n<p>Flows that are "
		"not Skype, by how far they came in each rule: it was asked at all; all of its "
		"first message held but one condition; all; later steps; the rule acted. No "
		"false positive says nothing of a rule that is blind: no flow came near to it "
		"(%u of %zu rows). Read in a sample of the run's captures; the last column says "
		"in how many.</p>\n",
		vantage, blind(reach), reach->rows);
	html_table(f, "reach.tsv: one row per rule", reach, columns, ROWS_MAX);
	fputs("<p><a href=\"reach.tsv\">reach.tsv</a></p>\n", f);
}
