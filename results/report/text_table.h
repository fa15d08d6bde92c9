/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_TEXT_TABLE_H
#define RESULTS_TEXT_TABLE_H

#include <stdio.h>

#include "base/err.h"
#include "results/score/table.h"

enum table_format { TABLE_TEXT, TABLE_MARKDOWN, TABLE_TSV, TABLE_JSON };
#define TABLE_FORMATS "text|markdown|tsv|json" /* their words on the command line, in this order */

/* What rows can be kept apart by. */
enum table_dimension {
	BY_VERSION = 1,
	BY_CONFIG = 2,
	BY_VANTAGE = 4,
	BY_SIGNATURE = 8, /* and detector: the signatures of two are never summed */
	BY_DETECTOR = 16,
};
#define BY_ALL	  (BY_VERSION | BY_CONFIG | BY_VANTAGE | BY_SIGNATURE | BY_DETECTOR)
#define ALL_UNITS ((1U << UNITS) - 1)

/**
 * struct table_options - which rows and columns of an accuracy table to show
 * @format:	How
 * @by:		Comma list of version, config, vantage, signature, detector and axes of the table (login,
 *		mix ...): rows are summed over the others. config is the sites' firewalls and NATs
 *		and every axis. NULL = nothing is summed. Emulated and recorded never are.
 * @unit:	Comma list of units, such as flow,client; NULL = all that the table has
 * @width:	Columns the text table may use; 0 = 100
 */
struct table_options {
	enum table_format format;
	const char *by;
	const char *unit;
	int width;
};

/* 0, or -1 with @e set (an unknown word in @by or @unit). @o NULL = defaults. */
int table_print(const struct score_table *t, FILE *f, const struct table_options *o, struct err *e);
/* The rows of @t summed over every dimension that is not in @by, as a new table (summed columns
 * "all"; free with score_table_free()). @units: bits 1 << enum score_unit of the units to keep. */
struct score_table *table_group(const struct score_table *t, unsigned by, unsigned units);

#endif
