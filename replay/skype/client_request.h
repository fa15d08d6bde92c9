/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CLIENT_REQUEST_H
#define REPLAY_CLIENT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "replay/skype/message.h"
#include "replay/skype/peer_timer.h"

/* A client's requests over UDP, and what becomes of them. */

#define REQUESTS_MAX 128
#define NO_HOST	     (-1)

struct sc;
struct vocab;
struct vocab_run;
struct request;

/* Called once: with the answer's command and body, or with command 0 when there was none. */
typedef void request_reply_fn(struct request *q, unsigned command, const uint8_t *body, size_t n);

/**
 * struct request - a datagram that waits for its answer
 * @refused:	It was answered by a NACK (U2) and sent again
 * @tries:	How often it was sent again
 * @host:	Index in the host cache, or NO_HOST
 * @left:	Session: exchanges with this host still to come
 * @vocab:	Session: the entry it belongs to
 * @run:	Session: a batch with a window, which is told of the answer
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
	struct peer_timer t;
	request_reply_fn *reply;
	unsigned left;
	const struct vocab *vocab;
	struct vocab_run *run;
	struct plain plain;
};

/**
 * struct requests - all requests of a client
 * @next_id:	Of the next request
 * @publish_draw: Seed of a publication's content: the same bytes go to every host
 */
struct requests {
	struct request slot[REQUESTS_MAX];
	uint16_t next_id;
	uint64_t publish_draw;
};

/* The id to use now; the next one is @step further. */
uint16_t request_next_id(struct sc *c, unsigned step);
/* Sends a request of @size payload bytes in all, logged as @name. @reply may be NULL. NULL when too
 * many are open. The request is valid until @reply returns. */
struct request *request_send(struct sc *c, const struct endpoint *to, int host, unsigned command,
			     size_t size, const char *name, const void *body, size_t body_len,
			     request_reply_fn *reply);
/* Sends the same kind of request to @count hosts of the cache; nobody waits for the answers. */
void request_from_hosts(struct sc *c, unsigned count, unsigned command, size_t size,
			const char *name);
/* Forgets all that are open. */
void requests_drop(struct sc *c);

/* What arrives: a NACK (U2), which is answered by U3; an acknowledgement or a fragment, which count
 * as the answer @command; an answer, false when it answers no request. */
void request_refused(struct sc *c, const struct endpoint *from, const struct skype_datagram *d);
void request_acknowledged(struct sc *c, const struct endpoint *from, uint16_t id, unsigned command);
bool request_answered(struct sc *c, const struct endpoint *from, uint16_t reqid, unsigned command,
		      const uint8_t *body, size_t n);

#endif
