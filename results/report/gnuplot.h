/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_GNUPLOT_H
#define RESULTS_GNUPLOT_H

#include <stddef.h>

#include "base/err.h"

/* Runs gnuplot over DIR's scripts NAME.gp. 0, or -1 with @e set: gnuplot's first complaint, or
 * EXIT_ENV when it is not installed. */
int gnuplot_run(const char *dir, const char *const *names, size_t n, struct err *e);

#endif
