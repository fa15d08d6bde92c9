/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_CONNECT_H
#define REPLAY_CLIENT_CONNECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "replay/skype/peer_tcp.h"

/* What all of a client's TCP connections share: source ports, the ladder of ports, forms. */

struct overlay;
struct sc;

/* The ladder of ports on which a server is tried, one after the other. */
enum rung {
	RUNG_OWN, /* the server's own port */
	RUNG_443,
	RUNG_80,
	RUNG_PROXY, /* through the HTTP proxy, where there is one */
};
#define RUNGS 3 /* without the proxy */

/* The version's source ports: the one to be used next, and when the last one was taken. */
struct source_ports {
	uint16_t next;
	uint64_t used_ns;
};

/* Decides, at the start of the program, which source port comes first. */
void source_ports_start(struct sc *c);

/* Connects from the next free source port; @c owns the connection. @reason goes to the truth log.
 * NULL when there is no free port or no route. See conn_open(). */
struct tcp_conn *connect_open(struct sc *c, const struct endpoint *to, const char *reason,
			      const struct conn_ops *ops, double timeout_s);
/* Seconds that a client thinks before its next message on connection @k. */
double connect_think(const struct overlay *o, const struct tcp_conn *k);
/* @own, or the rung's port. */
uint16_t connect_port(int rung, uint16_t own);

/* R1 on port 443, a TLS hello. Returns its size. */
size_t connect_r1_443(struct sc *c, uint8_t *out);
/* The client's key block on @k: T1, R3, or with @r1_80 R1 on port 80. Returns its size. */
size_t connect_key_block(struct tcp_conn *k, struct sc *c, uint8_t *out, bool r1_80);
/* An encrypted record of @size bytes; with @ack, after an acknowledgement of the last one received
 * and smaller by its size. @k's owner is @c. Returns the size. */
size_t connect_record(struct tcp_conn *k, uint8_t *out, size_t size, unsigned command, bool ack);

/* An HTTP proxy: the CONNECT request (returns its size), and the proxy's answer: 1 = the way is
 * open, 0 = its head is not all there yet, -1 = refused. */
size_t proxy_request(uint8_t *out, size_t size, const struct endpoint *to);
int proxy_answer(const uint8_t *p, size_t n);

#endif
