/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_COUNT_EVENTS_H
#define RESULTS_COUNT_EVENTS_H

#include "results/score/job.h"
#include "results/score/timeline.h"

/* Counts the units of single events (probe-accepted, session-start, ...), session and super-node;
 * skypelab-accuracy(5) says how. */
void count_events(struct score_job *j, const struct timeline *t);

#endif
