/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CALL_LEG_H
#define REPLAY_CALL_LEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "replay/skype/call_signal.h"
#include "replay/skype/outcome.h"
#include "replay/skype/peer_timer.h"

/* A call of two, as one of them sees it; a conference is two legs of its host. */

struct sc;
struct tcp_conn;

enum leg_state {
	LEG_ASKING,  /* both look for a TCP connection with each other (call_direct.c) */
	LEG_INVITED, /* the caller waits for an answer */
	LEG_RINGING, /* the callee has not picked up yet */
	LEG_PROBING, /* both look for a direct way */
	LEG_JOINING, /* both join a relay */
	LEG_TALKING, /* media flows */
	LEG_OVER,
};

/* How the media goes; the number is what SIG_PATH carries. */
enum way { WAY_NONE, WAY_DIRECT, WAY_UDP_RELAY, WAY_TCP_RELAY, WAY_TCP_DIRECT };

/**
 * struct leg - one end of a call of two
 * @id:		The same at both ends
 * @caller:	This end has called
 * @peer:	Name of the other end
 * @peer_pub, @peer_priv: Where the other says it is; @peer_udp: it can use UDP
 * @direct:	Where the answers to our probes come from, when @have_direct
 * @heard:	Where a probe of the other end came from
 * @relay:	The super node that relays, for the ways over a relay
 * @conn, @rung: Connection with the relay, and where it is on the ladder of ports
 * @direct_tcp:	@conn is with the other end: signals and media go over it
 * @asked_back:	The other end was asked to connect to this one
 * @t:		Until the next step of the state; @media: until the next media message
 * @seconds:	How long the caller talks
 * @outcome:	Index; -1 = none: the callee
 * @flow:	Truth flow of the media, @to_opener its direction
 * @received, @sent: Media messages
 */
struct leg {
	struct leg *next;
	struct sc *c;
	uint32_t id;
	bool caller, peer_udp, have_direct, direct_tcp, asked_back;
	char peer[32];
	enum leg_state state;
	enum way way;
	struct endpoint peer_pub, peer_priv, direct, relay, heard;
	unsigned probes;
	struct tcp_conn *conn;
	int rung;
	struct peer_timer t, media;
	double seconds;
	uint64_t start_ns;
	long outcome;
	uint32_t flow;
	bool to_opener;
	uint64_t received, sent;
};

/* A new leg of @c, which owns it. */
struct leg *leg_new(struct sc *c, const char *peer, uint32_t id, bool caller);
/* The leg of that id, unless it is over; NULL. */
struct leg *leg_by_id(struct sc *c, uint32_t id);
/* Frees the legs that are over, or all. */
void legs_free(struct sc *c, bool all);
/* The outcome that the leg writes, or NULL. */
struct overlay_outcome *leg_outcome(const struct leg *l);

/* Sends a signal to the leg's other end through the SNs. */
void leg_signal(const struct leg *l, enum call_signal_kind kind, const uint8_t *more, size_t n);
/* The leg has come to its end, at this side. @path: as in the outcome. */
void leg_over(struct leg *l, enum outcome_result result, const char *path);
/* The same, when it ends after media or without any. */
void leg_over_after_media(struct leg *l);
/* Tells the other end that it is over, now or @seconds after the other side has come up. */
void leg_hang_up(struct leg *l);
void leg_hang_up_after(struct leg *l, double seconds);

#endif
