/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ENGINE_RECORD_RULES_H
#define DETECTOR_ENGINE_RECORD_RULES_H

#include "base/capture/packet.h"
#include "detector/engine/flow_record.h"

/* The rules that ask flow records, and how the records come to them. */

struct detector;
struct record_rules;

/* Of the detector's set as it is now. NULL when no rule of it asks records. */
struct record_rules *record_rules_new(struct detector *d);
void record_rules_free(struct record_rules *t); /* NULL is allowed */
/* The ways of making records for which the packet counts, by bit: 0 = none. Fetches into the cache what
 * record_rules_hint() will need. @hash: flows_hash(). */
uint8_t record_rules_groups(const struct record_rules *t, const struct packet *p, uint32_t hash);
/* Between these: fetches into the cache what record_rules_packet() will need. */
void record_rules_hint(const struct record_rules *t, const struct packet *p, uint32_t hash,
		       uint8_t groups);
/* Of the detector's new set; what is under way at @was, which is freed, goes on where the new set wants records
 * made in the same way. @was may be NULL. */
struct record_rules *record_rules_reload(struct detector *d, struct record_rules *was);
void record_rules_packet(struct record_rules *t, const struct packet *p, uint32_t hash,
			 uint8_t groups);
/* Whether another thread makes the records, of all packets in their order, by record_rules_make(), up to
 * record_rules_finish(). */
void record_rules_ahead(struct record_rules *t, bool ahead);
bool record_rules_are_ahead(const struct record_rules *t);
/* In that thread: how many records are to be asked before this packet is read. */
uint32_t record_rules_make(struct record_rules *t, const struct packet *p, uint32_t hash,
			   uint8_t groups);
/* In this one: asks the next @n, which the other has made. */
void record_rules_take(struct record_rules *t, uint32_t n);
/* Lets time pass up to the detector's. */
void record_rules_time(struct record_rules *t);
/* The end of the input: records under way are complete. */
void record_rules_finish(struct record_rules *t);
/* A record that somebody else made; after all that began before it. */
void record_rules_ask(struct record_rules *t, const struct flow_record *r);

struct record_stats {
	uint64_t records, cut; /* made of packets; of these, ended early for want of room */
	size_t memory_bytes;
};
void record_rules_stats(const struct record_rules *t, struct record_stats *out);

#endif
