/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_CHOOSE_SIGNATURES_H
#define RUN_CHOOSE_SIGNATURES_H

#include "base/err.h"
#include "detector/detector.h"
#include "run/runner.h"
#include "run/scenario/scenario.h"

/* The signatures of a run: what the command line names, else what the scenario does. Where those of the
 * scenario do not look for its target, the bundled ones that do come along (of those for Skype, the
 * paper's first). NULL with @e set: also when those of the command line do not look for the target and
 * no other detector is under test. */
struct signature_set *choose_signatures(const struct run_options *o, const struct scenario *s,
					struct err *e);

#endif
