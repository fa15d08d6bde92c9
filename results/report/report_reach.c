// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report_reach.c - the report's part on how near the background came to every rule
 *
 * No false positive says little of a rule that no flow could have met. reach.tsv tells the two apart.
 */
#include <string.h>

#include "results/report/html.h"
#include "results/report/report_reach.h"
#include "results/report/report_tables.h"

static unsigned blind(const struct tsv *t)
{
	int state = tsv_column(t, "state");
	unsigned sum = 0;

	for (size_t i = 0; state >= 0 && i < t->rows; i++)
		sum += !strcmp(tsv_cell(t, i, state), "blind");
	return sum;
}

int report_reach(FILE *f, const char *run_dir, const char *folder, const struct tsv *reach,
		 const char *vantage, struct err *e)
{
	if (!reach || !reach->rows)
		return 0;
	html_printf(
		f,
		"<h2 id=\"reach\">How near the background came, at %s</h2>\n<p>Flows that are "
		"not Skype, by how far they came in each rule: it was asked at all; all of its "
		"first message held but one condition; all; later steps; the rule acted. No "
		"false positive says nothing of a rule that is blind: no flow came near to it "
		"(%u of %zu rows). Read in a sample of the run's captures; the last column says "
		"in how many.</p>\n",
		vantage, blind(reach), reach->rows);
	return report_table(f, run_dir, folder, "reach", "How near flows came to each rule", e);
}
