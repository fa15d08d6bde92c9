/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_MADE_MESSAGES_H
#define TESTS_UNIT_MADE_MESSAGES_H

#include "analysis/field/analysis.h"
#include "base/rng.h"

/* For tests of the analysis' fields: messages that are made up, and what is said of them. */

#define SEC 1000000000ULL

/**
 * struct made - a traffic under way
 * @a, @m:	(owned) The analysis; its map, once it is finished
 * @rng:	For the bytes that are left free
 * @flow:	That speaks now; the test opens and ends it
 * @number, @now: Of the last message
 * @flows:	So far, for the test to count
 */
struct made {
	struct field_analysis *a;
	struct field_map *m;
	struct rng rng;
	struct message_flow flow;
	uint64_t number, now, flows;
};

/* @stream: of random numbers, for which each test has its own */
void made_begin(struct made *t, uint64_t seed, const char *stream);
/* @flow says @n bytes, 20 ms after the last message. */
void made_say(struct made *t, bool reply, const uint8_t *bytes, uint32_t n);
void made_finish(struct made *t);
void made_end(struct made *t);

#endif
