/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_TCP_H
#define DETECTOR_TCP_H

#include "detector/engine/engine_private.h"

/* Whether the packet opens a new connection on the addresses and ports of the flow @f. A SYN on a
 * connection under way does not: the SYN+ACK that answers it does. */
bool tcp_reopens(struct flow *f, int dir, const struct packet *p);
/* The flow is the new one: @p is the SYN+ACK that answers a SYN which came before. */
void tcp_reopened(struct flow *f, const struct packet *p);
/* A FIN of the flow whose checksum is bad, and which is passed over otherwise. If nothing more comes
 * from its side until the input ends, it was the end. */
void tcp_spoilt_fin(struct flow *f, int dir, const struct packet *p);
/* A TCP packet of a flow: handshake, payload, end. @pre: see payload.h. */
void tcp_packet(struct detector *d, uint32_t flow, int dir, const struct packet *p,
		const struct prefilter *pre);

#endif
