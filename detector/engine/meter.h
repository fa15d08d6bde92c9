/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_METER_H
#define DETECTOR_ENGINE_METER_H

#include <stddef.h>

#include "base/capture/packet.h"
#include "detector/engine/flow_record.h"
#include "detector/language/signature.h"

/* Makes flow records of packets, as an exporter does. */
struct meter;

struct meter_stats {
	uint64_t records;
	uint64_t cut; /* of these, ended early for want of room */
	size_t memory_bytes;
};

/* Of at most @limit flows (or directions of flows) at a time. @key: of the hashes of packets' flows,
 * flows_hash_ends(), as they are given to it. Never NULL. */
struct meter *meter_new(const struct record_times *times, size_t limit, const uint64_t key[2],
			flow_record_fn *fn, void *arg);
void meter_free(struct meter *m); /* NULL is allowed; records under way are dropped */
/* Records go there from now on. */
void meter_give(struct meter *m, flow_record_fn *fn, void *arg);
/* Ahead of meter_packet(): brings the entry's slot into the cache. */
void meter_hint_slot(const struct meter *m, const struct packet *p, uint32_t hash);
/* Behind that: the entry. */
void meter_hint_entry(const struct meter *m, const struct packet *p, uint32_t hash);
/* A packet; @now_ns: engine_time() of the latest one, never less than before. */
void meter_packet(struct meter *m, const struct packet *p, uint32_t hash, uint64_t now_ns);
/* Completes records whose time is over. */
void meter_time(struct meter *m, uint64_t now_ns);
/* Completes all. */
void meter_finish(struct meter *m);
/* No record that is still to come begins before this; UINT64_MAX = none is under way. */
uint64_t meter_oldest(struct meter *m);
void meter_stats(const struct meter *m, struct meter_stats *out);

#endif
