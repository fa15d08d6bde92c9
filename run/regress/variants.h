/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_REGRESS_VARIANTS_H
#define RUN_REGRESS_VARIANTS_H

#include <stddef.h>

#include "base/err.h"

/* A signature with something taken away. All (owned). */
struct variant {
	char *rule, *what; /* "full-probe", "U2 size"; "" */
	char *text;	   /* the file, its name being "vN", N its place in the list */
	size_t len;
	size_t rules; /* in it; 0 = it is no signature any more, or the same */
};

struct variants {
	struct variant *list;
	size_t n;
};

/* The signature as it is; without its UDP rules; without them and without what only they remember
 * being asked for; without each rule; without each constraint. 0, or -1 with @e set. */
int variants_read(struct variants *v, const char *path, struct err *e);
void variants_free(struct variants *v);

#endif
