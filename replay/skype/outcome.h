/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_OUTCOME_H
#define REPLAY_OUTCOME_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "replay/skype/login_mode.h"

/* How the logins and calls of a run went. */

struct overlay;

enum outcome_kind { OUTCOME_LOGIN, OUTCOME_CALL };

enum outcome_result {
	OUTCOME_PENDING, /* the run ended first */
	OUTCOME_IN,	 /* login: connected to an SN, and authenticated when manual; call: media */
	OUTCOME_GAVE_UP, /* login: no way in */
	OUTCOME_REFUSED, /* login: wrong password; call: not answered, blocked or not allowed */
};

/* The UDP probe of the super node it got in by. */
enum outcome_probe {
	PROBE_NONE,
	PROBE_PARTIAL, /* U1 U4 */
	PROBE_FULL,    /* U1 U2 U3 U4 */
};

/* Who checked the password. */
enum outcome_login_by {
	LOGIN_BY_NOBODY,
	LOGIN_BY_LS,	 /* a login server */
	LOGIN_BY_RELAY,	 /* an SN that relays: the login servers were blocked */
	LOGIN_BY_CACHED, /* cached credentials, nobody was asked */
};

/**
 * struct overlay_outcome - how one login or call went
 * @client:	Name of the client that acted
 * @version:	Its version
 * @attempt:	Number of this login or call of that client, from 1
 * @mode:	OUTCOME_LOGIN
 * @callee:	OUTCOME_CALL: the other party's name or number
 * @path:	Messages of the way in, in order, by the paper's names: "U1 U2 U3 U4 T1 T2 T3 T4 L1
 *		L2 L3 L4"; with 443 or 80: "R1 R2 R3 T2 T3 T4 ..."; a call: "udp direct", "udp
 *		relayed", "tcp relayed", "tcp direct", "pstn udp", ...
 * @sn:		The super node (a call: the media's other end as this client addresses it)
 * @tcp_port:	Port used for the SN: the SN's own port, 443, 80; 0 = none
 * @seconds:	Emulated seconds from the action to the result
 * @probes, @connects: How many UDP probes and TCP connections it tried on the way
 */
struct overlay_outcome {
	enum outcome_kind kind;
	enum outcome_result result;
	char client[32];
	char version[16];
	unsigned attempt;
	enum login_mode mode;
	char callee[32];
	enum outcome_probe probe;
	char path[160];
	struct endpoint sn;
	uint16_t tcp_port;
	enum outcome_login_by login_by;
	double seconds;
	unsigned probes, connects;
};

const char *outcome_kind_text(enum outcome_kind k);	    /* "login", "call" */
const char *outcome_result_text(enum outcome_result r);	    /* "in", "gave up", ... */
const char *outcome_probe_text(enum outcome_probe p);	    /* "none", "partial", "full" */
const char *outcome_login_by_text(enum outcome_login_by b); /* "", "ls", "relay", "cached" */
/* A login's mode, or whom a call called. */
const char *outcome_mode_text(const struct overlay_outcome *u);

/* A new one, pending; valid until the next call. */
struct overlay_outcome *outcome_add(struct overlay *o, enum outcome_kind kind, const char *client,
				    const char *version, unsigned attempt);
/* Index of the one added last. */
long outcome_last(const struct overlay *o);

#endif
