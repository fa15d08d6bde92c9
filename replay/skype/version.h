/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_VERSION_H
#define REPLAY_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rng.h"

#define DIST_PARTS 16

/**
 * struct dist - a distribution of whole numbers: weighted ranges, uniform inside each
 * @parts:	How many; 0 = never set
 * @total:	Sum of the weights
 */
struct dist {
	unsigned parts;
	uint32_t total;
	struct {
		uint32_t lo, hi, weight;
	} part[DIST_PARTS];
};

/* "18" or "22-29" or "51:4 53:1" or "18:3 22:21 24-37:255". 0, or -1 when it is not one. */
int dist_parse(const char *text, struct dist *d);
uint32_t dist_draw(const struct dist *d, struct rng *r); /* 0 when never set */

enum port_policy {
	PORTS_SEQUENTIAL, /* one after the other from a first, wrapping, resumed after a restart */
	PORTS_RANDOM,	  /* anywhere between the first and the last */
};

/* Logins of one run of the program in which an entry of the session list counts. */
enum vocab_when { WHEN_ALWAYS, WHEN_FIRST, WHEN_AGAIN };

enum block_form { BLOCK_PLAIN, BLOCK_RANDOM, BLOCK_ONES };

/* One kind of request that a client sends once it is logged in. */
struct vocab {
	char *request;	  /* name in the truth log */
	unsigned command; /* enum udp_command */
	char *size_text;
	char *hosts_text;
	double at_s;	 /* after the super node connection */
	double every_s;	 /* mean period afterwards; 0 = once */
	double spread_s; /* the batch's hosts are asked over this time */
	unsigned window; /* > 0: so many at once, the next when an answer comes */
	enum vocab_when when;
	unsigned repeat; /* exchanges with each host in a batch */
	struct dist size, hosts;
};

/* Everything a version file says. Times in emulated seconds, sizes in payload bytes. The members
 * *_text are the file's own words, read into the struct dist of the same name. */
struct version {
	char *name, *released, *source, **assumptions;
	unsigned assumption_count;
	struct version_udp {
		char *probe_text, *refuse_text, *round_text;
		double round_gap, round_pause, *retry, patience;
		unsigned retry_count;
		double stale;	 /* share of the host cache that is gone by now */
		double full;	 /* share that answers negatively */
		bool last_first; /* the host cache begins with the last super node */
		struct dist probe, refuse, round;
	} udp;
	struct version_tcp {
		char *first_port_text, *pad_text, *reply_pad_text, *extra_text, *request_text;
		char *accept_text, *follow_text;
		unsigned last_port, refuse, parallel;
		enum port_policy ports;
		enum block_form block, r1_80;
		bool tail_80;
		double connect_timeout, stagger, give_up, pause, keepalive;
		struct dist first_port, pad, reply_pad, extra, request, accept, follow;
	} tcp;
	struct version_login {
		char *delay_text, *blob_text, *answer_text;
		double event_at, more, visits, linger, timeout;
		struct dist delay_ms, blob, answer;
	} login;
	struct version_http {
		char *build, *agent, *reply;
		unsigned platform;
		bool absolute, installed_first;
	} http;
	struct version_call {
		char *media_text, *gap_text;
		struct dist media, gap_ms;
	} call;
	struct vocab *vocab;
	unsigned vocab_count;
};

/* Loads a version file: scenarios/versions/NAME.yaml, format in skypelab-version(5). NULL with @e set
 * (file:line: what). Free with version_free(). */
struct version *version_load(const char *path, struct err *e);
void version_free(struct version *v);

#endif
