/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SCORE_EVENTS_H
#define CLI_SCORE_EVENTS_H

#include "cli/score/options.h"
#include "results/score/table.h"

/* Scores the events of an EVE file: the signatures are those named with -s, else those in the file.
 * @capture: NULL = every flow counts as seen. 0, or -1 with @e set. */
int score_events(struct score_table *t, const struct score_options *o, const char *capture,
		 struct err *e);

#endif
