/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SCORE_OPTIONS_H
#define CLI_SCORE_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/command/options.h"

/* What `skypelab score` was asked for. */
struct score_options {
	const char *labels, *events, *eve, *run, *version, *vantage, *by, *unit, *out, *claims,
		*baseline, *plots, *target, *shard, *part, *junit;
	struct option_list signatures, detectors;
	int format; /* enum table_format */
	bool not_skype, matrix, errors, isolated, reach, confusion, parts;
	struct option_real min_recall;
	struct option_whole max_fp;
};

/* The application that is looked for. */
const char *score_target_of(const struct score_options *o);
/* Whether options go together and names are names. Each: 0, or -1 with @e set. */
int score_check_target(const struct score_options *o, struct err *e);
int score_check_own(const struct score_options *o,
		    struct err *e); /* what only our detector can do */
int score_check_shard(const struct score_options *o, struct err *e);  /* what a shard cannot */
int score_check_errors(const struct score_options *o, struct err *e); /* --errors is for people */
int score_check_names(const struct score_options *o,
		      struct err *e); /* with the target and --errors */

#endif
