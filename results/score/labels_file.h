/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_SCORE_LABELS_FILE_H
#define RESULTS_SCORE_LABELS_FILE_H

#include "base/err.h"
#include "results/score/labels.h"

/* NULL with @e set: "file:line: what, expected what". Two rows that say different things of one
 * tuple at one time are an error that names both lines, unless both are negative. @target: as in
 * labels_new(). */
struct labels *labels_read(const char *path, const char *target, struct err *e);
/* Writes all rows with all known columns, sorted by proto, addresses and ports. */
int labels_write(const struct labels *l, const char *path, struct err *e);

#endif
