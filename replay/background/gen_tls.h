/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_BACKGROUND_GEN_TLS_H
#define REPLAY_BACKGROUND_GEN_TLS_H

#include "replay/background/writer.h"

/* TLS 1.3 handshake messages without a record layer, as TLS, QUIC and OpenVPN carry them. @quic:
 * transport parameters (extension 57), or NULL. */
void put_client_hello(struct writer *w, struct rng *r, const void *session_id, unsigned session_len,
		      const char *name, const char *alpn, const struct writer *quic);
void put_server_hello(struct writer *w, struct rng *r, const void *session_id,
		      unsigned session_len);

#endif
