/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_ANALYSIS_H
#define ANALYSIS_FIELD_ANALYSIS_H

#include "analysis/field/map.h"
#include "analysis/message/stream.h"

/*
 * Messages in, a map of their fields out. Feed it from a message_stream, alone or beside other
 * users of the same stream: it uses message_flow.mine through a slot that is its own. One pass,
 * bounded memory, the same result for the same messages in the same order.
 */

/* What is kept: 0 = the default. */
struct field_limits {
	uint32_t samples; /* messages kept; FIELD_SAMPLES */
	uint32_t flows;	  /* as message_stream_new() got; FIELD_FLOWS */
};
#define FIELD_SAMPLES 24576
#define FIELD_FLOWS   MESSAGE_FLOWS

struct field_analysis;

/* @limits may be NULL. */
struct field_analysis *field_analysis_new(const struct field_limits *limits);
/* For struct message_user.message and .end; @arg is the analysis. */
void field_analysis_message(void *arg, const struct message *m);
void field_analysis_end(void *arg, struct message_flow *f);
/* Finds classes and statements. The analysis may be fed further afterwards. The map is the
 * caller's: field_map_free(). */
struct field_map *field_analysis_finish(struct field_analysis *a);
void field_analysis_free(struct field_analysis *a);

#endif
