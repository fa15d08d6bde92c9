/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_DETECTION_H
#define DETECTOR_DETECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "detector/language/event_kind.h"

/* What the detector reports, as structures. */

#define EVIDENCE_MAX	8   /* matched messages kept per event */
#define EVIDENCE_BYTES	512 /* of each message, when they are kept to be explained */
#define EVIDENCE_RANGES 8   /* byte ranges kept per message */

/* Bytes [offset, offset + length) of a message's payload that a test looked at and found right. */
struct byte_range {
	uint16_t offset;
	uint16_t length;
	uint32_t line; /* of the test in the signature file */
};

/**
 * struct evidence - one message that matched
 * @message:	Its name in the signature ("U1"; owned by the signature set)
 * @ts_ns, @number: The packet that completed it (frame number in its input, from 1)
 * @input:	Capture input it came from
 * @size:	Message bytes: a UDP payload, or what was sent over TCP as one message
 * @from_client: Direction
 * @line:	Line of the message in the signature file
 * @bytes:	First @bytes_n bytes of the message (at most EVIDENCE_BYTES), after
 *		detector_explain(); else NULL and 0. Valid during the callback
 * @ranges:	Bytes that the tests of the message looked at; first @range_count of them, after
 *		detector_explain()
 */
struct evidence {
	const char *message;
	uint64_t ts_ns;
	uint64_t number;
	uint32_t size;
	uint32_t line;
	uint16_t input;
	const uint8_t *bytes;
	uint16_t bytes_n;
	bool from_client;
	uint8_t range_count;
	struct byte_range ranges[EVIDENCE_RANGES];
};

/**
 * struct detection_event - what the detector reports. Every event claims its flow as its application's.
 * @ts_ns:	Capture time of the packet that decided it
 * @number, @input: That packet
 * @kind:	What happened
 * @flow:	src = the client's side
 * @client_ip:	The client's address as seen here (= flow.src.ip)
 * @application: What it claims: the signature's
 * @signature, @revision, @rule: Which rule reports it (owned by the set)
 * @rule_line:	Line of the rule in the signature file
 * @signature_path: The file
 * @client_version: "1.4", or "" when the evidence does not tell
 * @super_node:	Session events: the super node; family 0 else
 * @flow_first_ns: Time of the flow's first packet
 * @flow_packets, @flow_bytes: Packets and payload bytes of the flow so far, both directions
 * @record:	It rests on a flow record alone: @number is the record's first frame, @flow_packets and @flow_bytes
 *		(IP bytes then) are those of its direction, and the record ends at @record_last_ns
 * @answered:	It rests on an exchange whose reply refers to the request, which who forges addresses
 *		blindly cannot make: see engine/answer.h
 * @evidence:	Matched messages in order, first @evidence_count of them; valid during the callback
 */
struct detection_event {
	uint64_t ts_ns;
	uint64_t number;
	uint16_t input;
	enum event_kind kind;
	struct tuple flow;
	struct ip client_ip;
	const char *application;
	const char *signature;
	unsigned revision;
	const char *rule;
	unsigned rule_line;
	const char *signature_path;
	const char *client_version;
	struct endpoint super_node;
	uint64_t flow_first_ns;
	uint64_t flow_packets, flow_bytes;
	bool record;
	uint64_t record_last_ns;
	bool answered;
	size_t evidence_count;
	const struct evidence *evidence;
};

typedef void detection_fn(void *arg, const struct detection_event *ev);

#endif
