/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SCORE_CAPTURES_H
#define CLI_SCORE_CAPTURES_H

#include <stdio.h>

#include "base/progress.h"
#include "cli/score/options.h"
#include "cli/score/subjects.h"
#include "results/score/table.h"
#include "run/sweep/score_part.h"

/* The scoring of many captures by several processes (base/fan.h). */
struct scoring {
	const struct score_options *o;
	struct score_subjects *s;
	char **list;
	const bool *mine;	/* captures to score; NULL = all */
	struct score_table *t;	/* takes their scores */
	struct score_parts sum; /* and flows */
	FILE *part;		/* or their scores are copied there, as they are */
	struct progress *progress;
	size_t n;
};

/* Scores the captures, on all processors. 0, or -1 with @e set. */
int score_all(struct scoring *c, struct err *e);
/* Every capture of @list, for a table; one that is bad is reported, and counted in @sum. 0, or -1 with @e set. */
int score_list(struct score_table *t, const struct score_options *o, struct score_subjects *s,
	       char **list, struct score_parts *sum, struct err *e);

#endif
