/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_DATAGRAM_H
#define REPLAY_CLIENT_DATAGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Hands a datagram that arrived to whom it concerns; @client is a struct sc. For struct udp_sock. */
void client_datagram(void *client, const struct endpoint *from, const uint8_t *p, size_t n,
		     long flow);

#endif
