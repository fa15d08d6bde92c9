/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_ARGUMENTS_H
#define RUN_FOREIGN_ARGUMENTS_H

#include "results/adapter/adapter.h"
#include "run/foreign/contained.h"

/* The arguments of a program as it gets them, and what it may read. */
struct arguments {
	char **argv;		      /* NULL-terminated (owned) */
	struct contained_read *reads; /* (owned), and each @at */
	char **paths;		      /* what @reads points to (owned) */
	size_t n_reads;
};

/* What stands for the placeholders, as paths of the outside; NULL = not given. */
struct arguments_of {
	const char *capture, *rules, *interface;
};

/* Fills in the placeholders of @from. Without rules an argument that holds {rules} is left out, and
 * with it the option before it ("-S", "{rules}"). An argument that names a file or folder that is
 * there (after its '=', too), as an absolute path or from the folder of the definition at @path,
 * becomes its absolute path, and may be read. Free with arguments_free(). */
void arguments_make(struct arguments *out, const struct adapter_list *from, const char *path,
		    const struct arguments_of *of);
void arguments_free(struct arguments *a);

#endif
