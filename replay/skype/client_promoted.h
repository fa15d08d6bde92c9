/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_PROMOTED_H
#define REPLAY_CLIENT_PROMOTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* A client that is a super node as well. */

struct sc;

/* Makes the client a super node on its own port, on 443 and on 80. False, and nothing changes,
 * when it is one already, is not connected, or is seen by others under another address than its
 * own. */
bool promoted_start(struct sc *c);
/* It is no super node any more: the connections of those who use it close. Its socket for datagrams
 * stays open. Nothing when it is none. */
void promoted_stop(struct sc *c);
/* The same without a word to anybody, as a host whose cable is pulled. */
void promoted_vanish(struct sc *c);
/* It swallows what arrives from now on. Nothing when it is none. */
void promoted_fall_silent(struct sc *c);
/* A datagram that the client itself does not expect. Nothing when it is no super node. */
void promoted_datagram(struct sc *c, const struct endpoint *from, const uint8_t *p, size_t n,
		       long flow);

#endif
