/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_LOOK_H
#define ANALYSIS_FIELD_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/sample/sample.h"

/* The messages of one class, laid out to be searched. */

#define LOOK_MAX   1024
#define LOOK_PROBE 16 /* messages on which most wrong ideas die */

/**
 * struct column - one offset, over the messages that are long enough
 * @n, @distinct: Messages; values
 * @hist:	Messages by value
 * @top, @top_n: The most frequent value
 * @fixed:	Bits that never move
 * @constant:	@top in nearly all
 * @units:	Independent trials: flows
 */
struct column {
	uint32_t n, distinct, top_n, units;
	uint32_t hist[256];
	uint8_t top, fixed;
	bool constant;
};

/**
 * struct look - them all
 * @x:		@n messages; those of different flows first
 * @bytes:	Offsets that at least four messages have
 * @flow:	By message: number of its flow, below @flows
 * @partner:	By message: one of another flow, with the same hosts where there is one: what
 *		holds of a message and its partner's past is no relation
 * @in_time:	Messages in the order in which they came
 * @in_flow:	Messages by flow, in time
 * @narrow:	A class of one size, type or beginning: nearly constant is enough
 * @prefix:	Bytes that the class is chosen by: that they are constant is no news
 * @from, @to:	By message: numbers of its sender and its receiver, below @n
 * @units:	Independent trials: flows; where there are fewer than 4 of them, different messages
 * @usual:	Sum over the offsets that vary, @vary of them, of the part of messages with a value
 * @past_n:	Messages that have such an earlier one
 */
struct look {
	const struct sample *x[LOOK_MAX];
	uint32_t n, bytes, shortest, longest;
	uint32_t flow[LOOK_MAX], flows, partner[LOOK_MAX], units;
	uint32_t from[LOOK_MAX], to[LOOK_MAX], in_time[LOOK_MAX], in_flow[LOOK_MAX];
	bool narrow;
	uint32_t prefix;
	struct column col[SAMPLE_BYTES];
	double usual[256];
	uint32_t vary;
	uint32_t past_n[EARLIER_KINDS];
};

struct look *look_new(void);
/* Puts messages into the order in which looks take them: those of different flows first. */
void look_order(const struct sample **x, uint32_t n);
/* @members: @n samples of a class, in that order; @l takes LOOK_MAX of them. */
void look_fill(struct look *l, const struct sample *const *members, uint32_t n, bool narrow,
	       uint32_t prefix);
/* How often value @v is found at offsets that vary, other than @o: what to expect there by chance. */
double look_usual(const struct look *l, uint32_t o, uint8_t v);
void look_free(struct look *l);

static inline bool look_has(const struct look *l, uint32_t k, uint32_t offset, uint32_t width)
{
	return offset + width <= l->x[k]->kept;
}

#endif
