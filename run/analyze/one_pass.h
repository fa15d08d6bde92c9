/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_ANALYZE_ONE_PASS_H
#define RUN_ANALYZE_ONE_PASS_H

#include "analysis/message/fan.h"
#include "analysis/talk/names.h"
#include "base/err.h"
#include "detector/detector.h"
#include "run/analyze/material.h"

/**
 * struct flow_choice - which flows are looked at
 * @application: Only flows with this label; NULL = whatever they are
 * @host:	Only flows of this address, when @host.ip.family is set; and of this port when it is not 0
 */
struct flow_choice {
	const char *application;
	struct endpoint host;
};

/**
 * struct pass - what a pass over captures counted
 * @flows, @wanted: Flows, and those that the choice took
 * @labelled:	Flows with a label
 * @evicted:	Flows that ended early for want of room
 * @damaged:	Captures that could not be read to their end; each was reported
 * @packets:	UDP and TCP
 */
struct pass {
	uint64_t flows, wanted, labelled, evicted, packets;
	size_t damaged;
};

/**
 * struct listeners - for whom a pass is made
 * @users, @n:	Who gets the messages
 * @set, @names: Signatures whose names are noted; NULL = none
 * @again:	The same captures are read by another pass, which says what is wrong with them
 */
struct listeners {
	struct message_user users[MESSAGE_USERS];
	size_t n;
	const struct signature_set *set;
	struct message_names *names;
	bool again;
};

/* Reads all captures in turn, each once. 0; -1 with @e set: nothing could be read, or labels meet nothing.
 * Several passes over the same material may go on at the same time. */
int one_pass(const struct material *m, const struct flow_choice *choice, const struct listeners *to,
	     struct pass *out, struct err *e);

#endif
