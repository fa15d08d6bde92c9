/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PROGRAMS_LISTENING_H
#define REPLAY_PROGRAMS_LISTENING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* Whether a socket in @netns waits at @at, or at this port of any address: a listening one of TCP,
 * a bound one of UDP. IPv4. */
bool listening_at(int netns, uint8_t proto, const struct endpoint *at);

#endif
