/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SC_H
#define REPLAY_SC_H

/* The emulated client's parts, and what they tell each other. Private to the overlay. */

#include "replay/skype/peer.h"

#define BUDDIES_MAX  16
#define HOSTS_MAX    256
#define REQUESTS_MAX 128
#define TRIES_MAX    32
#define LISTED_CACHE 24 /* hosts in the cache of a client that ran before */
#define RUNGS	     3	/* own port, 443, 80; then the proxy where there is one */

enum { RUNG_PROXY = RUNGS };

enum host_state {
	HOST_FRESH,    /* known, not asked yet */
	HOST_ASKED,    /* probed, no answer (yet) */
	HOST_NEGATIVE, /* answered 51 or 53 bytes, or 339: left alone for the session */
	HOST_POSITIVE, /* answered 18 bytes */
	HOST_FAILED,   /* no way in over TCP */
};

/**
 * struct host - one entry of the host cache
 * @full:	Its probe took U1 to U4
 * @trying:	A TCP connection to it is under way
 * @listed:	Learnt from another node's list, so probably there
 * @useful:	It answered a search: publications go there
 * @asked_ns:	When it was probed last
 */
struct host {
	struct endpoint ep;
	enum host_state state;
	bool full, trying, listed, useful;
	uint64_t asked_ns;
};

/**
 * struct request - a datagram that waits for its answer
 * @reply:	Called once: with the answer's command and body, or command 0 when there was none
 * @host:	Index in the host cache, or -1
 * @refused:	It was answered by a NACK and sent again
 */
struct request {
	struct sc *sc;
	bool used, refused;
	uint16_t id;
	unsigned command, tries;
	int host;
	struct endpoint to;
	uint32_t flow;
	char name[16];
	struct ptimer t;
	void (*reply)(struct request *q, unsigned command, const uint8_t *body, size_t n);
	unsigned left; /* vocabulary: exchanges still to come */
	const struct vocab *vocab;
	struct vocab_run *run; /* a batch with a window: told of the answer */
	struct plain plain;
};

enum sc_state {
	SC_OFF,	      /* the program does not run */
	SC_SEARCHING, /* looks for a super node */
	SC_CONNECTED, /* has one */
	SC_RESTING,   /* 1.4 after two hours without success */
	SC_FAILED,    /* 2.0 after eight minutes: an error is on the screen */
};

enum purpose { FOR_SN, FOR_LS, FOR_EVENT, FOR_WEB, FOR_PSTN, FOR_CALL };

/* A login conversation with a server that speaks L1-L4, with its own way through the ports. */
struct errand {
	struct sc *sc;
	enum purpose purpose;
	struct conn *conn;
	struct ptimer t;
	size_t server; /* how many servers of the role were tried */
	int rung;
	bool relay, done;
	struct endpoint to; /* the server, also when a proxy is between */
	uint32_t key;
	unsigned further;
	uint64_t syn_ns;
};

struct action;
struct call;
struct pstn_call;
struct vocab_run;

struct sc {
	struct overlay *o;
	struct sc_spec spec;
	char name[32], node[32];
	struct opener opener;
	const struct version *v;
	struct rng rng;
	enum sc_state state;
	enum login_mode mode;
	bool fresh, authed, udp_alive, wrong;
	struct usock udp;
	struct listener tcp;
	uint16_t udp_port, id, src_port;
	uint64_t src_port_ns; /* last use of a source port */
	struct ip public_ip;  /* as the overlay sees this client; family 0 = not known */
	uint16_t public_port;
	/* host cache */
	struct host hosts[HOSTS_MAX];
	size_t host_count, next_host, next_tcp;
	/* probing */
	struct ptimer round, patience, stagger, give_up, rest;
	unsigned round_no;
	struct request requests[REQUESTS_MAX];
	/* TCP */
	struct conn *tries[TRIES_MAX];
	size_t try_count;
	struct conn *sn;
	uint32_t sn_host;
	struct ptimer keepalive;
	/* login */
	struct errand login, event, pstn;
	struct conn *web;
	struct ptimer web_timer, login_timer, event_timer;
	/* the login that is under way; index of its outcome, or -1 */
	long outcome;
	uint64_t login_ns;
	unsigned logins, calls, connections; /* connections: with super nodes, since installed */
	char way_udp[24], way_tcp[64], way_login[32];
	/* session */
	struct vocab_run {
		struct sc *sc;
		const struct vocab *vocab;
		unsigned left, open; /* hosts still to be asked; without an answer yet */
		struct ptimer t;
	} * runs;		     /* (owned) one per entry of the version's session list */
	size_t next_session_host[3]; /* per way of picking one */
	uint64_t publish_draw;	     /* one publication is the same bytes to every host */
	char buddies[BUDDIES_MAX][32];
	size_t buddy_count;
	struct ptimer buddy_timer;
	/* script */
	struct action *actions;
	size_t action_count, action_at;
	struct ptimer script;
	bool ended;
	bool answers, busy, blocks_all;
	struct call *call;
	struct pstn_call *pstn_call;
};

/* sc.c */
int sc_open(struct sc *c, struct err *e);
void sc_close(struct sc *c);
int sc_log_in(struct sc *c, enum login_mode mode);
void sc_log_off(struct sc *c);
void sc_done(struct sc *c, enum outcome_result result); /* ends the login under way */
int sc_learn(struct sc *c, const struct endpoint *ep);	/* host index, or -1 */
void sc_learn_list(struct sc *c, const uint8_t *list, size_t n);
uint16_t sc_id(struct sc *c, unsigned step);
uint32_t sc_flow(struct sc *c, uint8_t proto, const struct endpoint *src,
		 const struct endpoint *dst, const char *reason);
struct server *find_server(struct overlay *o, enum overlay_role role, size_t nth);

/* sc_udp.c */
struct request *sc_request(struct sc *c, const struct endpoint *to, int host, unsigned command,
			   size_t size, const char *name, const void *body, size_t body_len,
			   void (*reply)(struct request *, unsigned, const uint8_t *, size_t));
void sc_datagram(void *owner, const struct endpoint *from, const uint8_t *p, size_t n, long flow);
void sc_requests_drop(struct sc *c);
void sc_probe_start(struct sc *c);
void sc_probe_stop(struct sc *c);
void sc_probe(struct sc *c, size_t host);
const char *host_reason(struct sc *c, const struct endpoint *to);

/* sc_tcp.c */
void sc_tcp_start(struct sc *c); /* hosts without a positive probe, because UDP is silent */
void sc_tcp_try(struct sc *c, size_t host);
void sc_tcp_stop(struct sc *c);
struct conn *sc_connect(struct sc *c, const struct endpoint *to, const char *reason,
			const struct conn_ops *ops, double timeout_s);
void sc_sn_lost(struct sc *c);
/* An HTTP proxy: what is asked of it (returns the size), and its answer: 1 = the way is open, 0 =
 * not all there yet, -1 = refused. */
size_t sc_proxy_request(uint8_t *out, size_t size, const struct endpoint *to);
int sc_proxy_answer(uint8_t *p, size_t n);
/* The client's key block on @k: T1, R3, or R1 on port 80. */
size_t sc_key_block(struct conn *k, struct sc *c, uint8_t *out, bool r1_80);
size_t sc_record(struct conn *k, uint8_t *out, size_t size, unsigned command, bool ack);

/* visit.c */
void sc_accepted(struct listener *l, struct conn *k);
void sc_visited(struct sc *c, const struct endpoint *from, const struct datagram *d, long flow);

/* sc_login.c */
void sc_authenticate(struct sc *c);
void sc_errand(struct sc *c, struct errand *t, enum purpose purpose);
void sc_login_stop(struct sc *c);

/* pstn.c */
void pstn_ready(struct sc *c, bool ok);
bool pstn_media(struct sc *c, const struct endpoint *from);
void pstn_free(struct sc *c);

/* buddy.c */
void buddies_session(struct sc *c); /* the contacts are asked after */
void buddy_add(struct sc *c, const char *name);
void buddy_remove(struct sc *c, const char *name);
void buddy_asked(struct sc *c, const struct endpoint *from, uint16_t reqid, long flow);

/* sc_session.c */
void sc_ask_hosts(struct sc *c, unsigned count, unsigned command, size_t size, const char *name);
void sc_session_start(struct sc *c);
void sc_session_stop(struct sc *c);

void sc_search(struct sc *c);	/* the user looks somebody up in the directory */
void sc_contacts(struct sc *c); /* the contact list changed: the event server is told */
void sc_presence(struct sc *c); /* the state changed: the peers are told */

/* script.c */
int script_read(struct sc *c, const char *const *texts, size_t n, struct err *e);
void script_free(struct sc *c);
void script_start(void *arg);
void script_next(struct sc *c);	       /* the action under way has ended */
void script_login_ended(struct sc *c); /* a login has come to its result */

#endif
