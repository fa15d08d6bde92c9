/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SCORE_MATRIX_H
#define CLI_SCORE_MATRIX_H

#include <stddef.h>

/* Every signature (or those named) × every labelled capture of the corpora, and all negatives, as
 * Markdown: what docs/signatures.md holds. @out NULL = standard output. @baseline: also kept there,
 * flow by flow, for comparisons; NULL = not. @plots: plots are made in the folder plots below
 * it; NULL = not. Returns an exit code. */
int score_matrix(const char *const *signatures, size_t n, const char *out, const char *baseline,
		 const char *plots);

#endif
