/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_STATISTIC_H
#define DETECTOR_ENGINE_STATISTIC_H

#include "detector/engine/engine_private.h"
#include "detector/engine/match.h"

/* Chi-square and beliefs over messages that a match counts. */

/* A message that was counted as @message of the rule; only of rules with statistics. */
void statistic_message(struct detector *d, struct match *in, unsigned message,
		       const struct view *v);
/* Whether a condition on chi-square or belief holds now. */
bool statistic_holds(const struct detector *d, const struct match *in, const struct when *w);

#endif
