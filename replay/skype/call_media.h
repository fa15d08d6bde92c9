/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CALL_MEDIA_H
#define REPLAY_CALL_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "replay/skype/call_leg.h"

/* The media's way between two clients, and the media. */

/* Probes the other end; the caller then chooses the way and tells the other end. */
void media_find_way(struct leg *l);
/* Takes the way @l->way that the caller has chosen. */
void media_take_way(struct leg *l);
/* A datagram of a call's probing; false when it is something else. */
bool media_probed(struct sc *c, const struct endpoint *from, unsigned command, const uint8_t *body,
		  size_t n);
/* A media datagram has arrived. */
void media_received(struct sc *c, const struct endpoint *from);

#endif
