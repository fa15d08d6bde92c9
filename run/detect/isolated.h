/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_ISOLATED_H
#define RUN_DETECT_ISOLATED_H

#include "base/err.h"
#include "detector/detector.h"
#include "results/score/detections.h"
#include "results/score/flows.h"

/* As detect_capture(), but every UDP and TCP flow is given to a detector of its own, as if it were
 * alone in a capture: nothing that one flow shows helps to know another. Times and frame numbers are
 * those of the whole capture. 0; -1 with @e set when the file was unreadable from some point on:
 * what was read before is there. */
int detect_isolated(const struct signature_set *set, const char *path, struct detections *v,
		    struct flow_index *x, struct err *e);

#endif
