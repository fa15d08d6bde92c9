/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_PICTURE_LINES_H
#define OPERATOR_PICTURE_LINES_H

#include <stdio.h>

#include "operator/picture.h"

/* The picture as TSV: a line of names, then one for each client, in the order of their first sighting.
 * Lists within a field are separated by commas; "-" stands for what is not known; times are UTC. */
void picture_lines(FILE *out, const struct picture *p);

/* What was printed of each client. */
struct picture_changes;

struct picture_changes *picture_changes_new(void);
void picture_changes_free(struct picture_changes *c);
/* The same lines, but only of clients of which something changed but times and counts since they were
 * printed; the names once, first. */
void picture_changes_print(struct picture_changes *c, FILE *out, const struct picture *p);

#endif
