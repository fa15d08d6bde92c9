/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_DELIMITED_H
#define RESULTS_DELIMITED_H

#include <stdio.h>

#include "base/err.h"
#include "results/adapter/adapter.h"
#include "results/adapter/columns.h"

/* Lines of fields: CSV, TSV (also Zeek's), and fields between blanks. */
struct delimited;

/* Reads the header, if there is one, from @f, which stays the caller's; @path is its name for messages.
 * The four must outlive it. NULL with @e set: "file:line: what", also where the file is empty. */
struct delimited *delimited_open(FILE *f, const char *path, const struct adapter *a,
				 const struct adapter_output *o, const struct columns *c,
				 struct err *e);
void delimited_close(struct delimited *d);
/* The next record: 1 with @value filled by the places of the columns (NULL = not set; they stay until
 * the next record) and its line in *@no; 0 at the end, -1 with @e set. */
int delimited_next(struct delimited *d, const char **value, unsigned *no, struct err *e);

#endif
