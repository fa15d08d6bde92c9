/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_LANGUAGE_FIND_H
#define DETECTOR_LANGUAGE_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

#define SIGNATURE_FILE_MAX (1 << 20) /* bytes */

/**
 * struct signature_file - a file that a name stands for
 * @name:	Of the names that were given, this one
 * @path:	(owned)
 * @text, @len:	What is in it (owned); NULL = it was not read yet
 */
struct signature_file {
	size_t name;
	char *path;
	char *text;
	size_t len;
};

/* Names of the bundled signatures, sorted; NULL-terminated, free with signatures_names_free().
 * NULL with @e set when their folder is not found. */
char **signatures_names(struct err *e);
void signatures_names_free(char **names);
/* Whether a name is a path: it holds a '/' or ends in ".yaml". */
bool signature_name_is_path(const char *name);
/* The application of "all" and "all:APPLICATION", "*" = any; NULL = another kind of name. */
const char *signature_name_application(const char *name);
/* The files that names (as of signatures_load()) stand for, in their order, not read. 0, or -1 with @e
 * set; free them in both cases. */
int signature_files_find(const char *const *names, size_t n, struct signature_file **files,
			 size_t *count, struct err *e);
/* Reads one: from @in, which is closed, or by its path (NULL). 0, or -1 with @e set. */
int signature_file_read(struct signature_file *f, FILE *in, struct err *e);
void signature_files_free(struct signature_file *files, size_t n);

#endif
