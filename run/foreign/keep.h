/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_KEEP_H
#define RUN_FOREIGN_KEEP_H

#include "base/err.h"
#include "run/foreign/contained.h"

/* Copies the regular files of the folder open at @from into the one open at @to (-1 = they stay
 * there), and fills in what @r says of outputs. The program that wrote them has ended. More than
 * @most bytes are none: then @r ended by that. 0, or -1 with @e set. */
int keep_outputs(int from, int to, uint64_t most, struct contained_result *r, struct err *e);

#endif
