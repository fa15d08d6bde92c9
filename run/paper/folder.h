/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_PAPER_FOLDER_H
#define RUN_PAPER_FOLDER_H

#include <stdbool.h>

#include "base/err.h"

/**
 * struct paper_folder - an output folder that is there whole or not at all
 * @path:	Where it will stand (owned)
 * @work:	Where it is made, beside @path (owned)
 * @lock:	The locked folder @work
 * @janitor:	Who removes @work when this process is killed
 */
struct paper_folder {
	char *path, *work;
	int lock, janitor;
};

#define PAPER_PAGE    "paper.html"
#define PAPER_TABLES  "tables"
#define PAPER_FIGURES "figures"

/* Makes @f->work with its folders tables and figures. A folder at @path has to be a paper, or empty:
 * it is replaced. 0, or -1 with @e set; paper_folder_end() in either case. */
int paper_folder_begin(struct paper_folder *f, const char *path, struct err *e);
/* Puts @work in the place of @path when it is @whole; else removes it. 0, or -1 with @e set. */
int paper_folder_end(struct paper_folder *f, bool whole, struct err *e);

#endif
