/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_LIMITS_H
#define RUN_PAPER_LIMITS_H

#include "run/paper/exhibit.h"

/* The section on what the material does not say. */
void section_limits(struct exhibits *d);

#endif
