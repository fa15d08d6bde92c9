/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REPLAY_SCRIPT_H
#define REPLAY_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The language of user scripts: a list of actions, one text each. */

enum script_verb {
	VERB_INSTALL,
	VERB_LOGIN,
	VERB_LOGOFF,
	VERB_QUIT,
	VERB_UNINSTALL,
	VERB_WAIT,
	VERB_IDLE,
	VERB_CALL,
	VERB_HANGUP,
	VERB_CONFERENCE,
	VERB_PSTN,
	VERB_SEARCH,
	VERB_ADD,
	VERB_REMOVE,
	VERB_BLOCK,
	VERB_PRESENCE,
	VERB_ANSWER,
	VERB_UDP_PORT,
	VERB_NODE_LEAVES,
	VERB_SLEEP,
	VERB_ROAM,
	VERB_SUPER_NODE,
};

enum script_answer { ANSWER_YES, ANSWER_NO, ANSWER_BUSY };

/**
 * struct script_action - one action, read
 * @name:	Names or the number, as many as the verb takes
 * @seconds:	Of a wait or a call
 * @mode:	VERB_LOGIN: an enum login_mode; -1 = the client's own
 * @answer:	VERB_ANSWER
 * @port:	VERB_UDP_PORT
 * @count:	VERB_SUPER_NODE
 * @tcp:	VERB_CALL: over a TCP connection with the callee
 */
struct script_action {
	enum script_verb verb;
	char name[2][32];
	double seconds;
	int mode;
	enum script_answer answer;
	uint16_t port;
	unsigned count;
	bool tcp;
};

struct script {
	struct script_action *actions; /* (owned) */
	size_t count;
};

/* Checks one user action: "install", "login [manual|automatic|wrong]", "logoff", "quit",
 * "uninstall", "wait SECONDS", "idle SECONDS", "call NAME SECONDS [tcp]", "hangup", "conference NAME NAME
 * SECONDS", "pstn NUMBER SECONDS", "search NAME", "add NAME", "remove NAME", "block NAME",
 * "presence online|away|busy|invisible", "answer yes|no|busy", "udp-port PORT", "node-leaves",
 * "sleep SECONDS", "roam NODE", "super-node [CLIENTS]".
 * 0, or -1 with @e set: what is wrong with it and what was expected. */
int script_check(const char *action, struct err *e);
/* Reads @n actions; @texts NULL = "login", "wait 60", "quit". 0, or -1 with @e set. Free with
 * script_free() in either case. */
int script_read(struct script *s, const char *const *texts, size_t n, struct err *e);
void script_free(struct script *s);

#endif
