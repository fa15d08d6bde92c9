/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_COUNT_CLIENTS_H
#define RESULTS_COUNT_CLIENTS_H

#include "results/score/hosts.h"
#include "results/score/job.h"

/* Counts the unit client; skypelab-accuracy(5) says how. @hosts: of the same labels and capture. */
void count_clients(struct score_job *j, const struct hosts *hosts);

#endif
