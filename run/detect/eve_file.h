/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_EVE_FILE_H
#define RUN_DETECT_EVE_FILE_H

#include "base/err.h"
#include "results/score/score.h"

/* The definition by which EVE files of others are read, and the name of their rows. */
#define EVE_FOREIGN "suricata"

/* Adds the events of an EVE file to @v: ours or, where it has none and is a regular file that is not
 * empty, Suricata's own; a warning then says what they are, and @in becomes a detector's that knows
 * no sessions. 0, or -1 with @e set. */
int eve_file_read(const char *path, struct detections *v, struct score_input *in, struct err *e);

#endif
