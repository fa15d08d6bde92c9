/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_CONTAINMENT_H
#define RESULTS_REPORT_CONTAINMENT_H

#include <stdio.h>

#include "results/score/containment.h"

/* What operators on a gateway came to. Nothing where the run has none: @c->t NULL. */
void report_containment(FILE *f, const struct containment *c);

#endif
