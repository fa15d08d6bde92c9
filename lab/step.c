// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * step.c - counts the steps of a lab's set-up, and can make one fail
 */
#include <stdlib.h>

#include "base/number.h"
#include "lab/lab_private.h"
#include "lab/step.h"

int lab_step(struct lab *lab, const char *what, struct err *e)
{
	const char *fault = getenv("SKYPELAB_FAULT_STEP");
	uint64_t step;

	lab->step++;
	if (fault && number_is_whole(fault, &step) && lab->step == step)
		return err_env(e, "fault injected at step %u: %s", lab->step, what);
	return 0;
}
