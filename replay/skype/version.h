/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_VERSION_H
#define REPLAY_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/dist.h"
#include "base/err.h"
#include "replay/skype/message.h"

enum port_policy {
	PORTS_SEQUENTIAL, /* one after the other from a first, wrapping, resumed after a restart */
	PORTS_RANDOM,	  /* anywhere between the first and the last */
};

/* Logins of one run of the program in which an entry of the session list counts. */
enum vocab_when { WHEN_ALWAYS, WHEN_FIRST, WHEN_AGAIN };

/**
 * struct vocab - one entry of the session list: a kind of request that a logged-in client sends
 * @request:	Name in the truth log
 * @command:	enum udp_command
 * @at_s:	After the super node connection
 * @every_s:	Mean period afterwards; 0 = once
 * @spread_s:	The batch's hosts are asked over this time
 * @window:	> 0: so many are asked at once, the next when an answer comes
 * @repeat:	Exchanges with each host in a batch
 * @size:	Payload bytes
 * @hosts:	Hosts in a batch
 */
struct vocab {
	char *request;
	unsigned command;
	double at_s, every_s, spread_s;
	unsigned window;
	enum vocab_when when;
	unsigned repeat;
	struct dist size, hosts;
};

/**
 * struct version - everything a version file says
 *
 * Times in emulated seconds (distributions *_ms: milliseconds), sizes in payload bytes. The keys of
 * the file are in skypelab-version(5); version.c says which member each one fills.
 */
struct version {
	char *name, *released, *source, **assumptions;
	unsigned assumption_count;
	struct version_udp {
		struct dist probe, refuse, accept, round;
		struct dist ids;  /* request ids stay between its least and its greatest */
		struct dist lead; /* noise to a node before the first request */
		double round_gap, round_pause, *retry, patience, beside, resend_after;
		unsigned retry_count, lead_count;
		enum udp_mask mask;
		double stale;	 /* share of the host cache that is gone by now */
		double full;	 /* share that answers negatively */
		bool last_first; /* the host cache begins with the last super node */
	} udp;
	struct version_tcp {
		struct dist first_port, pad, reply_pad, extra;
		struct dist request, accept, follow; /* T2, T3, T4 */
		unsigned last_port, refuse, parallel;
		enum port_policy ports;
		enum pad_form block, r1_80; /* of T1 and R3; of R1 on port 80 */
		bool tail_80;		    /* R1 on port 80 ends in 03 00 */
		bool block_443;		    /* T1, not R1, on port 443 */
		unsigned cut; /* bytes of a message that go in a segment of their own; 0 = none */
		double connect_timeout, stagger, give_up, pause, keepalive, t4_after;
	} tcp;
	struct version_login {
		struct dist delay_ms, blob, answer; /* before L1; in L3; L4 */
		double event_at, more, visits, linger, timeout;
		bool no_hello; /* no L1 and L2 */
		unsigned mask; /* covers every byte between client and server; 0 = none */
	} login;
	struct version_http {
		char *build, *agent, *reply;
		unsigned platform;
		bool absolute, installed_first, never;
	} http;
	struct version_call {
		struct dist media, gap_ms;
		bool tcp; /* a TCP connection with the callee is looked for first */
	} call;
	struct vocab *vocab;
	unsigned vocab_count;
};

/* Loads a version file: scenarios/versions/NAME.yaml, format in skypelab-version(5). NULL with @e
 * set (file:line: what). Free with version_free(). */
struct version *version_load(const char *path, struct err *e);
void version_free(struct version *v);
/* The request id that is @step behind @id, in the range that the version keeps to; NULL = any. */
uint16_t version_id_after(const struct version *v, uint16_t id, unsigned step);

#endif
