/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_CUTS_H
#define RUN_PAPER_CUTS_H

#include <stdio.h>

#include "results/score/table.h"

/* A table of accuracy, summed over all but what it is cut by. */

enum cut_by {
	CUT_VERSION = 1,
	CUT_CONFIGURATION = 2, /* firewalls, NATs, and every axis but the operation */
	CUT_VANTAGE = 4,
	CUT_OPERATION = 8,
};

/* The columns of a sum's words, and of its figures, with a tab before each of the latter. */
#define CUT_WORDS                                                                                  \
	"material\tsignature\tversion\tcaller_firewall\tcaller_nat\tcallee_firewall\tcallee_nat\t" \
	"other\tvantage\toperation\tunit"
#define CUT_FIGURES                                                                                \
	"\tfound\tof\trecall\trecall_low\trecall_high\tfalse\twithout\tprecision\tprecision_low\t" \
	"precision_high\ttrials\tinterval"

/**
 * struct cut_request - what is summed
 * @t:		The table; only rows of @source and of our own detector
 * @material:	First column; NULL = the row's traffic version (of recorded traffic: the capture)
 * @vantage:	Only this one; NULL = all, and then @by should have CUT_VANTAGE
 */
struct cut_request {
	const struct score_table *t;
	enum traffic_source source;
	const char *material, *vantage;
	unsigned by;
};

/* One sum. */
struct cut_sum {
	char *words; /* (owned) CUT_WORDS; "all" where it was summed */
	struct score_row row;
};

struct cuts {
	struct cut_sum *sums; /* in the order of their words */
	size_t n;
};

struct cuts cuts_of(const struct cut_request *r);
void cuts_clear(struct cuts *c);
/* The words and figures of every sum, one a line. */
void cuts_put(const struct cuts *c, FILE *f);

#endif
