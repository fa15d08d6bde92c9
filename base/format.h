/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stddef.h>

#include "base/err.h"

/* Formats of files have a number. It is raised when the same bytes would mean something else, or when
 * what is new must not be passed over. A file without one is of format 1. */

/* The newest format of YAML and TSV files, which people write. */
#define FORMAT_OF_FILES 1
/* The newest format of runs. manifest.json says it for all files of a run, cell.json for those of a cell, the plan
 * for a part: the tables themselves begin with their heads, as every reader of tables expects. It is raised
 * when a column that is there means something else; one that is added does not raise it. */
#define FORMAT_OF_RUNS 1

/* 0 where a program that knows the formats up to @newest reads @format; else -1 with @e set, a line
 * that begins with @where ("file" or "file:line"). */
int format_check(const char *where, long long format, long long newest, struct err *e);
/* Checks the line "format: N" of a YAML text, at the top level, and puts blanks in its place, so that no
 * schema has to know the key. 0, or -1 with @e set. */
int format_take_yaml(const char *path, char *text, size_t len, struct err *e);
/* Checks a comment of a TSV file if it reads "# skypelab KIND N". @line: its number. */
int format_check_comment(const char *path, unsigned line, const char *comment, struct err *e);

#endif
