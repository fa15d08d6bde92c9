/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_MESSAGE_STREAM_H
#define ANALYSIS_MESSAGE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/capture/packet.h"

/* Packets in, messages out, each with the flow it belongs to. */

#define MESSAGE_KEEP                                                                               \
	512 /* first bytes of a TCP message that are kept; of a UDP one all captured are */

/**
 * struct message_flow - a UDP or TCP flow, both directions together
 * @id:		Counts the flows of a stream from 0; never used again
 * @tuple:	src = the side that opened it: sender of the SYN, else of the first packet
 * @input:	Index of the capture, as in struct packet
 * @first_ns, @last_ns, @first_number: Of its packets; frame number
 * @packets, @messages, @bytes: By direction: 0 = from the opener, 1 = to it; @bytes of payload
 * @syn, @synack: Frames with SYN, and with SYN and ACK; 0 SYN = the capture began later
 * @fin, @reset: By direction, whether it was seen
 * @closed_ns:	Time of the RST or of the second FIN; 0 = open
 * @label:	For the user of the stream, as is @mine, which the user's flow_end() frees
 */
struct message_flow {
	uint64_t id;
	struct tuple tuple;
	uint16_t input;
	uint64_t first_ns, last_ns, first_number;
	uint64_t packets[2], messages[2], bytes[2];
	uint32_t syn, synack;
	bool fin[2], reset[2];
	uint64_t closed_ns;
	const void *label;
	void *mine;
};

/**
 * struct message - what one side said before it paused
 * @flow:	Counted already: flow->messages includes this one
 * @ts_ns, @number: Time and frame of its first packet
 * @end_ns, @end_number: Of its last
 * @reply:	Direction: false = from the flow's opener
 * @place:	Of the flow's messages, both directions, from 0
 * @nth:	Of the messages in this direction, from 0
 * @bytes, @kept, @size: The first @kept of @size bytes; valid during the call
 * @there:	Bytes at @bytes, @kept and perhaps more: all captured ones where it is one packet
 * @broken:	TCP: bytes before it or in it are missing from the capture, or its beginning was not
 *		seen: @bytes may not begin where the message does
 * @packets:	Segments it came in
 */
struct message {
	struct message_flow *flow;
	uint64_t ts_ns, end_ns, number, end_number;
	bool reply, broken;
	uint64_t place, nth;
	const uint8_t *bytes;
	uint32_t kept, there, size, packets;
};

struct message_stream;

/**
 * struct message_user - who gets the messages; functions that are NULL are not called
 * @fetch:	A message of the flow in this direction may follow soon: what it needs of @mine may be
 *		prefetched, no more
 * @begin:	A flow is new: labels may be attached
 * @message:	In the order in which messages were complete; within a flow as they were sent
 * @end:	The flow is closed and late, forgotten for want of room, or the input has ended
 */
struct message_user {
	void *arg;
	void (*begin)(void *arg, struct message_flow *f);
	void (*message)(void *arg, const struct message *m);
	void (*end)(void *arg, struct message_flow *f);
	void (*fetch)(void *arg, const struct message_flow *f, const void *mine, bool reply);
};

/* @flows: the most that are held at once (at least 64); 0 = MESSAGE_FLOWS. */
#define MESSAGE_FLOWS 65536
struct message_stream *message_stream_new(const struct message_user *user, uint32_t flows);
/* Packets that are neither UDP nor TCP are passed over. */
void message_stream_packet(struct message_stream *s, const struct packet *p);
/* The same for several packets; faster. */
void message_stream_packets(struct message_stream *s, const struct packet *p, size_t n);
/* The input has ended: last messages are complete, all flows end. More packets may follow. */
void message_stream_end(struct message_stream *s);
/* Flows that were forgotten for want of room. */
uint64_t message_stream_evicted(const struct message_stream *s);
void message_stream_free(struct message_stream *s);

#endif
