/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_COUNT_FLOWS_H
#define RESULTS_COUNT_FLOWS_H

#include "results/score/job.h"

/* Counts the unit flow; skypelab-accuracy(5) says how. */
void count_flows(struct score_job *j);

#endif
