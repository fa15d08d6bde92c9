/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_VERDICT_H
#define BASE_CAPTURE_VERDICT_H

#include "base/capture/source.h"

/* Call it when all of @s was read, until it returns 0. -1 with @e set: something was wrong with the
 * content, so do not trust an answer from it. It warns of what is strange and does no harm. */
int source_verdict(struct source *s, struct err *e);

#endif
