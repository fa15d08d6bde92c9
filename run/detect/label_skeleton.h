/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_LABEL_SKELETON_H
#define RUN_DETECT_LABEL_SKELETON_H

#include <stdio.h>

#include "base/err.h"

/* Writes a label file of the capture @path, skypelab-labels(5), with every flow labelled unknown, and
 * beside the known columns what helps a person to decide: packets, bytes of payload each way, and the
 * first bytes each side sent. Flows stand in the order of their first packets. 0; -1 with @e set
 * when the capture has no flow, or cannot be read to its end: what was read is written. */
int label_skeleton_write(const char *path, FILE *f, struct err *e);

#endif
