/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_VARY_STREAMS_H
#define RUN_VARY_STREAMS_H

#include "base/rng.h"
#include "run/vary/payload.h"
#include "run/vary/copied.h"

/* Rewrites the TCP connections of Skype: bytes (payload.c), and messages of free length, with all
 * sequence and acknowledgement numbers behind them. Needs the index. Returns how many segments were
 * rewritten. */
uint64_t vary_connections(struct copied_capture *r, const struct vary_keys *k, struct rng *rng);

/* Makes the first messages of every connection, those that are one segment, @pad bytes longer, and the
 * first @mask bytes of each direction noise. Returns how many payloads changed. */
uint64_t change_connections(struct copied_capture *r, int pad, size_t mask, struct rng *rng);

#endif
