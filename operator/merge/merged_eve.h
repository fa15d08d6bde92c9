/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_MERGED_EVE_H
#define OPERATOR_MERGED_EVE_H

#include <stdio.h>

#include "base/err.h"
#include "operator/merge/join.h"

/* Writes a sighting and whose it is as a line of EVE JSON (skypelab-eve(5)). 0, or -1 with @e set when
 * the stream cannot be written. */
int merged_eve_write(FILE *f, const struct sighting *s, const struct join_verdict *v,
		     struct err *e);

#endif
