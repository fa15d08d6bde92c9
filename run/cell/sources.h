/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CELL_SOURCES_H
#define RUN_CELL_SOURCES_H

#include <stdbool.h>

#include "results/score/detections.h"
#include "results/score/labels.h"
#include "results/score/table.h"
#include "run/cell/cell.h"

/* Does a cell have traffic of this source? Emulated: clients, generators of background. Recorded:
 * recordings, real programs. A cell without any traffic counts as emulated. */
bool cell_has_source(const struct cell_job *job, enum traffic_source source);
/* Version of the source's Skype clients in the cell; "mixed" when they differ, "-" when there is
 * none. Valid as long as the job. */
const char *cell_version_of(const struct cell_job *job, enum traffic_source source);
/* The independent trial that the source's traffic in the cell is part of (clusters.h); caller
 * frees. */
char *cell_cluster_of(const struct cell_job *job, enum traffic_source source);

/* The truth of one source: flows of others get the label unknown, which is not counted, or,
 * without a target, no row; caller frees. */
struct labels *source_labels(const struct labels *all, enum traffic_source source);
/* The events on a source's flows; events on flows without a row count as on emulated ones, so that
 * they are counted once. Caller frees. */
struct detections *source_detections(const struct detections *all, const struct labels *labels,
				     enum traffic_source source);

#endif
