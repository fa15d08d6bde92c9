/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_SWEEP_KEPT_H
#define RUN_SWEEP_KEPT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "results/history/manifest.h"
#include "results/score/table.h"

/**
 * struct kept - what a shard keeps of a cell beside its folder, so that a merge reads no captures
 * @files:	(owned) the cell's files, named below its folder, sorted
 */
struct kept {
	struct manifest_file *files;
	size_t n;
};

#define KEPT_FOLDER "kept" /* of a shard's directory; a file for each cell, by its name */

/* Writes to @f what the cell in @dir came to. 0, or -1 with @e set; the caller looks for errors of the
 * stream. */
int kept_write(FILE *f, const char *dir, const struct score_table *scores, struct err *e);
/* What the shard in @shard kept of a cell; its scores are added to @scores, unless that is NULL. Anybody
 * may have written it. 0, or -1 with @e set: @scores may then have a part of them. Free it with
 * kept_clear(). */
int kept_read(struct kept *k, const char *shard, const char *cell, struct score_table *scores,
	      struct err *e);
void kept_clear(struct kept *k);

#endif
