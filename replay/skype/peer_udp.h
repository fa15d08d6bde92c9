/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PEER_UDP_H
#define REPLAY_PEER_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "replay/skype/message.h"

struct delayed_send;
struct overlay;

/**
 * struct udp_sock - a bound UDP socket of a peer
 * @fd:		-1 = closed; memset to 0 is not valid, use udp_sock_init()
 * @rx:		Called for each datagram of @n bytes; @flow is its truth flow, or -1
 * @owner:	For @rx
 * @mask:	What of every datagram is covered on the way, in both directions
 * @borrowed:	@fd is another socket's: it is sent through only
 * @later:	Datagrams that wait for their time
 */
struct udp_sock {
	struct overlay *o;
	int fd;
	struct endpoint local;
	void *owner;
	void (*rx)(void *owner, const struct endpoint *from, const uint8_t *p, size_t n, long flow);
	enum udp_mask mask;
	bool borrowed;
	struct delayed_send *later;
};

void udp_sock_init(struct udp_sock *s);
/* Sends through @of, which must be closed later than @s; what arrives there stays @of's. */
void udp_sock_borrow(struct udp_sock *s, const struct udp_sock *of);
/* Opens it in @netns (-1 = the current one). @local's port must not be 0. 0, or -1 with @e set. */
int udp_sock_open(struct udp_sock *s, struct overlay *o, int netns, const struct endpoint *local,
		  struct err *e);
void udp_sock_close(struct udp_sock *s);
/* Sends now and logs the message under @flow. */
void udp_sock_send(struct udp_sock *s, const struct endpoint *to, uint32_t flow, bool to_opener,
		   const char *name, const void *p, size_t n);
/* The same after @delay_s. */
void udp_sock_send_later(struct udp_sock *s, double delay_s, const struct endpoint *to,
			 uint32_t flow, bool to_opener, const char *name, const void *p, size_t n);

#endif
