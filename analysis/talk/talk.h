/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_TALK_TALK_H
#define ANALYSIS_TALK_TALK_H

#include "analysis/talk/exchange.h"
#include "analysis/talk/gaps.h"
#include "analysis/talk/here.h"
#include "analysis/talk/names.h"
#include "analysis/talk/pattern.h"
#include "analysis/talk/record.h"
#include "analysis/talk/rounds.h"
#include "analysis/talk/series.h"
#include "base/slab.h"

/* Who talks with whom: what is here, exchanges, clocks. One user of a message stream. */

/* How many messages of each size, and how many bytes when: for plots. */
#define TALK_SIZES 1600 /* the last counts all that are longer */

struct talk {
	struct here here;
	struct talk_flows flows;
	struct exchanges exchanges;
	struct all_series series;
	struct all_gaps gaps;
	struct all_rounds rounds; /* from talk_finish() on, as the next */
	struct patterns patterns;
	struct slab under_way;	       /* what flows carry */
	uint64_t sizes[2][TALK_SIZES]; /* messages by protocol (0 = UDP) and size */
};

/* @usage is borrowed until talk_free(). */
struct talk *talk_new(const struct here_usage *usage);
struct message_user talk_user(struct talk *t);
/* After the last message: sorts, and finds what needs all flows. @names may be NULL; they must outlive
 * the talk. Once only. */
void talk_finish(struct talk *t, const struct message_names *names);
void talk_free(struct talk *t);

#endif
