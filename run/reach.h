/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REACH_H
#define RUN_REACH_H

#include <stdbool.h>

#include "base/err.h"
#include "results/report/text_table.h"
#include "results/score/table.h"
#include "run/detect/reach_table.h"

#define REACH_SOURCES (SOURCE_RECORDED + 1) /* tables by source */

/**
 * struct reach_request - what `skypelab score --reach` is to read
 * @captures:	NULL-terminated
 * @labels:	Label file of the only capture; NULL = the one that goes by its name, or a run's truth
 * @not_skype:	No flow is Skype: no labels
 * @target:	The application that the flows must not be
 * @format:	TABLE_TEXT, TABLE_MARKDOWN or TABLE_TSV
 */
struct reach_request {
	const struct signature_set *set;
	char **captures;
	const char *labels;
	bool not_skype;
	const char *target;
	enum table_format format;
};

/* Prints how far the flows that are not Skype came, emulated and recorded ones apart. Captures that
 * are bad are reported, and *@damaged becomes true. 0, or -1 with @e set. */
int reach_print(const struct reach_request *r, FILE *f, bool *damaged, struct err *e);
/* Adds the flows of one capture of a run that are not its target to the tables of their sources. 0, or -1 with @e set. */
int reach_of_run(struct reach_table *of[REACH_SOURCES], const char *path, struct err *e);

#endif
