/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_SAMPLE_SAMPLE_H
#define ANALYSIS_SAMPLE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* A message that is kept to be looked at, with the earlier ones that it may refer to. */

#define SAMPLE_BYTES  384 /* first bytes of a message that are kept */
#define EARLIER_BYTES 128 /* of an earlier one */
#define SAMPLE_PEERS  4	  /* hosts that a socket opened flows to: peer to peer */
#define SAMPLE_PLACES 5	  /* first, second, third, fourth, later: of one direction of a flow */

/* Which earlier message. */
enum sample_of {
	EARLIER_OTHER,	/* last one of the other direction of the flow */
	EARLIER_OTHER2, /* last but one */
	EARLIER_SAME,	/* last one of this direction */
	EARLIER_SAME2,	/* last but one */
	EARLIER_HOST,	/* same sender's address, protocol, direction and place, any flow */
	EARLIER_SOCKET, /* and port: of the sender for UDP, of the receiver for TCP */
	EARLIER_KINDS,
};

/* An earlier message; @number 0 = there is none. @kept of its @size bytes are here. */
struct earlier {
	uint64_t ts_ns, number;
	uint32_t size;
	uint16_t kept;
	uint8_t place;
	uint8_t bytes[EARLIER_BYTES];
};

/**
 * struct sample - a message
 * @flow:	Id of its flow
 * @rank:	How many of the sample are of this flow before it; set by sampler_finish()
 * @from, @to:	Of its packet
 * @port:	Of the flow's opened side
 * @place:	In its direction of the flow, below SAMPLE_PLACES
 * @p2p:	UDP: its flow is of a socket that opened flows to several hosts; set by sampler_finish()
 * @draw:	A random number that belongs to it
 */
struct sample {
	uint64_t flow, ts_ns, number;
	struct endpoint from, to;
	uint32_t size, draw, rank, from_host, to_host;
	uint16_t kept, input, port;
	uint8_t proto, place;
	bool reply, p2p;
	struct earlier earlier[EARLIER_KINDS];
	uint8_t bytes[SAMPLE_BYTES];
};

#endif
