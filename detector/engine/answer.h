/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_ANSWER_H
#define DETECTOR_ANSWER_H

#include "detector/engine/flow_state.h"

/* Whether what is found rests on an exchange that was answered: struct match.answered. */

#define ANSWERED_UNIT 32 /* memory_entry.answered_until counts 2 to the power of this many ns */

/* The match has taken message @m. @compared: later messages are compared with this one, not with one
 * of its kind that came before. */
void answer_take(const struct detector *d, struct match *in, unsigned m, bool from_client,
		 bool compared);
/* Whether the same rule, under way on the flow for the same client, has seen an answer: a request that
 * was repeated begins the rule anew, and the reply ends both. */
bool answer_beside(struct detector *d, const struct match *in);
/* What the match must know is known: @e, under @key. */
void answer_inherit(const struct detector *d, struct match *in, const struct set_key *key,
		    const struct memory_entry *e);
/* The match, which rests on an answered exchange, has remembered @e for @keep ns. */
void answer_remember(const struct detector *d, struct memory_entry *e, uint64_t keep);

#endif
