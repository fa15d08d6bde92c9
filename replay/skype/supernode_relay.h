/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SUPERNODE_RELAY_H
#define REPLAY_SUPERNODE_RELAY_H

#include "replay/skype/server.h"

/* Passes a call signal on to the client it names; its sender learns when there is none. @c is the
 * SN's end of the sender's connection. */
void relay_signal(struct tcp_conn *c, const uint8_t *body, size_t n);
/* One end of a call joins: @body is the call's id. A third end is ignored. */
void relay_join_udp(struct server *s, const struct endpoint *from, const uint8_t *body, size_t n,
		    long flow);
void relay_join_tcp(struct tcp_conn *c, const uint8_t *body, size_t n);
/* Passes media on to the other end. */
void relay_media_udp(struct server *s, const struct endpoint *from, const uint8_t *p, size_t n);
void relay_media_tcp(struct tcp_conn *c, const uint8_t *p, size_t n);
void relays_free(struct server *s);

#endif
