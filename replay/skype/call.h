/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_CALL_H
#define REPLAY_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls between clients. */

#define BLOCKED_MAX 8

struct sc;
struct leg;
struct tcp_conn;
struct pstn_call;

/**
 * struct calls - the calls of a client
 * @legs:	(owned) Those under way, and those that are over since the last call began
 * @pstn:	(owned) The call to the telephone network, or NULL
 * @scripted:	The script waits for the end of what it began
 * @answers:	Calls are answered; false = the user lets it ring
 * @busy:	Calls are refused
 * @count:	Calls that this client has made
 * @blocked:	Whose calls are refused
 * @signalled:	A signal has come on a connection between clients: call_signalled()
 * @reached:	The search for such a connection has ended; ->direct_tcp of the leg says how
 */
struct calls {
	struct leg *legs;
	struct pstn_call *pstn;
	bool scripted, answers, busy;
	unsigned count;
	char blocked[BLOCKED_MAX][32];
	size_t blocked_count;
	void (*signalled)(struct sc *c, struct tcp_conn *over, const uint8_t *body, size_t n);
	void (*reached)(struct leg *l);
};

/* Makes ->calls of a client ready. */
void calls_init(struct sc *c);
/* Begins a call to @to (and @third, unless NULL: a conference of three) of @seconds of media.
 * @tcp: a TCP connection with the callee is looked for first (call_direct.c), as it is when the
 * version says so. ->action_ended() is called when it is over. -1 when it cannot even begin (not
 * logged in). */
int call_start(struct sc *c, const char *to, const char *third, double seconds, bool tcp);
/* Hangs up whatever is under way, without telling the script. */
void call_end(struct sc *c);
/* Calls by @name are refused from now on. */
void call_block(struct sc *c, const char *name);
/* A signal has come: the body of its record. @over: the connection between clients on which it
 * came; NULL = that with the super node. */
void call_signalled(struct sc *c, struct tcp_conn *over, const uint8_t *body, size_t n);
void calls_free(struct sc *c);

#endif
