/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CLAIMS_TSV_H
#define RESULTS_CLAIMS_TSV_H

#include "base/err.h"
#include "results/score/table.h"

/* claims.tsv: what became of every single flow, client and session. 0, or -1 with @e set. */
int claims_write(const struct score_table *t, const char *path, struct err *e);
/* Adds the file's claims to @t, and rows (without counts) that it lacks. 0, or -1 with @e set. */
int claims_read(struct score_table *t, const char *path, struct err *e);

#endif
