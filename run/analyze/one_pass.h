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

/* Reads all captures in turn, each once. @users, @n: who gets the messages. @set, @names: signatures whose
 * names are noted; NULL = none. 0; -1 with @e set: nothing could be read, or labels meet nothing. */
int one_pass(const struct material *m, const struct flow_choice *choice,
	     const struct message_user *users, size_t n, const struct signature_set *set,
	     struct message_names *names, struct pass *out, struct err *e);

#endif
