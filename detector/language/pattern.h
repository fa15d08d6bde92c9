/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_PATTERN_H
#define DETECTOR_PATTERN_H

#include "detector/language/value.h"

/* Reads "02", "?7", "07/8f", "16 03 | 17 03", or with @text the bytes of the text itself: fills
 * length, alternatives, values and masks of @t. 0, or -1 with the parser's error set. */
int sig_pattern(struct sigparse *p, yaml_node_t *n, bool text, struct test *t);

#endif
