/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_SESSION_H
#define DETECTOR_SESSION_H

#include "detector/engine/engine_private.h"

/* Which session event a connection to a super node is; EVENT_KINDS = none, it is known already. */
enum event_kind session_event(struct detector *d, const struct match *in);
/* The rule has matched and has an end, which is reported when it comes. */
void session_watch(struct detector *d, const struct match *in);
/* Reports what ends with the flow. */
void session_flow_closed(struct detector *d, uint32_t flow);
/* The flow may have ended, or goes on after that was in doubt: it is looked at again sooner, or
 * later. */
void session_flow_doubted(struct detector *d, uint32_t flow);
/* The input ends: reports what ends with flows that may have ended. */
void session_finish(struct detector *d);
/* Reports what has been idle for too long. */
void session_tick(struct detector *d);

#endif
