/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_VERIFY_TALLY_H
#define LAB_VERIFY_TALLY_H

#include <stdio.h>

#include "base/progress.h"
#include "lab/gateway/policies.h"
#include "lab/verify/verify.h"

/* A verification while it runs. Each part prints its grid and adds to @checks and @differences. */
struct verify {
	const struct lab_verify_options *o;
	struct policies policies; /* those of the labs */
	FILE *out;
	unsigned checks, differences;
	unsigned labs;
	struct progress progress;
};

/* Counts and shows a lab that was built. */
void verify_progress(struct verify *v, const char *what);

#endif
