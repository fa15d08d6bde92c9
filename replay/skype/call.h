/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CALL_H
#define REPLAY_CALL_H

#include "replay/skype/client.h"

/* Calls between clients, and to the telephone network. Private to the overlay. */

/* Begins a call to @to (and @third: a conference of three) of @seconds of media. script_next() is
 * called when it is over. -1 when it cannot even begin (not logged in). */
int call_start(struct sc *c, const char *to, const char *third, double seconds);
int call_pstn(struct sc *c, const char *number, double seconds);
/* Hangs up whatever is under way, without telling the script. */
void call_end(struct sc *c);
/* Calls by @name are refused from now on. */
void call_block(struct sc *c, const char *name);
void call_free(struct sc *c);

/* --- between call.c, call_path.c and pstn.c ----------------------------------------------- */

enum call_signal {
	SIG_INVITE = 1, /* caller's endpoints */
	SIG_ACCEPT,	/* callee's endpoints */
	SIG_REFUSE,	/* reason in one byte */
	SIG_OFFLINE,	/* said by the SN: nobody of that name is there */
	SIG_PATH,	/* caller's choice: way, relay's endpoint */
	SIG_BYE,
};

enum call_refusal { NO_ANSWER, BUSY, BLOCKED };

enum leg_state { LEG_INVITED, LEG_RINGING, LEG_PROBING, LEG_JOINING, LEG_TALKING, LEG_OVER };

enum way { WAY_NONE, WAY_DIRECT, WAY_UDP_RELAY, WAY_TCP_RELAY };

/**
 * struct leg - a call of two, as one of them sees it; a conference is two legs of its host
 * @id:		The same at both ends
 * @peer_pub, @peer_priv: Where the other says it is
 * @direct:	Where the answers to our probes come from, when they come
 * @flow:	Truth flow of the media, @to_opener its direction
 * @received:	Media messages
 */
struct leg {
	struct leg *next;
	struct sc *c;
	uint32_t id;
	bool caller, peer_udp, have_direct, joined;
	char peer[32];
	enum leg_state state;
	enum way way;
	struct endpoint peer_pub, peer_priv, direct, relay;
	struct endpoint heard; /* where a probe of the other end came from */
	unsigned probes;
	struct conn *conn;
	int rung;
	struct ptimer t, media;
	double seconds;
	uint64_t start_ns;
	long outcome; /* index, or -1 */
	uint32_t flow;
	bool to_opener;
	uint64_t received, sent;
};

/* Sends a signal to the leg's other end through the SNs. */
void call_signal(struct leg *l, enum call_signal what, const uint8_t *more, size_t n);
/* A record with a signal came from the SN. */
void call_signalled(struct sc *c, const uint8_t *body, size_t n);
/* The leg has come to its end. */
void leg_over(struct leg *l, enum outcome_result result, const char *path);
void leg_hang_up_after(struct leg *l, double seconds);
struct leg *call_legs(struct sc *c);
/* Runs the probes; then leg_choose() picks the way (caller). */
void leg_probe(struct leg *l);
void leg_take_way(struct leg *l);
void leg_stop(struct leg *l);
/* A datagram that belongs to a call; false when it does not. */
bool call_datagram(struct sc *c, const struct endpoint *from, unsigned command, const uint8_t *body,
		   size_t n, long flow);
void call_media(struct sc *c, const struct endpoint *from, size_t n);
struct leg *leg_by_id(struct sc *c, uint32_t id);
size_t put_endpoint(uint8_t *out, const struct endpoint *ep);
void get_endpoint(const uint8_t *p, struct endpoint *ep);

#endif
