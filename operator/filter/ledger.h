/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_FILTER_LEDGER_H
#define OPERATOR_FILTER_LEDGER_H

#include "operator/filter/filter.h"

/**
 * struct ledger_entry - a block in force
 * @block:	As it was made: outcome, who, flow, why. @block.flow of FILTER_FLOW is the inside one
 * @made_ns, @ends_ns: By the monotonic clock: last put into the kernel; its end, 0 = with its flow
 * @packets, @bytes: Stopped, as read from the kernel last
 * @next:	Of its kind: the one that was made or prolonged after it
 */
struct ledger_entry {
	struct filter_block block;
	uint64_t made_ns, ends_ns;
	struct ledger_entry *next, *prev, *chain;
	uint64_t hash;
};

/* Blocks in force, at most so many of each kind. */
struct ledger;

struct ledger *ledger_new(const uint32_t size[FILTER_WHATS]);
void ledger_free(struct ledger *l);
/* The entry of what @b names: its who and proto, of a flow its flow in either direction. NULL = none. */
struct ledger_entry *ledger_find(const struct ledger *l, const struct filter_block *b);
bool ledger_full(const struct ledger *l, enum filter_what what);
/* Adds a copy of @b, which is not there and for which there is room. */
struct ledger_entry *ledger_add(struct ledger *l, const struct filter_block *b);
void ledger_remove(struct ledger *l, struct ledger_entry *en);
/* Makes it the last of its kind. */
void ledger_to_end(struct ledger *l, struct ledger_entry *en);
struct ledger_entry *ledger_first(const struct ledger *l, enum filter_what what);
size_t ledger_count(const struct ledger *l, enum filter_what what);

#endif
