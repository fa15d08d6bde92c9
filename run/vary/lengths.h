/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_LENGTHS_H
#define RUN_VARY_LENGTHS_H

#include "base/rng.h"
#include "run/vary/copied.h"

/* Gives UDP messages of Skype whose length is free another one. Lengths that follow from another
 * message follow; a request sent again is as long as before. Needs the index. */
void vary_lengths(struct copied_capture *r, struct rng *rng);

#endif
