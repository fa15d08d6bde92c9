/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_DATAGRAM_H
#define REPLAY_CLIENT_DATAGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* The handler of the client's struct udp_sock: hands a datagram to whom it concerns. @client is a
 * struct sc. */
void client_datagram(void *client, const struct endpoint *from, const uint8_t *p, size_t n,
		     long flow);

#endif
