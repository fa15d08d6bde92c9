/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DIALOG_TCP_H
#define REPLAY_DIALOG_TCP_H

#include "replay/dialog/ports.h"

/* A listener for port_get(). */
int tcp_port_open(struct dialog_port *p, struct err *e);
/* Starts the connection. 0, or -1 with @e set; sockets made so far are closed by tcp_close(). */
int tcp_open(struct dialog *d, struct rng *rng, struct err *e);
/* Sends a message in direction @dir; what the socket does not take yet is kept. 0, or -1: the
 * connection is gone. */
int tcp_send(struct dialog *d, int dir, const uint8_t *data, uint32_t len);
/* Something given to a socket has not been acknowledged, or has not even left it. */
bool tcp_unacked(const struct dialog *d);
/* Begins the orderly close at @side. */
void tcp_shutdown(struct dialog *d, int side);
/* Closes both sockets, at once or with a reset. */
void tcp_close(struct dialog *d, bool reset);

#endif
