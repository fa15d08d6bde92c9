// SPDX-License-Identifier: GPL-2.0-or-later
/* gate.c - limits of recall and of false positives, for CI */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "results/report/gate.h"
#include "results/report/text_table.h"
#include "results/score/measures.h"

/* One limit of one row. @fault: why it is not kept, NULL = it is; freed. @at: of one vantage */
static bool judged(const struct score_row *r, bool at, const char *what, char *fault,
		   const char *command, struct junit *j)
{
	char *name = xasprintf("%s%s%s", what, at ? " at " : "", at ? r->vantage : "");
	bool kept = !fault;

	if (fault)
		log_error("%s: %s%s%s: %s", command, r->signature, at ? " at " : "",
			  at ? r->vantage : "", fault);
	junit_add(j, r->signature, name, fault, NULL);
	free(name);
	free(fault);
	return kept;
}

bool gate_kept(const struct gate *g, const struct score_table *t, const char *command,
	       struct junit *j)
{
	struct score_table *rows =
		table_group(t, BY_SIGNATURE | (g->by_vantage ? BY_VANTAGE : 0), 1U << UNIT_FLOW);
	bool kept = true;

	for (size_t i = 0; i < rows->n; i++) {
		const struct score_row *r = &rows->rows[i];
		double recall = score_recall(r);
		char *fault = NULL;

		if (g->recall && recall < 0)
			fault = xstrdup("no flow to find, so there is no recall");
		else if (g->recall && recall < g->min_recall)
			fault = xasprintf("recall %.4f is below %.4f", recall, g->min_recall);
		if (g->recall)
			kept &= judged(r, g->by_vantage, "recall", fault, command, j);
		fault = NULL;
		if (g->fp && r->fp > g->max_fp)
			fault = xasprintf("%llu false positives, at most %llu allowed",
					  (unsigned long long)r->fp, (unsigned long long)g->max_fp);
		if (g->fp)
			kept &= judged(r, g->by_vantage, "false positives", fault, command, j);
	}
	score_table_free(rows);
	return kept;
}
