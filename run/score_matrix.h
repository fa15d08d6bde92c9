/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SCORE_MATRIX_H
#define RUN_SCORE_MATRIX_H

#include <stddef.h>

#include "base/err.h"

/* Scores every signature (or the @n named ones) on every labelled capture of the corpora and on all
 * negatives, as Markdown: the content of docs/signatures.md. @out NULL = standard output.
 * @baseline: file that keeps the result flow by flow, for comparisons, or NULL. @plots: folder
 * below which plots/ is made, or NULL. 0, or -1 with @e set. */
int score_matrix(const char *const *signatures, size_t n, const char *out, const char *baseline,
		 const char *plots, struct err *e);

#endif
