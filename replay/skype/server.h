/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SERVER_H
#define REPLAY_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rng.h"
#include "replay/skype/overlay.h"
#include "replay/skype/peer_tcp.h"
#include "replay/skype/peer_timer.h"
#include "replay/skype/peer_udp.h"

/* What the servers of all roles share. What a role does is in a file of its own. */

struct relay;

#define PORT_LS	   33033 /* login servers, bootstrap super nodes, the PSTN gateway's server */
#define PORT_DNS   53
#define PORT_EVENT 12350
#define PORT_MEDIA 12340 /* media of the PSTN gateway */

/* What an accepted connection turned out to be: ->purpose of a server's connection. */
enum { CONN_NEW, CONN_SESSION, CONN_RELAY };

/**
 * struct server_ops - what a role does with what reaches it
 * @port:	Main port; 0 = drawn above 1024
 * @datagram:	For the main port; NULL = the role has no UDP
 * @media:	For PORT_MEDIA; NULL = not open
 * @accepted:	A client has connected; sets the connection's ->owner and ->ops; NULL = the role has
 *		no TCP
 * @web_ports:	TCP 443 and 80 are open as well
 */
struct server_ops {
	uint16_t port;
	void (*datagram)(void *server, const struct endpoint *from, const uint8_t *p, size_t n,
			 long flow);
	void (*media)(void *server, const struct endpoint *from, const uint8_t *p, size_t n,
		      long flow);
	void (*accepted)(struct listener *l, struct tcp_conn *c);
	bool web_ports;
};

/**
 * struct server - one open server
 * @node:	Lab node it runs on; @spec points at it
 * @id:		Its own counter of request ids
 * @udp:	Main port; ->local is set even where the role has no UDP
 * @media:	PORT_MEDIA, the PSTN gateway only
 * @tcp:	Main port, 443, 80
 * @leave:	Fires when it goes away
 * @version:	Gives the sizes of its answers; NULL before overlay_start()
 * @lent:	UDP socket of the client that it is part of, which it sends through; NULL = its own
 * @relays:	Calls it relays (supernode_relay.c)
 */
struct server {
	struct overlay *o;
	const struct server_ops *ops;
	struct overlay_server_spec spec;
	char node[32];
	struct rng rng;
	uint16_t id;
	struct udp_sock udp, media;
	struct listener tcp[3];
	struct peer_timer leave;
	const struct version *version;
	const struct udp_sock *lent;
	struct relay *relays;
};

/* A server of @spec, not open yet; @ops must outlive it. Free with server_free(). */
struct server *server_new(struct overlay *o, const struct overlay_server_spec *spec,
			  const struct server_ops *ops);
/* Makes it one of its overlay's servers: others can find it, and the overlay frees it. */
void server_add(struct server *s);
/* Opens its sockets. 0, or -1 with @e set. */
int server_open(struct server *s, struct err *e);
/* Closes its sockets and connections, as a server that goes away does. */
void server_close(struct server *s);
/* Answers nothing any more, as a host that is switched off. Its connections stay open. */
void server_fall_silent(struct server *s);
void server_free(struct server *s);

/* The @nth server of a role, from 0; NULL when there are fewer. */
struct server *server_find(const struct overlay *o, enum overlay_role role, size_t nth);
/* Emulated seconds until a server answers: its own time to think, without the way, which is the lab's. */
double server_delay(struct rng *r);

/* Sends U2: "I cannot decrypt datagram @id; I see you at @to's address". */
void server_send_u2(struct server *s, const struct endpoint *to, uint32_t flow, uint16_t id);
/* Sends the function-2 answer to request @reqid; @size payload bytes in all. Nothing when @flow is
 * -1: that sender is none of our peers. */
void server_reply(struct server *s, const struct endpoint *to, long flow, const char *name,
		  unsigned command, uint16_t reqid, size_t size, const void *body, size_t body_len);
/* Sends one record to a client. @c belongs to a server. */
void server_send_record(struct tcp_conn *c, const char *name, size_t size, unsigned command,
			uint16_t id, const void *body, size_t body_len);

#endif
