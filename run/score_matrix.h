/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SCORE_MATRIX_H
#define RUN_SCORE_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/**
 * struct matrix_request - what to try on the corpora, and where the results go
 * @signatures:	Names or files; @n 0 = all that are bundled
 * @detectors:	Foreign detectors, see under_test_load()
 * @out:	The page; NULL = standard output
 * @baseline:	File that keeps the result flow by flow, for comparisons, or NULL
 * @plots:	Folder below which plots/ is made, or NULL
 */
struct matrix_request {
	const char *const *signatures, *const *detectors;
	size_t n, detectors_n;
	const char *out, *baseline, *plots;
};

/* Scores them on every labelled capture of the corpora and on all negatives, as Markdown: the content
 * of docs/signatures.md. A detector that fails with a capture is reported, *@failed becomes true, and
 * the page says so. 0, or -1 with @e set. */
int score_matrix(const struct matrix_request *r, bool *failed, struct err *e);

#endif
