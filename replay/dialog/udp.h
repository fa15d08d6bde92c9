/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DIALOG_UDP_H
#define REPLAY_DIALOG_UDP_H

#include "replay/dialog/ports.h"

/* A bound socket for port_get(). */
int udp_port_open(struct dialog_port *p, struct err *e);
/* Binds both sides. 0, or -1 with @e set; ports held so far are given back by udp_close(). */
int udp_open(struct dialog *d, struct rng *rng, struct err *e);
/* Sends a datagram in direction @dir. Always 0: what cannot be sent is lost. */
int udp_send(struct dialog *d, int dir, const uint8_t *data, uint32_t len);
void udp_close(struct dialog *d);
/* By which a datagram is recognised when it arrives (FNV-1a, with the size). */
uint64_t udp_digest(const uint8_t *p, uint32_t n);

#endif
