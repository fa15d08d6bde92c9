/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_INNER_H
#define BASE_INNER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

/* Files that a file of anybody's names, or that lie where anybody could have put anything. */

/* Is @name the path of a file below a folder: relative, without "..", not hidden in a part that is
 * empty or "."? Nothing is looked up. */
bool inner_name(const char *name);

/* Opens the regular file @name below @dir for reading, without leaving @dir and without following
 * links below it. NULL with @e set. */
FILE *inner_open(const char *dir, const char *name, struct err *e);

/* A descriptor of the folder @name below @dir, found in the same way, for openat(2) and the like alone.
 * -1 with @e set. */
int inner_folder(const char *dir, const char *name, struct err *e);

/* The JSON object in such a file of a run, of at most INNER_JSON_BYTES; a member given twice is an error, and so is
 * a newer format than FORMAT_OF_RUNS. NULL with @e set. */
#define INNER_JSON_BYTES (256UL << 20)
json_t *inner_json(const char *dir, const char *name, struct err *e);
/* Whether the table @path may be read: -1 with @e set where the manifest beside it says that the run is of a newer
 * format; else 0, also where there is none. */
int inner_format(const char *path, struct err *e);

#endif
