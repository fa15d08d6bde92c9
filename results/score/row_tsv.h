/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_ROW_TSV_H
#define RESULTS_ROW_TSV_H

#include <stdio.h>

#include "base/tsv.h"
#include "results/score/table.h"

/* The columns that say which row a line of accuracy.tsv, clusters.tsv or claims.tsv belongs to. */

/* Order of rows in the files: by all their words. */
int row_compare(const struct score_row *x, const struct score_row *y);
/* "source ... callee_nat", the @n axes of the table, "unit", tabs between them and none behind. */
void row_put_head(FILE *f, char *const *axes, size_t n);
void row_put_words(FILE *f, const struct score_row *r, char *const *axes, size_t n);
/* Only a row's axes, each with a tab before it. */
void row_put_axes(FILE *f, const struct score_row *r, char *const *axes, size_t n);
/* The row of @t that line @r of @f belongs to, made when it is not there, with @cluster (NULL =
 * none) in it; in *row. Axes are the columns from `callee_nat` to `unit` or `signature`. 0, or -1
 * with @e set. */
int row_read(struct score_table *t, const struct tsv *f, size_t r, const char *cluster,
	     uint32_t *row, struct err *e);

#endif
