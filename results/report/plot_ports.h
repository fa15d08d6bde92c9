/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_PLOT_PORTS_H
#define RESULTS_PLOT_PORTS_H

#include "base/err.h"
#include "results/report/plot_file.h"
#include "results/report/traffic.h"

/* ports: what the users' flows ran over, per version and setting. May sort @t. 0, or -1 with @e
 * set. */
int plot_ports(struct traffic *t, struct plot_list *list, struct err *e);

#endif
