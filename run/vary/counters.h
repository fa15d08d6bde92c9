/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_COUNTERS_H
#define RUN_VARY_COUNTERS_H

#include "run/vary/copied.h"

/* Gives request ids out anew, in the order in which the copy sends: timing.c has run. */
void vary_counters(struct copied_capture *r);

#endif
