/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_TABLES_H
#define RESULTS_REPORT_TABLES_H

#include <stdio.h>

#include "base/err.h"

/* A table of the run, RUN/@name.tsv, that the page loads and draws when it is opened: writes
 * @folder/table-@name.js and puts the part, with a link to the file, into the page. The folder must exist. 0, or -1
 * with @e set. */
int report_table(FILE *f, const char *run_dir, const char *folder, const char *name,
		 const char *title, struct err *e);

#endif
