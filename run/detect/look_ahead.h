/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_LOOK_AHEAD_H
#define RUN_DETECT_LOOK_AHEAD_H

#include "detector/detector.h"

/* Shows @d the first packets of a capture, before the first is detected, so that it knows at once who
 * sends good checksums. What cannot be read twice, or at all, is left to be read as it comes. */
void look_ahead(struct detector *d, const char *path);

#endif
