/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_MEMORY_H
#define DETECTOR_MEMORY_H

#include "detector/engine/match.h"

/* Stands for the values of a key: 128 bits under a secret of this run. */
struct memory_key {
	uint64_t a, b;
};

/**
 * struct memory_entry - one remembered key of one set
 * @hash:	First, since the pool keeps its free list there
 * @version:	Of the client, where known
 * @count, @value: For actions that count. @slides: @value is an index in memory.slides
 * @answered_until: Until when an answered exchange stands behind it, in units of ANSWERED_UNIT; what
 *		is remembered again without one does not prolong this. 0 = none does
 * @expires:	0 = the entry is free
 */
struct memory_entry {
	uint32_t hash;
	uint32_t version;
	struct memory_key key;
	uint32_t count, value;
	uint64_t expires;
	uint16_t set;
	bool slides;
	uint32_t answered_until;
};

/**
 * struct held - a match that waits for a key to become known
 * @gen:	Of the flow when the match was held: differs when the flow is gone
 * @bytes:	(owned) As in struct match_bytes
 */
struct held {
	uint32_t flow, saved;
	uint8_t gen, client_dir;
	bool answered;
	uint16_t set, rule;
	uint32_t version;
	struct memory_key key;
	struct match_evidence ev;
	uint8_t *bytes;
	uint16_t bytes_n;
	uint8_t save[HELD_SAVE];
};

/**
 * struct held_place - where a held match lies; apart from it, since its neighbours are touched when it
 * comes and goes, and with every new one some are looked at for having waited too long
 * @until:	It waits no longer than this; 0 = free
 * @hash:	Of the key
 * @next, @prev: In the bucket; 0 = none
 */
struct held_place {
	uint64_t until;
	uint32_t hash;
	uint32_t next, prev;
};

/**
 * struct memory_set_state - what is kept per set
 * @count:	Entries of the set
 * @filtered:	Entries added to @filter since it was made
 * @shift:	From a hash down to a bit of @filter
 * @filter:	(owned) A bit per entry: most look-ups ask a small set for what it does not hold,
 *		and end here. One filter per set, so that one large set cannot saturate another's.
 */
struct memory_set_state {
	uint32_t count;
	uint32_t filtered;
	uint32_t shift;
	uint64_t *filter;
};

/**
 * struct memory - all sets, and all held matches
 * @slots:	hash << 32 | entry; 0 = empty
 * @slides:	What is counted in windows that slide, see counting.c
 * @sets:	(owned) By the set's number
 * @largest:	The set with the most entries, approximately
 * @buckets:	(owned) First held match by hash
 * @places:	(owned) By held match
 * @held_sweep:	The held match that is looked at next for having waited too long
 * @key:	Secret of the hash
 */
struct memory {
	size_t limit, sets_n;
	struct pool entries, slides;
	uint64_t *slots;
	size_t mask, count;
	uint64_t evicted, held_evicted;
	struct memory_set_state *sets;
	uint16_t largest;
	struct pool held;
	struct held_place *places;
	uint32_t *buckets;
	size_t bucket_mask;
	uint32_t held_sweep;
	uint64_t key[2];
};
/* @slide: bytes for what one key counts in a window that slides. */
void memory_init(struct memory *m, size_t limit, size_t sets, size_t slide);
void memory_free(struct memory *m);
struct memory_key memory_key(const struct memory *m, const uint8_t *values, size_t n);
/* The entry, or NULL when there is none or its time is over. */
struct memory_entry *memory_find(struct memory *m, uint16_t set, const struct memory_key *k,
				 uint64_t now);
/* Finds or makes an entry, and keeps it for @keep ns from @now. Never NULL. */
struct memory_entry *memory_put(struct memory *m, uint16_t set, const struct memory_key *k,
				uint64_t now, uint64_t keep);
void memory_forget(struct memory *m, uint16_t set, const struct memory_key *k);
/* Room for a match that waits for @k in @set, for @wait ns from @now; the caller fills in the rest.
 * Never NULL. */
struct held *memory_hold(struct memory *m, uint16_t set, const struct memory_key *k, uint64_t now,
			 uint64_t wait);
/* The first held match that may wait for @k; the others by held_place.next. 0 = none. */
uint32_t memory_waiting(const struct memory *m, uint16_t set, const struct memory_key *k);
/* Frees a held match. */
void memory_unhold(struct memory *m, uint32_t i);
/* Sets and rules have other numbers now, by the old ones; what is of one that is GONE is forgotten.
 * @sets_n: sets there are now. The order in which held matches are released stays. */
#define GONE UINT16_MAX
void memory_renumber(struct memory *m, const uint16_t *sets, const uint16_t *rules, size_t sets_n);
size_t memory_bytes(const struct memory *m);

#endif
