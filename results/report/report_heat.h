/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_REPORT_HEAT_H
#define RESULTS_REPORT_HEAT_H

#include <stdio.h>

#include "results/report/run_cells.h"

/* The report's matrix of settings: for each signature and version a heat map, the caller's firewall and NAT
 * down, the callee's across, and beside it a strip of the settings that fit no square. Each square
 * opens its cells' details. Nothing when there are no cells. */
void report_heat(FILE *f, const struct run_cells *cells, const char *vantage);

#endif
