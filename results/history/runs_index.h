/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_RUNS_INDEX_H
#define RESULTS_RUNS_INDEX_H

#include <stddef.h>

#include "base/err.h"

/* Writes DIR/index.html, a page over every run directory below DIR, and the plots of their signatures' history in
 * DIR/index/. Returns how many runs it found, or -1 with @e set. */
long runs_index(const char *dir, struct err *e);

#endif
