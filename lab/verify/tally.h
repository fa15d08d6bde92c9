/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_VERIFY_TALLY_H
#define LAB_VERIFY_TALLY_H

#include <stdio.h>

#include "base/listing.h"
#include "base/progress.h"
#include "lab/gateway/policies.h"
#include "lab/verify/verify.h"

/* Rows for people; @list NULL: nobody sees them. @column: where the next text of the last row goes. */
struct verify_grid {
	struct listing *list;
	size_t column;
};

/* A verification while it runs. Each part says each check by verify_check() and shows it in @grid, or in @more what
 * has no column there. @list: rows for programs, or NULL; then there are no grids. @labs of @all are built. */
struct verify {
	const struct lab_verify_options *o;
	struct policies policies; /* those of the labs */
	FILE *out;
	unsigned checks, differences;
	unsigned labs, all;
	struct progress progress;
	struct listing *list;
	struct verify_grid grid, more;
};

/* Counts a check: what was seen of @subject, a behaviour or a policy, when @tried was tried. */
void verify_check(struct verify *v, const char *part, const char *subject, const char *tried,
		  const char *declared, const char *observed, bool agrees);
/* Counts and shows a lab that was built. */
void verify_progress(struct verify *v, const char *what);

/* How many data files a folder has; 0 if it cannot be read, which who reads them says. */
unsigned verify_files(const char *folder);

void verify_grid_begin(const struct verify *v, struct verify_grid *g,
		       const struct listing_column *columns, size_t n);
void verify_row(struct verify_grid *g);
void verify_put(struct verify_grid *g, const char *text); /* the next text of the last row */
/* Prints it below its title, if it has rows, and ends it. */
void verify_grid_end(const struct verify *v, struct verify_grid *g, const char *title);

#endif
