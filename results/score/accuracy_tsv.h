/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_ACCURACY_TSV_H
#define RESULTS_ACCURACY_TSV_H

#include <stdio.h>

#include "base/err.h"
#include "results/score/table.h"

/* accuracy.tsv, skypelab-accuracy(5), rows sorted. 0, or -1 with @e set. */
int accuracy_write(const struct score_table *t, const char *path, struct err *e);
/* The same to a stream. */
void accuracy_put(const struct score_table *t, FILE *f);
/* The table without its claims, which are in another file, but with the clusters of the clusters.tsv
 * beside it, if there is one; NULL with @e set. */
struct score_table *accuracy_read(const char *path, struct err *e);

#endif
