/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CALL_PSTN_H
#define REPLAY_CALL_PSTN_H

#include <stdbool.h>

#include "base/addr.h"

/* Calls to the telephone network. */

struct sc;

/* Begins a call of @seconds of media; ->action_ended() is called when it is over. -1 when it cannot
 * even begin. */
int pstn_start(struct sc *c, const char *number, double seconds);
/* A datagram has come from the gateway's media port; false when it comes from elsewhere. */
bool pstn_media(struct sc *c, const struct endpoint *from);
/* Drops the call under way, if any. */
void pstn_free(struct sc *c);

#endif
