/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CLUSTERS_TSV_H
#define RESULTS_CLUSTERS_TSV_H

#include "base/err.h"
#include "results/score/table.h"

/* clusters.tsv, skypelab-accuracy(5): one line per row and cluster. 0, or -1 with @e set. */
int clusters_write(const struct score_table *t, const char *path, struct err *e);
/* A table of the file's counts, with its clusters; NULL with @e set. */
struct score_table *clusters_read(const char *path, struct err *e);

#endif
