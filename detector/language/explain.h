/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_SIGNATURE_SHOW_H
#define DETECTOR_SIGNATURE_SHOW_H

#include <stdio.h>

#include "detector/detector.h"

/* Writes signature @i of @set in words, generated from what was compiled. */
void signature_show(FILE *f, const struct signature_set *set, size_t i);

/* What the rule in line @line of the file @path asked besides its messages: memory, counts and figures, a line each.
 * Whether it asked figures of the flow. */
bool signature_show_conditions(FILE *f, const struct signature_set *set, const char *path,
			       unsigned line);

#endif
