/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CAPTURE_VERDICT_H
#define BASE_CAPTURE_VERDICT_H

#include "base/capture/source.h"

/* To be called when all of @s was read, until it returns 0. -1 with @e set: something was wrong
 * with its content, so that an answer from it is not to be trusted. What is only strange is a
 * warning. */
int source_verdict(struct source *s, struct err *e);

#endif
