/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_LOSS_H
#define LAB_LOSS_H

#include <stdint.h>

#include "base/loop.h"

/* What the lab's links have lost of TCP, until it is sent again. */

struct losses;

/* @loop must outlive it. Never NULL; free with losses_free(). */
struct losses *losses_new(struct loop *loop);
void losses_free(struct losses *l);
/* An Ethernet frame of @len bytes was lost: when the kernel will send it again, the clock is held. */
void losses_add(struct losses *l, const uint8_t *bytes, uint32_t len);
/* An Ethernet frame goes its way: what was lost may be here again. */
void losses_seen(struct losses *l, const uint8_t *bytes, uint32_t len);

#endif
