/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_HISTORY_H
#define RESULTS_HISTORY_H

#include <stdio.h>

#include "base/err.h"
#include "results/report/text_table.h"

/* All runs in one SQLite file, which is made when it is missing. A run is identified by the digest
 * of its manifest: adding it again replaces it. */

/* Adds the run directory @dir (accuracy.tsv and manifest.json). 0, or -1 with @e set. */
int history_add(const char *db, const char *dir, struct err *e);
/* Prints the runs in order of time: for each source, traffic version and vantage the measures of
 * @signature by @unit ("flow", "client", "session"), over all settings. @signature NULL: the runs.
 * Returns the number of lines, or -1 with @e set. */
int history_print(const char *db, const char *signature, const char *unit, enum table_format format,
		  FILE *f, struct err *e);
/* DIR/history-SIGNATURE.{tsv,gp,svg,png}: recall and precision over the runs. 0, or -1 with @e set.
 */
int history_plot(const char *db, const char *signature, const char *unit, const char *dir,
		 struct err *e);

#endif
