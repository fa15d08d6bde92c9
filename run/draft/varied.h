/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DRAFT_VARIED_H
#define RUN_DRAFT_VARIED_H

#include "detector/detector.h"
#include "run/draft/sources.h"
#include "run/regress/copies.h"

#define VARIED_MOST 8 /* captures that copies are made of */

/* Tries the signature on @copies copies of labelled captures of @s, VARIED_MOST of them, evenly chosen:
 * `skypelab regress --vary` without a baseline. Free @out with copies_free(). 0, or -1 with @e set. */
int varied_try(const struct signature_set *set, const struct draft_sources *s, unsigned copies,
	       struct copies *out, struct err *e);
/* Says what came of it. */
void varied_put(const struct copies *c, FILE *f);

#endif
