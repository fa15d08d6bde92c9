/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PEER_TCP_H
#define REPLAY_PEER_TCP_H

#include <nettle/arcfour.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/rng.h"
#include "replay/skype/peer_timer.h"

struct delayed_send;
struct overlay;
struct tcp_conn;

/**
 * struct conn_ops - what a connection tells its owner
 * @connected:	The three-way handshake is done (outgoing only)
 * @data:	Bytes came in; all that arrived so far
 * @closed:	End of stream, reset, connect failure (@error = errno) or connect timeout
 *		(ETIMEDOUT); the connection is closed when this is called
 */
struct conn_ops {
	void (*connected)(struct tcp_conn *c);
	void (*data)(struct tcp_conn *c, const uint8_t *p, size_t n);
	void (*closed)(struct tcp_conn *c, int error);
};

struct tcp_conn {
	struct overlay *o;
	struct tcp_conn *next, *all;
	unsigned generation;
	int fd;
	bool server, connecting;
	struct endpoint local, remote;
	long flow; /* -1 = not known yet */
	const struct conn_ops *ops;
	void *owner;
	struct peer_timer timer; /* connect timeout, then the owner's */
	struct delayed_send *later;
	unsigned cut; /* so many bytes of each message go in a segment of their own; 0 = none */
	uint8_t mask; /* covers every byte, in both directions; 0 = none */
	uint64_t last_send_ns; /* when the last delayed message goes out */
	/* protocol state, used by the owner */
	int stage, purpose, rung;
	uint32_t host;
	uint16_t reqid;
	struct arcfour_ctx tx, rx;
	struct rng rng;
	uint8_t in[4096]; /* bytes that wait for the rest of their record */
	size_t in_len;
	char path[64];
};

/* Opens a connection from @local (port must be given) to @remote; NULL with errno when the port is
 * taken or there is no route: the owner is not called. After @timeout_s without an answer
 * closed(ETIMEDOUT) is called. The caller sets the truth flow. */
struct tcp_conn *conn_open(struct overlay *o, int netns, const struct endpoint *local,
			   const struct endpoint *remote, double timeout_s,
			   const struct conn_ops *ops, void *owner);
/* Sends one message as one segment, or cut in two. */
void conn_send(struct tcp_conn *c, const char *name, const void *p, size_t n);
void conn_send_later(struct tcp_conn *c, double delay_s, const char *name, const void *p, size_t n);
/* Starts an accepted connection's random numbers from its first bytes. */
void conn_seed(struct tcp_conn *c);
/* FIN (or RST with @abort). ops->closed is not called. The conn must not be used afterwards. */
void conn_close(struct tcp_conn *c, bool abort);

/* Forgets it without a packet, as a host whose cable is pulled. */
void conn_vanish(struct tcp_conn *c);

/* A listening socket; ops->closed and ->data are set by accept's callee. */
struct listener {
	struct overlay *o;
	int fd;
	struct endpoint local;
	void *owner;
	void (*accepted)(struct listener *l, struct tcp_conn *c);
};
/* @filtered: the socket swallows every packet, as behind a firewall that drops. */
int listener_open(struct listener *l, struct overlay *o, int netns, const struct endpoint *local,
		  bool filtered, struct err *e);
void listener_close(struct listener *l);

#endif
