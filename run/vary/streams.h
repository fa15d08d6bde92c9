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

#endif
