/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_SIZES_H
#define RESULTS_PLOT_SIZES_H

#include "base/err.h"
#include "results/report/plot_file.h"
#include "results/report/traffic.h"

/* message-sizes: payload sizes of every named message. May sort @t. 0, or -1 with @e set. */
int plot_sizes(struct traffic *t, struct plot_list *list, struct err *e);

#endif
