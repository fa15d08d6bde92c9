/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_ORIGIN_H
#define RESULTS_REPORT_ORIGIN_H

#include <stdio.h>

#include "base/err.h"
#include "results/history/manifest.h"

/* What the run was made from: program, kernel, and with @m (may be NULL) the command, seed and
 * digests of its inputs, which are read here. 0, or -1 with @e set. */
int report_origin(FILE *f, const struct manifest_facts *m, struct err *e);
/* The part of a path behind its last slash. */
const char *report_base_name(const char *path);

#endif
