/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_DRAFT_MATERIAL_H
#define ANALYSIS_DRAFT_MATERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/capture/packet.h"

/* What a signature is drafted from: the first messages of flows, each known to be the application's or
 * not. */

#define DRAFT_PLACES   24  /* messages that are kept of a flow */
#define DRAFT_BYTES    128 /* bytes that are kept of a message */
#define DRAFT_FLOWS    200000
#define DRAFT_MESSAGES 2000000
#define DRAFT_COUNTERS 4  /* first bytes of a message in which a counter is looked for */
#define DRAFT_STEP     64 /* most that it moves from one flow to the next */
#define DRAFT_STEP_NS  600000000000ULL /* and the most time between them */

/**
 * struct draft_message - a datagram, or what one side of a TCP flow sends until the other sends
 * @size:	UDP: of the datagram. TCP: what was written at once, at its beginning
 * @turn:	TCP: of all of it
 * @reply:	It is not from the flow's opener
 */
struct draft_message {
	uint64_t ts_ns;
	uint32_t size, turn;
	uint16_t kept;
	bool reply;
	uint8_t bytes[DRAFT_BYTES];
};

/**
 * struct draft_flow - one flow, its beginning
 * @tuple:	src = who opened it
 * @capture, @fold: Which capture it is from; flows of one fold are kept apart together
 * @host:	Positive: index of the client's host
 * @positive:	It is the application's, by its label
 * @session:	The label marks it as a session
 * @by_client:	Positive: the application's client opened it
 * @by_local:	The opener is the side with a private address when the other has none, or both are alike
 * @again:	Another vantage saw the same flow: it is no evidence of its own
 * @midway:	TCP: the capture begins within it, its places in the flow are not known
 * @run:	UDP: flows in a row, this one among them, from the opener's endpoint, in whose first messages
 *		the 2-byte number at that offset moves up by 1 to DRAFT_STEP; 1 = alone. @nth: its place
 *		among them, from 1
 * @near_client: The opener, or the other side, is an endpoint that a rule has found as a client's
 * @near_server: TCP: the opener's host spoke with the other endpoint in a flow that a rule has found
 */
struct draft_flow {
	struct tuple tuple;
	uint64_t first_ns;
	uint32_t capture, fold, host;
	bool positive, session, by_client, by_local, again, midway, near_client[2], near_server;
	uint8_t n, run[DRAFT_COUNTERS], nth[DRAFT_COUNTERS];
	struct draft_message *messages; /* (owned) */
};

/* A host that runs the application: @name (owned). @flows: UDP, TCP; with payload, not again. */
struct draft_host {
	char *name;
	uint32_t fold;
	uint64_t flows[2];
};

/**
 * struct draft_material - all flows
 * @messages:	Of all flows
 * @left_out:	Flows that came when there were DRAFT_FLOWS, or DRAFT_MESSAGES
 * @by_name:	(private) finds hosts
 */
struct draft_material {
	struct draft_flow *flows; /* (owned) */
	size_t n, cap;
	struct draft_host *hosts; /* (owned) */
	size_t hosts_n;
	uint64_t messages, left_out;
	void *by_name;
};

void draft_material_free(struct draft_material *m);
/* The host of that name, which is made when there is none. */
uint32_t draft_host(struct draft_material *m, const char *name);

/* Says what a flow is, by its ends, its time and its messages: sets @host, @positive, @session, @by_client, @again, @fold. False = nobody
 * knows, it is left out. */
typedef bool draft_label_fn(void *arg, struct draft_flow *f);

/* Reads the packets of one capture into @m. */
struct draft_reader;
struct draft_reader *draft_reader_new(struct draft_material *m, uint32_t capture,
				      draft_label_fn *label, void *arg);
void draft_reader_packet(struct draft_reader *r, const struct packet *p);
/* The capture has ended: its last flows are added. */
void draft_reader_free(struct draft_reader *r);

/* When all flows are read: sets their @run and @nth. */
void draft_material_runs(struct draft_material *m);

/* 0 for UDP, 1 for TCP. */
static inline int draft_proto(const struct draft_flow *f)
{
	return f->tuple.proto == 6;
}

#endif
