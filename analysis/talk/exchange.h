/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_EXCHANGE_H
#define ANALYSIS_TALK_EXCHANGE_H

#include <stdbool.h>
#include <uthash.h>

#include "analysis/message/stream.h"
#include "analysis/talk/spread.h"

/* Who answers what: requests and replies by their sizes. */

#define EXCHANGE_KINDS	   8192 /* held; the rarest give way, see struct exchanges */
#define EXCHANGE_LATEST	   16384
#define EXCHANGE_SIZES	   65536	  /* a longer message counts as EXCHANGE_SIZES - 1 */
#define EXCHANGE_WITHIN_NS 10000000000ULL /* later is no reply */

struct exchange_key {
	uint32_t request, reply; /* sizes */
	uint8_t proto;
	uint8_t by_responder; /* the side that did not open the flow asked */
	uint8_t zero[2];
};

/**
 * struct exchange - one kind of request and reply
 * @n:		Requests of this size that got a reply of this size ...
 * @asked:	... of so many requests of this size, protocol and direction
 * @delay:	From the end of the request to the begin of the reply
 * @input, @request_number, @reply_number: The first example
 */
struct exchange {
	struct exchange_key key;
	uint64_t n, asked;
	struct spread delay;
	uint16_t input;
	uint64_t request_number, reply_number;
	UT_hash_handle hh;
};

/* What a flow must carry for this. */
struct exchange_flow {
	bool asked;   /* a request waits */
	bool reply;   /* its direction */
	bool replied; /* what came last was (more of) a reply, in direction @said */
	bool said;
	uint32_t size;
	uint64_t end_ns, number;
};

struct exchanges {
	struct exchange *kinds;	  /* (owned) */
	struct exchange **latest; /* (owned) EXCHANGE_LATEST of them, found faster */
	uint64_t *asked;	  /* (owned) by protocol, direction and size */
	uint64_t requests, replied;
	uint64_t dropped; /* kinds that gave way; the counts of rare kinds are then too low */
	uint64_t floor;
};

void exchanges_begin(struct exchanges *x);
void exchanges_message(struct exchanges *x, struct exchange_flow *f, const struct message *m);
/* After the last message: fills @asked of every kind and sorts them, most frequent first. */
void exchanges_finish(struct exchanges *x);
void exchanges_clear(struct exchanges *x);

#endif
