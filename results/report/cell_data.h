/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_CELL_DATA_H
#define RESULTS_CELL_DATA_H

#include "base/err.h"
#include "base/tsv.h"
#include "results/report/run_cells.h"

/* Writes @folder/cell-K.js for the K-th cell, what the report's page shows of it when it is opened:
 * setting, logins and calls, verdicts, the flows of its first trial and where the network stopped them, its
 * messages, what the rules dropped, and the names of its files. @outcomes may be NULL. The folder must exist. 0, or
 * -1 with @e set; a file of the cell that is missing or cannot be read leaves its part out. */
int cell_data_write(const char *run_dir, const char *folder, size_t k, const struct run_cell *c,
		    const struct score_table *t, const struct tsv *outcomes, struct err *e);

#endif
