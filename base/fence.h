/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_FENCE_H
#define BASE_FENCE_H

#include "base/err.h"

/* Tells when the kernel has no packet of this thread under way. */
struct fence;

/* Pins the thread to the CPU it is on. The loopback of the network namespace that it is in must be
 * up. NULL with @e set. */
struct fence *fence_open(struct err *e);
void fence_close(struct fence *f); /* may be NULL */
/* Returns when every packet that the thread has sent, and all that the kernel sent because of it, is
 * where it goes. */
void fence_wait(struct fence *f);

#endif
