/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_TALK_PRIVATE_H
#define REPLAY_TALK_PRIVATE_H

#include <uthash.h>

#include "replay/dialog/dialog.h"

/* Shared by talk.c (turns), talk_udp.c and talk_tcp.c (sockets). */

struct port_key {
	int netns;
	uint8_t proto;
	struct endpoint at;
};

/* UDP: who speaks to a port from where. */
struct peer_entry {
	struct endpoint peer;
	struct talk *talk;
	int side; /* of the talk that has this port */
	UT_hash_handle hh;
};

/* A bound UDP socket, or a TCP listener. */
struct port {
	struct port_key key;
	struct talks *ts;
	int fd;
	unsigned refs;
	struct peer_entry *peers; /* UDP: talks by the peer's endpoint */
	struct talk *waiting; /* acceptor side: talks whose opener was not seen yet, oldest first */
	UT_hash_handle hh;
};

/* A message under way. */
struct flight {
	uint32_t index; /* from 1 */
	uint32_t size;
	uint64_t digest; /* UDP: of the payload */
	uint64_t end;	 /* TCP: stream offset after it */
};

enum { FROM_OPENER, FROM_ACCEPTOR };

/* One side's socket and what it still has to send (TCP). */
struct talk_socket {
	struct talk *talk;
	int fd; /* TCP: own; UDP: the port's */
	bool watched_out, eof;
	uint8_t *out;
	uint32_t out_len, out_off, out_cap;
};

enum talk_state { TALK_CONNECTING, TALK_SPEAKING, TALK_LAST, TALK_RESTING, TALK_CLOSING };

struct talk {
	struct talks *ts;
	struct talk_spec spec;
	struct talk *prev, *next; /* all open talks */
	struct talk *wait_next;	  /* in port.waiting */
	bool waiting, connected;
	enum talk_state state;
	struct loop_timer timer;
	struct port *port[2]; /* by side: opener's (UDP) and acceptor's */
	struct talk_socket sock[2];
	struct endpoint peer[2]; /* UDP: whom each side sends to */
	struct tuple tuple;
	uint32_t flow; /* in the truth log */
	bool have_turn, blocked;
	struct talk_turn turn;
	uint64_t due_ns;
	uint64_t last_sent_ns[2]; /* by direction */
	uint64_t last_got_ns[2];
	unsigned naps;			/* times the loop stood still for the kernel */
	uint64_t stream[2], arrived[2]; /* TCP: bytes given to and taken from the socket */
	bool proven[2];			/* something arrived in this direction */
	struct flight *flight[2];
	uint32_t flights[2], flight_cap[2];
	struct talk_result result;
};

struct talks {
	struct loop *loop;
	struct truth_log *truth;
	struct talk *first;
	struct port *ports;
	unsigned users;
	struct talks *next; /* of another loop */
};

struct port *port_get(struct talks *ts, uint8_t proto, int netns, const struct endpoint *at,
		      struct err *e);
void port_put(struct port *p);
/* Closes and frees one that is in no table any more. */
void port_free(struct port *p);
void waiting_add(struct port *p, struct talk *t);
void waiting_remove(struct port *p, struct talk *t);

int udp_port_open(struct port *p, struct err *e);
int udp_talk_open(struct talk *t, struct rng *rng, struct err *e);
int udp_talk_send(struct talk *t, int dir, const uint8_t *data, uint32_t len);
void udp_talk_close(struct talk *t);

int tcp_port_open(struct port *p, struct err *e);
int tcp_talk_open(struct talk *t, struct rng *rng, struct err *e);
int tcp_talk_send(struct talk *t, int dir, const uint8_t *data, uint32_t len);
/* Something sent has not been acknowledged, on a connection that stands. */
bool tcp_talk_unacked(const struct talk *t);
void tcp_talk_shutdown(struct talk *t, int side);
void tcp_talk_close(struct talk *t, bool reset);

/* A TCP connection stands on both sides. */
void talk_connected(struct talk *t);
void talk_got_datagram(struct talk *t, int dir, const uint8_t *data, uint32_t len);
void talk_got_bytes(struct talk *t, int dir, uint32_t len);
/* The connection failed, was reset or closed by a peer; ends the talk. */
void talk_broken(struct talk *t);
/* Both sides of a TCP connection have closed it in order. */
void talk_closed(struct talk *t);
uint64_t payload_digest(const uint8_t *p, uint32_t n);
/* Binds @fd to @at, or to a drawn port where it has none; the port chosen is written back. */
int bind_drawn(int fd, struct endpoint *at, struct rng *rng, struct err *e);

#endif
