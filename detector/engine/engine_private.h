/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_PRIVATE_H
#define DETECTOR_ENGINE_PRIVATE_H

#include "detector/engine/checksums.h"
#include "detector/engine/client_version.h"
#include "detector/engine/ending.h"
#include "detector/engine/engine.h"
#include "detector/engine/memory.h"
#include "detector/language/dispatch.h"

/* The state of a detector, shared by the files of the engine. Private to detector/engine/. */

/* The packet that something is put down to. Of TCP also what it acknowledges (@acks: anything) and
 * the sequence number behind it. */
struct packet_ref {
	uint64_t ts_ns, number;
	uint16_t input;
	bool acks;
	uint32_t ack, end;
};

/* Something remembered during this packet: held matches may be waiting for it. */
struct learned {
	struct memory_key key;
	uint16_t set;
	uint32_t version;
};

/* Memory keys of the flow of this packet, by slot and client's direction, made once. */
struct packet_keys {
	const struct flow *f; /* NULL = none yet */
	uint32_t have;	      /* by bit */
	struct memory_key k[2 * KEY_SLOTS];
};

/* The datagram and flow that a rule reported last. */
struct reported {
	uint64_t number;
	uint32_t flow, gen;
	uint16_t input;
	uint8_t kind;
};

/* The packet that gauges count, which may begin a match. */
struct gauged_packet {
	uint32_t flow, len;
	uint8_t dir;
};

struct prefilter;
struct reach;
struct record_rules;

/**
 * struct detector - see detector/detector.h
 * @flow_states:	Pool of struct flow_state
 * @matches:		Pool of struct match; their room is in @tails: small, large
 * @gauges:		Pool of what matches count by themselves, see gauge.c
 * @reassemblies:	Pool of struct reassembly
 * @endings:		Sessions, and rules that report when their flow ends, see session.c
 * @senders, @checksums: See checksums.c
 * @pre:		What was told beforehand of the packet being read
 * @now_ns:		Time of the latest packet
 * @tick_ns:		When session_tick() is next due
 * @packet:		The packet being read
 * @payload, @payload_n:	Of the datagram being read; NULL = it is none
 * @explain:		Keep the bytes of matched messages
 * @tcp_inside:		Some rule reads TCP segments by themselves ("segments: psh")
 * @gauged:		Some rule needs gauges; @gauged_now: the packet being read
 * @follows:		All payloads are to be told payload_follow()
 * @none_waits:		Rules do not wait as bits (begun.c)
 * @learned:		(owned)
 * @rule_version:	(owned) The client version that each rule says
 * @reported:		(owned) By rule
 * @payloads_seen:	(owned) Only of detector_prefilter(), which may run in a thread of its own:
 *			payloads per flow, by hash; NULL = not used
 * @records:	(owned) Rules that ask flow records; NULL = there are none
 * @reach:	Notes how far rules come, see reach.c; NULL = nobody asks
 */
struct detector {
	const struct signature_set *set;
	const struct dispatch *dispatch;
	detection_fn *fn;
	void *arg;
	struct flow_table flows;
	struct pool flow_states, matches, tails[2], gauges, reassemblies;
	struct memory memory;
	struct endings endings;
	struct senders senders;
	enum checksum_mode checksums;
	const struct packet *verified; /* this one was, and taken */
	const struct prefilter *pre;
	uint64_t now_ns, tick_ns;
	struct detector_stats stats;
	struct packet_ref packet;
	struct detector_limits limits;
	const uint8_t *payload;
	uint32_t payload_n;
	bool explain;
	bool tcp_inside;
	bool gauged, follows;
	struct gauged_packet gauged_now;
	bool none_waits;
	struct learned *learned;
	size_t learned_n, learned_room;
	struct packet_keys keys;
	struct client_versions versions;
	uint32_t *rule_version;
	struct reported *reported;
	uint8_t *payloads_seen;
	uint32_t payloads_seen_n;
	struct record_rules *records;
	struct reach *reach;
};

#endif
