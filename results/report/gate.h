/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_GATE_H
#define RESULTS_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "results/report/junit.h"
#include "results/score/table.h"

/* Limits that every signature has to keep, by flow, summed over settings.
 * @by_vantage: at each vantage, since several count the same flows */
struct gate {
	bool recall, fp, by_vantage; /* which limits there are */
	double min_recall;	     /* share of flows found */
	uint64_t max_fp;	     /* flows wrongly claimed */
};

/* Whether they are kept; where one is not, that is reported, after @command and a colon. Each is a
 * case in @j. */
bool gate_kept(const struct gate *g, const struct score_table *t, const char *command,
	       struct junit *j);

#endif
