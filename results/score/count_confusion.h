/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_COUNT_CONFUSION_H
#define RESULTS_COUNT_CONFUSION_H

#include "results/score/job.h"

/* Adds the flows of the capture to the confusion table, each by what it is (in->named, not NULL) and
 * what the job's signature says of it. */
void count_confusion(struct score_job *j);

#endif
