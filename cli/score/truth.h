/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CLI_SCORE_TRUTH_H
#define CLI_SCORE_TRUTH_H

#include "cli/score/options.h"
#include "results/score/flows.h"
#include "results/score/labels.h"
#include "results/score/source.h"
#include "run/cell/of_capture.h"

/* The labels by application, where the confusion table wants them; *@out NULL: it does not. 0, or -1 with @e set. */
int score_read_named(const struct score_options *o, const char *file, struct labels **out,
		     struct err *e);
/* Warns of rows of a label file that meet no flow of the capture, and of a file without rows; 0. When
 * no row meets any, the file is another capture's: -1 with @e set. @whole: the capture was read to its
 * end */
int score_check_met(const char *file, const struct labels *l, const char *capture,
		    const struct flow_index *x, bool whole, struct err *e);
/* Where the labels of a capture stand: --labels, the truth of the run that made it, or a file that
 * goes by its name. (owned); NULL with @e set. */
char *score_labels_file(const struct score_options *o, const char *path,
			const struct cell_capture *cell, struct err *e);
/* What the rows say of the source of a recorded capture. 0, or -1 with @e set where they differ in it. */
int score_source_of_labels(const struct labels *l, const char *file, enum traffic_source *source,
			   struct err *e);
/* False, with @e set, for a capture of a cell that has emulated and recorded traffic. */
bool score_one_source(const char *path, const struct cell_capture *cell, bool of_run,
		      struct err *e);

#endif
