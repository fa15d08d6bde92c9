/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_FOREIGN_FEED_H
#define RUN_FOREIGN_FEED_H

#include "base/err.h"

/* Puts an interface called @name into the network namespace of this process, which is fresh and its
 * own. Returns a packet socket: Ethernet frames that are sent there arrive at the interface, and
 * what is sent out of it goes nowhere. -1 with @e set. */
int feed_make(const char *name, struct err *e);

#endif
