/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_DETECTOR_H
#define DETECTOR_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/capture/packet.h"

/*
 * The detector: a set of signatures, compiled together, and an engine that reads packets in time
 * order and reports events through a callback. The cli prints the events; nothing here prints.
 */

struct signature_set;
struct detector;

/**
 * struct signature_info - what a signature file says of itself (all owned by the set)
 * @name:	As in NAME.yaml
 * @revision:	From 1
 * @date:	"2006-07-25": of the source, or of this revision
 * @title:	One line
 * @source:	Paper and section, or URL
 * @versions:	Client versions it is meant for, separated by ", "
 * @notes:	What the source left open and how it was decided ("" when nothing)
 * @path:	The file
 * @rules:	Number of rules
 */
struct signature_info {
	const char *name;
	unsigned revision;
	const char *date;
	const char *title;
	const char *source;
	const char *versions;
	const char *notes;
	const char *path;
	size_t rules;
};

/* Loads and compiles signatures. Each of @names is a path (it holds a '/' or ends in ".yaml"), a
 * bundled signature NAME or NAME@REVISION, or "all" for every bundled one. NULL with @e set
 * ("file:line: what, expected what"). */
struct signature_set *signatures_load(const char *const *names, size_t n, struct err *e);
void signatures_free(struct signature_set *s);
size_t signatures_count(const struct signature_set *s);
const struct signature_info *signatures_info(const struct signature_set *s, size_t i);
/* Names of the bundled signatures, sorted; NULL-terminated, free with signatures_names_free().
 * NULL with @e set when the data folder is not found. */
char **signatures_names(struct err *e);
void signatures_names_free(char **names);
/* Folder of the bundled signature files: $SKYPELAB_DATA/detector/signatures, else the source
 * folder the running program was built in, else PREFIX/share/skypelab/detector/signatures of the
 * running program. Static storage; NULL with @e set when none exists. */
const char *signatures_folder(struct err *e);

/* What an event says. The text is what EVE's skype.event holds. */
enum event_kind {
	EVENT_EVIDENCE,	      /* "evidence": a sign, not a detection by itself */
	EVENT_PROBE_ACCEPTED, /* "probe-accepted": a super node said yes over UDP */
	EVENT_SESSION_START,  /* "session-start": connected to the super node in .super_node */
	EVENT_SESSION_CHANGE, /* "session-change": now to another super node */
	EVENT_SESSION_END,    /* "session-end" */
	EVENT_CALL_START,     /* "call-start" */
	EVENT_CALL_END,	      /* "call-end" */
	EVENT_FLOW,	      /* "flow": this flow is Skype's too (attributed to a known client) */
	EVENT_KINDS,
};
const char *event_kind_text(enum event_kind k);

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
 *detector_explain(); else NULL and 0; valid during the callback
 * @ranges:	Bytes that the tests of the message looked at; first @range_count of them
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
 * struct detection_event - what the detector says. Every event claims its flow as Skype's.
 * @ts_ns:	Capture time of the packet that decided it
 * @number, @input: That packet
 * @kind:	What happened
 * @flow:	src = the Skype client's side
 * @client_ip:	The client's address as seen here (= flow.src.ip)
 * @signature, @revision, @rule: Who says so (owned by the set)
 * @rule_line:	Line of the rule in the signature file
 * @signature_path: The file
 * @client_version: "1.4", or "" when the evidence does not tell
 * @super_node:	Session events: the super node; family 0 else
 * @flow_first_ns: Time of the flow's first packet
 * @flow_packets, @flow_bytes: Packets and payload bytes of the flow so far, both directions
 * @evidence:	Matched messages in order, first @evidence_count of them; valid during the callback
 */
struct detection_event {
	uint64_t ts_ns;
	uint64_t number;
	uint16_t input;
	enum event_kind kind;
	struct tuple flow;
	struct ip client_ip;
	const char *signature;
	unsigned revision;
	const char *rule;
	unsigned rule_line;
	const char *signature_path;
	const char *client_version;
	struct endpoint super_node;
	uint64_t flow_first_ns;
	uint64_t flow_packets, flow_bytes;
	size_t evidence_count;
	const struct evidence *evidence;
};

typedef void detection_fn(void *arg, const struct detection_event *ev);

/* Bounds on memory; 0 = the default in brackets. When one is reached the oldest idle entry gives
 * way and a statistic says so. */
struct detector_limits {
	size_t flows;	/* [1048576] flows followed at a time */
	size_t matches; /* [32768] flows with a rule under way or done; of rules under way twice as
			   many */
	size_t streams; /* [1024] TCP flows with bytes put together */
	size_t remembered; /* [49152] remembered tuples, hosts, ids and held matches, each */
	uint64_t udp_idle_ns, tcp_idle_ns; /* [300 s, 3600 s] a flow is forgotten after */
};

struct detector_stats {
	uint64_t packets, payload_packets;
	uint64_t flows, flows_now, flows_peak;
	uint64_t flows_expired, flows_evicted;
	uint64_t starts; /* packets on which the first step of a rule was tried */
	uint64_t matches, matches_now, matches_evicted;
	uint64_t streams, streams_now, streams_evicted;
	uint64_t remembered_now, remembered_evicted;
	uint64_t held_now, held_evicted;
	uint64_t events;
	uint64_t memory_bytes; /* held by the detector now */
};

/* @set must outlive the detector. @limits may be NULL. Never NULL. */
struct detector *detector_new(const struct signature_set *set, const struct detector_limits *limits,
			      detection_fn *fn, void *arg);
/* Keeps the bytes of matched messages for the events. Costs memory per match; call it before the
 * first packet. */
void detector_explain(struct detector *d);
/* What can be said of a packet before it is its turn: the hash of its flow, and which rules its
 * payload may begin. The detector's own business; callers only carry it. */
#define DETECTOR_LOOK_WORDS 2
struct detector_look {
	uint32_t hash;
	bool none; /* no starts at all */
	uint64_t starts[DETECTOR_LOOK_WORDS];
};

/* One packet, in time order (a small step back is tolerated). Packets that are neither UDP nor
 * TCP are passed over. */
void detector_packet(struct detector *d, const struct packet *p);
/* The same for several packets; faster, because their flows are fetched into the cache together. */
void detector_packets(struct detector *d, const struct packet *p, size_t n);
/* The same in two parts. The first changes nothing of what the second uses and may run in another
 * thread, ahead of it, on packets that the detector has not yet seen; it takes work off the second
 * that is worth it in a thread of its own only. */
void detector_look(struct detector *d, const struct packet *p, size_t n, struct detector_look *out);
void detector_looked(struct detector *d, const struct packet *p, const struct detector_look *look,
		     size_t n);
/* Lets time pass without packets (live captures); pending timeouts report. */
void detector_time(struct detector *d, uint64_t now_ns);
/* End of the input: everything pending reports. */
void detector_finish(struct detector *d);
void detector_stats(const struct detector *d, struct detector_stats *out);
void detector_free(struct detector *d);

#endif
