/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_LOSSES_H
#define RUN_VARY_LOSSES_H

#include "base/rng.h"
#include "run/vary/copied.h"

/* Loses @share of Skype's messages behind the place of the capture, so that they are seen again.
 * Needs the index and makes it anew. Returns how many. */
size_t vary_losses(struct copied_capture *r, const struct labels *labels, double share,
		   struct rng *rng);

#endif
