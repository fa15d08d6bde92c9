/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_CHECK_H
#define LAB_CHECK_H

#include "lab/plan.h"

/* The specification itself, before the plan chooses addresses. 0, or -1 with @e set, as below. */
int spec_check(const struct lab_spec *spec, struct err *e);
/* After the addresses are chosen: nothing overlaps, prefixes are large enough. */
int plan_check(const struct plan *p, const struct lab_spec *spec, struct err *e);

#endif
