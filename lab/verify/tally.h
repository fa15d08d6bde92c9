/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_VERIFY_TALLY_H
#define LAB_VERIFY_TALLY_H

#include <stdio.h>

#include "base/listing.h"
#include "base/progress.h"
#include "lab/gateway/policies.h"
#include "lab/verify/verify.h"

/* A verification while it runs. Each part prints its grid and says each check by verify_check(). @list: rows
 * for programs, or NULL; then the grids go nowhere. */
struct verify {
	const struct lab_verify_options *o;
	struct policies policies; /* those of the labs */
	FILE *out;
	unsigned checks, differences;
	unsigned labs;
	struct progress progress;
	struct listing *list;
};

/* Counts a check: what was seen of @subject, a behaviour or a policy, when @tried was tried. */
void verify_check(struct verify *v, const char *part, const char *subject, const char *tried,
		  const char *declared, const char *observed, bool agrees);
/* Counts and shows a lab that was built. */
void verify_progress(struct verify *v, const char *what);

#endif
