/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_RUNS_INDEX_H
#define RESULTS_RUNS_INDEX_H

#include <stddef.h>

#include "base/err.h"

/* Writes DIR/index.html, a page over the run directories below DIR with plots of their signatures' history. @found:
 * how many runs there are, @shown: how many of them, the newest, the page has. 0, or -1 with @e set. */
int runs_index(const char *dir, size_t *found, size_t *shown, struct err *e);

#endif
