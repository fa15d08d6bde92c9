/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_H
#define DETECTOR_ENGINE_H

#include "detector/detection.h"
#include "detector/engine/checksums.h"
#include "detector/engine/flow_record.h"
#include "detector/engine/prefilter.h"

struct signature_set;
struct detector;
struct reach;

/* Bounds on memory; 0 = the default in brackets. When one is reached an old or idle entry gives way
 * and a statistic says so. */
struct detector_limits {
	size_t flows;	/* [1048576] flows followed at a time */
	size_t matches; /* [32768] flows with a rule under way or done; of rules under way twice as
			   many */
	size_t streams; /* [1024] TCP flows under reassembly */
	size_t remembered; /* [49152] remembered tuples, hosts, ids and held matches, each */
	size_t endings;	   /* [65536] sessions, calls and transfers under way */
	uint64_t udp_idle_ns, tcp_idle_ns; /* [300 s, 3600 s] a flow is forgotten after */
};

struct detector_stats {
	uint64_t packets, payload_packets;
	uint64_t flows, flows_now, flows_peak;
	uint64_t flows_expired, flows_evicted;
	uint64_t
		flows_held_on; /* packets of flows that go on only because a match was held on them */
	uint64_t starts;       /* packets on which the first step of a rule was tried */
	uint64_t matches, matches_now, matches_evicted;
	uint64_t streams, streams_now, streams_evicted;
	uint64_t tcp_outside;	/* TCP packets outside the window, not believed */
	uint64_t tcp_conflicts; /* segments that give bytes already seen other values */
	/* packets with a bad checksum, of those verified: passed over; taken, see checksums.c */
	uint64_t checksums_bad, checksums_believed;
	uint64_t
		checksums_by_share; /* of those taken: for how many of the sender's are so, good ones aside */
	uint64_t remembered_now, remembered_evicted;
	uint64_t held_now, held_evicted;
	uint64_t versions_replaced; /* client versions not seen for long, for want of room */
	uint64_t endings_now, endings_evicted; /* these were reported as ended early */
	uint64_t searches_given_up;	       /* for regular expressions, at their limit */
	uint64_t records, records_cut;	       /* flow records made; ended early for want of room */
	uint64_t events;
	uint64_t memory_bytes; /* held by the detector now */
};

/* @set must outlive the detector. @limits may be NULL. @fn is called with @arg for each event.
 * Never NULL. */
struct detector *detector_new(const struct signature_set *set, const struct detector_limits *limits,
			      detection_fn *fn, void *arg);
/* Keeps the bytes of matched messages for the events. Costs memory per match; call it before the
 * first packet. */
void detector_explain(struct detector *d);
/* Notes in @r how far every rule comes on every flow (reach.h). All TCP flows are reassembled then,
 * and every rule is asked about every payload: it is slow. Call it before the first packet. */
void detector_reach(struct detector *d, struct reach *r);
/* One packet, in time order (a small step back is tolerated). Packets that are neither UDP nor
 * TCP are passed over. */
void detector_packet(struct detector *d, const struct packet *p);
/* The same for several packets; faster, because their flows are fetched into the cache together. */
void detector_packets(struct detector *d, const struct packet *p, size_t n);
/* The same for packets that detector_prefilter() has seen; @pre is what it filled in. */
void detector_prefiltered(struct detector *d, const struct packet *p, const struct prefilter *pre,
			  size_t n);
/* A flow record that somebody else made, its times ns since 1970; in the order of their first packets. Only
 * rules that ask flow records see it, and whatever times their signatures want records to be made with. */
void detector_flow_record(struct detector *d, const struct flow_record *r);
/* Lets time pass without packets (live captures); pending timeouts report. */
void detector_time(struct detector *d, uint64_t now_ns);
/* End of the input: everything pending reports. */
void detector_finish(struct detector *d);
void detector_stats(const struct detector *d, struct detector_stats *out);
void detector_free(struct detector *d);

#endif
