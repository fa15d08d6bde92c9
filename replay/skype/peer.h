/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_PEER_H
#define REPLAY_PEER_H

/* What the peers of the overlay share: the clock, sockets, delayed sends, truth. Private. */

#include "base/addr.h"
#include "base/loop.h"
#include "base/rng.h"
#include "base/truth.h"
#include "replay/skype/message.h"
#include "replay/skype/overlay.h"
#include "replay/skype/version.h"

#define PORT_LS	   33033
#define PORT_EVENT 12350
#define PORT_MEDIA 12340
#define RX_MAX	   65536

struct conn;
struct sc;
struct server;
struct delayed;
struct visit;

/* What a received message says about the flow it came on: payload digest -> flow of the truth log.
 * Answers are logged under it, whatever a NAT made of the addresses. */
struct sighting {
	uint64_t digest;
	uint32_t flow;
	uint32_t used;
	uint64_t order;
};

#define SIGHTING_SETS 4096
#define SIGHTING_WAYS 8

struct overlay {
	struct loop *loop;
	struct truth_log *truth;
	uint64_t seed;
	uint64_t start_ns;
	uint64_t now_ns; /* time of the timer whose consequences are being handled */
	struct server **servers;
	size_t server_count;
	struct sc **clients;
	size_t client_count;
	size_t running; /* clients whose script has not ended */
	bool started;
	struct overlay_outcome *outcomes;
	size_t outcome_count, outcome_cap;
	struct sighting *sightings; /* SIGHTING_SETS * SIGHTING_WAYS */
	uint64_t sighting_order;
	struct conn *idle_conns;
	struct conn *conns; /* all ever made, by ->all */
	struct delayed *idle_delayed, *all_delayed;
	uint64_t messages;
	struct visit *visits;
	void (*done)(void *arg);
	void *done_arg;
	uint8_t rx[RX_MAX];
};

/* --- time --------------------------------------------------------------------------------- */

/* The emulated time that counts for planning: that of the last timer, so that the work's own real
 * time does not move later events (the same seed gives the same order). */
uint64_t overlay_now(struct overlay *o);

/* A timer of a peer. Zero it before first use. */
struct ptimer {
	struct loop_timer t;
	struct overlay *o;
	void (*fn)(void *arg);
	void *arg;
};
void ptimer_after(struct overlay *o, struct ptimer *t, double seconds, void (*fn)(void *),
		  void *arg);
void ptimer_cancel(struct ptimer *t);
static inline bool ptimer_armed(const struct ptimer *t)
{
	return loop_timer_armed(&t->t);
}

/* --- truth -------------------------------------------------------------------------------- */

/* Who opens flows: goes into the truth log. */
struct opener {
	const char *node, *client, *version;
	struct ip ip;
};

uint32_t flow_open(struct overlay *o, const struct opener *by, uint8_t proto,
		   const struct endpoint *src, const struct endpoint *dst, const char *reason);
/* Logs a message and remembers its digest, so that the receiver finds the flow. */
void flow_sent(struct overlay *o, uint32_t flow, bool to_opener, const char *name, const void *p,
	       size_t n);
/* Flow of a received message, or -1. Each message is found once. */
long flow_of(struct overlay *o, const void *p, size_t n);

/* --- UDP ---------------------------------------------------------------------------------- */

/**
 * struct usock - a bound UDP socket
 * @rx:	Called for each datagram; @flow is its truth flow or -1
 */
struct usock {
	struct overlay *o;
	int fd; /* -1 = closed; memset to 0 is not valid, use usock_init */
	struct endpoint local;
	void *owner;
	void (*rx)(void *owner, const struct endpoint *from, const uint8_t *p, size_t n, long flow);
	struct delayed *later;
};
void usock_init(struct usock *s);
/* port 0: the kernel's choice is not used; give a port. 0, or -1 with @e set. */
int usock_open(struct usock *s, struct overlay *o, int netns, const struct endpoint *local,
	       struct err *e);
void usock_close(struct usock *s);
/* Sends now, on a truth flow that is known. */
void usock_send(struct usock *s, const struct endpoint *to, uint32_t flow, bool to_opener,
		const char *name, const void *p, size_t n);
/* The same after @delay_s. */
void usock_send_later(struct usock *s, double delay_s, const struct endpoint *to, uint32_t flow,
		      bool to_opener, const char *name, const void *p, size_t n);

/* --- TCP ---------------------------------------------------------------------------------- */

/**
 * struct conn_ops - what a connection tells its owner
 * @connected:	The three-way handshake is done (outgoing only)
 * @data:	Bytes came in; all that arrived so far
 * @closed:	End of stream, reset, connect failure (@error = errno) or connect timeout
 *		(ETIMEDOUT); the connection is closed when this is called
 */
struct conn_ops {
	void (*connected)(struct conn *c);
	void (*data)(struct conn *c, const uint8_t *p, size_t n);
	void (*closed)(struct conn *c, int error);
};

struct conn {
	struct overlay *o;
	struct conn *next, *all;
	unsigned generation;
	int fd;
	bool server, connecting;
	struct endpoint local, remote;
	long flow; /* -1 = not known yet */
	const struct conn_ops *ops;
	void *owner;
	struct ptimer timer; /* connect timeout, then the owner's */
	struct delayed *later;
	uint64_t last_send_ns; /* when the last delayed message goes out */
	double rtt_s;
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
struct conn *conn_open(struct overlay *o, int netns, const struct endpoint *local,
		       const struct endpoint *remote, double timeout_s, const struct conn_ops *ops,
		       void *owner);
/* Sends one message as one segment. */
void conn_send(struct conn *c, const char *name, const void *p, size_t n);
void conn_send_later(struct conn *c, double delay_s, const char *name, const void *p, size_t n);
/* Starts an accepted connection's random numbers from its first bytes. */
void conn_seed(struct conn *c);
/* FIN (or RST with @abort). ops->closed is not called. The conn must not be used afterwards. */
void conn_close(struct conn *c, bool abort);

/* A listening socket; ops->closed and ->data are set by accept's callee. */
struct listener {
	struct overlay *o;
	int fd;
	struct endpoint local;
	void *owner;
	void (*accepted)(struct listener *l, struct conn *c);
};
/* @filtered: the socket swallows every packet, as behind a firewall that drops. */
int listener_open(struct listener *l, struct overlay *o, int netns, const struct endpoint *local,
		  bool filtered, struct err *e);
void listener_close(struct listener *l);

void peer_pool_free(struct overlay *o); /* the pool of delayed sends */

/* What an accepted connection turned out to be. */
enum { CONN_NEW, CONN_SESSION, CONN_RELAY };

/* --- servers ------------------------------------------------------------------------------ */

struct server {
	struct overlay *o;
	struct overlay_server_spec spec;
	char node[32];
	struct rng rng;
	double rtt_s;
	uint16_t id; /* its own counter of request ids */
	struct usock udp, media;
	struct listener tcp[3];
	struct ptimer leave;
	const struct version *version; /* gives the sizes of its answers */
	struct relay *relays;
};

int server_open(struct server *s, struct err *e);
void server_close(struct server *s);
void sn_datagram(void *owner, const struct endpoint *from, const uint8_t *p, size_t n, long flow);
void sn_accepted(struct listener *l, struct conn *c);
void ls_datagram(void *owner, const struct endpoint *from, const uint8_t *p, size_t n, long flow);
void ls_accepted(struct listener *l, struct conn *c);
/* Answers one login message L3 on a connection of any server (an LS, or an SN that relays). */
void ls_answer(struct conn *c, const struct version *v, const uint8_t *p, size_t n);
/* Sends the function-2 answer of a server. */
void server_reply(struct server *s, const struct endpoint *to, long flow, const char *name,
		  unsigned command, uint16_t reqid, size_t size, const void *body, size_t body_len);

/* A client published itself at @publisher: some other node may visit it later. */
void visit_plan(struct server *publisher, const struct endpoint *client, long flow);
void visits_free(struct overlay *o);

/* relay.c */
void relay_signal(struct conn *c, const uint8_t *body, size_t n);
void relay_join_udp(struct server *s, const struct endpoint *from, const uint8_t *body, size_t n,
		    long flow);
void relay_join_tcp(struct conn *c, const uint8_t *body, size_t n);
void relay_media_udp(struct server *s, const struct endpoint *from, const uint8_t *p, size_t n);
void relay_media_tcp(struct conn *c, const uint8_t *p, size_t n);
void relays_free(struct server *s);
/* sn.c: one record to a client, after the SN's round-trip time. */
void sn_send_record(struct conn *c, const char *name, size_t size, unsigned command, uint16_t id,
		    const void *body, size_t body_len);
/* pstn.c */
void pstn_datagram(void *owner, const struct endpoint *from, const uint8_t *p, size_t n, long flow);

#define ADDR_BYTES 6 /* an address in a list: IPv4, port */
/* Up to @max SN addresses, drawn, never @self. Returns bytes written. */
size_t sn_list(struct overlay *o, const struct endpoint *self, struct rng *r, uint8_t *out,
	       size_t max);

/* --- outcomes ----------------------------------------------------------------------------- */

struct overlay_outcome *outcome_add(struct overlay *o); /* valid until the next call */
void overlay_client_ended(struct overlay *o);

#endif
