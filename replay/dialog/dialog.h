/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_TALK_H
#define REPLAY_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/rng.h"
#include "base/truth.h"

/*
 * A talk is one flow between two parties of ours, each with its own real socket, spoken message by
 * message: a side sends when it has received what the other side said before, and after a gap.
 */
struct talk;
struct talks;

/* Where a side's socket is. Port 0 (opener only): drawn from the talk's own random numbers. */
struct talk_side {
	int netns;	  /* namespace descriptor, -1 = this one */
	const char *node; /* lab node's name, for truth; must outlive the talk */
	struct endpoint at;
};

/* The next message: whose turn it is, and how long after the event that it follows. */
struct talk_turn {
	bool to_opener;
	uint64_t gap_ns; /* after the sender's own last message, or after it received the peer's */
	uint64_t at_ns; /* not 0: aim at this emulated time; the gap may shrink by a tenth for it */
};

enum talk_end {
	TALK_COMPLETE, /* every message arrived */
	TALK_CUT,      /* a message did not arrive */
	TALK_NEVER,    /* nothing arrived; TCP: no connection */
};

struct talk_result {
	enum talk_end end;
	uint32_t first_lost;	 /* from 1: first message that did not arrive; 0 = none */
	uint32_t sent, received; /* messages */
	uint64_t sent_bytes, received_bytes;
	uint64_t opened_ns, ended_ns;
	struct tuple tuple; /* as the opener's socket saw it */
	bool opened;	    /* its socket could be opened at all */
};

/**
 * struct talk_ops - the content of a talk
 * @next:	Fills the next turn; false = there is none, the talk is over
 * @build:	Called when that message is due: returns its size and where it is (valid until the
 *		next call of any talk); may name it. Size 0 (UDP) sends an empty datagram
 * @ended:	Called once; the talk is gone after it. May be NULL
 */
struct talk_ops {
	bool (*next)(void *arg, struct talk_turn *turn);
	uint32_t (*build)(void *arg, struct talk *t, const uint8_t **data, const char **name);
	void (*ended)(void *arg, const struct talk_result *result);
};

/* What the acceptor does with a TCP connection. Refused: its port is closed. Silent: the SYN
 * arrives and nothing comes back (TALK_NEVER after the patience). */
enum talk_answer { ANSWER_ACCEPT, ANSWER_REFUSE, ANSWER_SILENT };

enum talk_close { CLOSE_OPENER, CLOSE_ACCEPTOR, CLOSE_RESET, CLOSE_NOT };

/**
 * struct talk_spec - how to open one
 * @target:	Where the opener sends to; port 0 = the acceptor's own address
 * @flow:	label, client, client_ip, version and reason for the truth row (tuple, node and
 *		times are filled in)
 * @patience_ns: How long a side waits for a message before it takes it as lost (0 = 3 s)
 * @rest_ns:	How long the connection stands idle after the last message before it is closed
 * @grid_ns:	Messages are sent at multiples of this emulated time (0 = exactly when due): with
 *		thousands a second, those of one moment cost one jump of the clock
 * @seed:	Of the talk's own random numbers (its port)
 * @close:	TCP: who closes at the end
 * @answer:	TCP: whether the acceptor takes the connection
 */
struct talk_spec {
	uint8_t proto;
	struct talk_side opener, acceptor;
	struct endpoint target;
	struct truth_flow flow;
	uint64_t patience_ns;
	uint64_t rest_ns;
	uint64_t grid_ns;
	uint64_t seed;
	enum talk_close close;
	enum talk_answer answer;
	const struct talk_ops *ops;
	void *arg;
};

/* The sockets of a loop's talks: everybody who asks for the same loop shares them, so that two
 * sources may have servers on one address and port. Each gives them back with talks_put(). */
struct talks *talks_get(struct loop *loop, struct truth_log *truth);
/* The last one out closes every socket; talks still open end without a word to their owners. */
void talks_put(struct talks *ts);
/* Opens a talk; the first message goes out after its gap. NULL with @e set when a socket could not
 * be made or bound; @ended is not called then. */
struct talk *talk_open(struct talks *ts, const struct talk_spec *spec, struct err *e);
/* Ends a talk now with a regular close; @ended is called. */
void talk_finish(struct talk *t);
/* Keeps a server's socket bound between talks, until the last talks_put(). 0, or -1 with @e set. */
int talks_serve(struct talks *ts, uint8_t proto, const struct talk_side *side, struct err *e);

/* The opener as the acceptor sees it (through NAT); family 0 until something arrived. */
const struct endpoint *talk_seen(const struct talk *t);
const struct tuple *talk_tuple(const struct talk *t);
/* Messages to (or from) the opener that are sent and have not arrived. */
uint32_t talk_under_way(const struct talk *t, bool to_opener);

#endif
