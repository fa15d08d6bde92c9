/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_TRUTH_H
#define BASE_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/label.h"

/*
 * What the traffic sources report: every flow opened, every message sent, and what happened by it.
 * Tuples are as the sending socket sees them; the run translates them to each vantage with
 * conntrack.
 */

#define TRUTH_REASON_LEN 160 /* as much as tables show of a label's reason */

/**
 * struct truth_flow - a flow as its opener sees it
 * @tuple:	src = the opener (it sends the first packet or the SYN)
 * @node:	Name of the lab node the opener lives in
 * @label:	What it is: an application's name, "not-skype" or "unknown" (base/label.h)
 * @client:	Skype client or user the flow belongs to ("" when none)
 * @client_ip:	That client's own address on its own network (family 0 when none)
 * @version:	Traffic version, "1.4" ("" when none)
 * @reason:	Short words: "sn tcp", "udp probe", "dns", ...
 * @opened_ns, @closed_ns: Emulated time; closed 0 = to the end
 * @messages:	Messages logged for it
 * @unasked:	Each end sends regardless of what arrives (recorded frames): behind a gateway that
 *		drops the opener's packets, a vantage may still see the other direction
 * @served:	Its client is the same wherever it is seen: the other end serves it, also if that is a
 *		monitored host. Else each vantage has for client the end that it monitors
 * @session:	It is its client's session with a super node
 * @recorded:	A recording or a real program made it; else it is emulated
 * @carries:	1 + the index of the flow whose bytes it carries on, as a proxy's flow does; 0 = none.
 *		It is that flow's client's, though another node opened it
 * @carried_by:	The other way round: 1 + the index of the flow that carries its bytes on
 */
struct truth_flow {
	struct tuple tuple;
	char node[32];
	char label[LABEL_LEN];
	char client[32];
	struct ip client_ip;
	char version[16];
	char reason[TRUTH_REASON_LEN];
	uint64_t opened_ns, closed_ns;
	uint64_t messages;
	bool unasked;
	bool served;
	bool session;
	bool recorded;
	uint32_t carries, carried_by;
};

/* One message as sent (not as received: a firewall may have dropped it). */
struct truth_message {
	uint64_t ts_ns;
	uint32_t flow;	 /* index of the flow */
	bool to_opener;	 /* direction: false = from the flow's opener */
	uint32_t size;	 /* payload bytes */
	char name[16];	 /* "U1", "T3", "L2", "R1", "ack", "" */
	uint64_t digest; /* FNV-1a over the payload */
};

/* Something that happened on a flow, by the message that did it: what a detector reports as an
 * event. The client is the flow's. */
struct truth_event {
	uint64_t ts_ns;
	uint32_t flow; /* index of the flow */
	char kind[16]; /* as in skypelab-eve(5): "session-start" */
};

struct truth_log;

struct truth_log *truth_new(void);
void truth_free(struct truth_log *t);
/* Copies @f; returns the flow's index. Same tuple, in either direction, and still open: the old
 * index is returned. */
uint32_t truth_flow(struct truth_log *t, const struct truth_flow *f);
void truth_close(struct truth_log *t, uint32_t flow, uint64_t now_ns);
/* The index of the flow of this tuple, in either direction, that is open; -1 = none. */
long truth_open_flow(const struct truth_log *t, const struct tuple *tuple);
/* Flow @by carries on the bytes of @flow, both ways. */
void truth_carry(struct truth_log *t, uint32_t flow, uint32_t by);
/* Logs a message of @size bytes at @payload on @flow. @name may be NULL. */
void truth_message(struct truth_log *t, uint32_t flow, bool to_opener, const char *name,
		   uint64_t now_ns, const void *payload, uint32_t size);
size_t truth_flow_count(const struct truth_log *t);
struct truth_flow *truth_flow_at(const struct truth_log *t, size_t i);
size_t truth_message_count(const struct truth_log *t);
const struct truth_message *truth_message_at(const struct truth_log *t, size_t i);
/* The name of the latest message with this payload in one direction of a flow, "" = none is there. */
const char *truth_message_name(const struct truth_log *t, uint32_t flow, bool to_opener,
			       const void *payload, uint32_t size);
/* Reports an event, at the time of the message that skypelab-run-directory(5) names for its kind.
 * @kind: a name of skypelab-eve(5). */
void truth_event(struct truth_log *t, uint32_t flow, const char *kind, uint64_t now_ns);
/* In the order in which they were reported. */
size_t truth_event_count(const struct truth_log *t);
const struct truth_event *truth_event_at(const struct truth_log *t, size_t i);
/* messages.tsv: time node flow direction name size tuple. 0, or -1 with @e set. */
int truth_write_messages(const struct truth_log *t, const char *path, struct err *e);
/* SHA-256 over all messages in canonical order: per flow (sorted by tuple), then direction, name,
 * size, payload digest, in order of sending; times are left out, and so are the names of
 * applications other than Skype. The same for two runs with one
 * seed. */
void truth_digest(const struct truth_log *t, char hex[65]);

#endif
