/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_STEP_H
#define LAB_STEP_H

#include "base/err.h"

struct lab;

/* Every step of the set-up passes here first. SKYPELAB_FAULT_STEP=n in the environment makes the
 * n-th fail, so that a test can show that each failure is reported and leaves nothing. */
int lab_step(struct lab *lab, const char *what, struct err *e);

#endif
