/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_LOOK_AHEAD_H
#define RUN_DETECT_LOOK_AHEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "detector/detector.h"

#define LOOK_AHEAD 1000 /* packets */

/* Shows the @n detectors of @d the first packets of a capture, before the first is detected, so that each knows at once who
 * sends good checksums. What cannot be read twice, or at all, is left to be read as it comes. */
void look_ahead(struct detector *const *d, size_t n, const char *path);
/* Whether a capture can be read twice. */
bool can_look_ahead(const char *path);

#endif
