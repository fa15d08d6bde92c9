/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_FALSE_ALARMS_H
#define RUN_PAPER_FALSE_ALARMS_H

#include <stdio.h>

#include "run/paper/material.h"

/* The table false-alarms: flows and hosts without Skype that were taken for it, of how many. 0. */
int false_alarms_put(struct paper_material *m, FILE *f, struct err *e);
/* The table false-by-application: the same flows by what they truly are. 0. */
int false_by_application_put(struct paper_material *m, FILE *f, struct err *e);

#endif
