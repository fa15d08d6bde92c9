/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_DIALOG_DIALOG_H
#define REPLAY_DIALOG_DIALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/truth.h"

/*
 * A dialog is one flow between two parties of the lab, each with its own real socket, played
 * message by message: a side sends once it has received what the other side sent before, and after
 * a gap.
 */
struct dialog;

/* All dialogs of a loop, with the sockets they share. */
struct dialogs;

/* Where a side's socket is. Port 0 (opener only): drawn from the dialog's own random numbers. An
 * acceptor of UDP may be at an IPv4 multicast group, in the opener's namespace: it joins the group on
 * the opener's link and hears the kernel's copy. */
struct dialog_side {
	int netns;	  /* namespace descriptor, -1 = this one */
	const char *node; /* lab node's name, for truth; must outlive the dialog */
	struct endpoint at;
};

/* The next message: who sends it, and how long after the event that it follows. */
struct dialog_turn {
	bool to_opener;
	uint64_t gap_ns; /* after the sender's own last message, or after it received the peer's */
	uint64_t at_ns; /* not 0: aim at this emulated time; the gap may shrink by a tenth for it */
};

enum dialog_end {
	DIALOG_COMPLETE, /* every message arrived */
	DIALOG_CUT,	 /* a message did not arrive */
	DIALOG_NEVER,	 /* nothing arrived; TCP: no connection */
};

struct dialog_result {
	enum dialog_end end;
	uint32_t first_lost;	 /* from 1: first message that did not arrive; 0 = none */
	uint32_t sent, received; /* messages */
	uint64_t sent_bytes, received_bytes;
	uint64_t opened_ns, ended_ns; /* emulated */
	struct tuple tuple;	      /* as the opener's socket saw it */
	bool opened;		      /* its socket could be opened at all */
};

/**
 * struct dialog_ops - the content of a dialog
 * @next:	Fills the next turn; false = there is none, the dialog is over
 * @build:	Called when that message is due: returns its size and sets where it is (valid until
 *		the next call for any dialog); may set its name for the truth log. Size 0 (UDP)
 *		sends an empty datagram
 * @ended:	Called once; the dialog is freed after it. May be NULL
 */
struct dialog_ops {
	bool (*next)(void *arg, struct dialog_turn *turn);
	uint32_t (*build)(void *arg, struct dialog *d, const uint8_t **data, const char **name);
	void (*ended)(void *arg, const struct dialog_result *result);
};

/* What the acceptor does with a TCP connection. Refused: its port is closed. Silent: the SYN
 * arrives and nothing comes back (DIALOG_NEVER after the patience). */
enum dialog_answer { ANSWER_ACCEPT, ANSWER_REFUSE, ANSWER_SILENT };

/* Who closes a TCP connection after its last message. NOT: the recording never closed it; both
 * sockets are closed without an order of their own. */
enum dialog_close { CLOSE_OPENER, CLOSE_ACCEPTOR, CLOSE_RESET, CLOSE_NOT };

/**
 * struct dialog_spec - how to open one
 * @target:	Where the opener sends to; port 0 = the acceptor's own address
 * @flow:	label, client, client_ip, version and reason for the truth row (tuple, node and
 *		times are filled in)
 * @patience_ns: How long a side waits for a message before it takes it as lost (0 = 3 s)
 * @rest_ns:	How long the connection stays idle after the last message before it is closed
 * @grid_ns:	Messages are sent at multiples of this emulated time (0 = exactly when due): with
 *		thousands a second, all messages of one moment cost one jump of the clock
 * @seed:	Seeds the dialog's own random numbers (its port)
 * @close:	TCP: who closes at the end
 * @answer:	TCP: whether the acceptor takes the connection
 */
struct dialog_spec {
	uint8_t proto; /* IPPROTO_UDP or IPPROTO_TCP */
	struct dialog_side opener, acceptor;
	struct endpoint target;
	struct truth_flow flow;
	uint64_t patience_ns;
	uint64_t rest_ns;
	uint64_t grid_ns;
	uint64_t seed;
	enum dialog_close close;
	enum dialog_answer answer;
	const struct dialog_ops *ops;
	void *arg;
};

/* Both arguments must outlive the result. All sources of a loop share one, so that two of them may
 * have servers on one address and port. */
struct dialogs *dialogs_new(struct loop *loop, struct truth_log *truth);
/* Closes every socket. Dialogs still open end without a call of @ended. May be NULL. */
void dialogs_free(struct dialogs *ds);
struct loop *dialogs_loop(const struct dialogs *ds);
struct truth_log *dialogs_truth(const struct dialogs *ds);
/* Keeps a server's socket bound between dialogs, until dialogs_free(). 0, or -1 with @e set. */
int dialogs_serve(struct dialogs *ds, uint8_t proto, const struct dialog_side *side, struct err *e);

/* Opens a dialog; the first message goes out after its gap. NULL with @e set when a socket could
 * not be made or bound; @ended is not called then. */
struct dialog *dialog_open(struct dialogs *ds, const struct dialog_spec *spec, struct err *e);
/* Ends a dialog now with a regular close; @ended is called. */
void dialog_finish(struct dialog *d);

/* The opener as the acceptor sees it (through NAT); family 0 until something arrived. */
const struct endpoint *dialog_seen(const struct dialog *d);
/* The flow as the opener's socket sees it. */
const struct tuple *dialog_tuple(const struct dialog *d);
/* Messages to (or from) the opener that were sent and have not arrived. */
uint32_t dialog_under_way(const struct dialog *d, bool to_opener);

#endif
