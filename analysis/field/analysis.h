/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_FIELD_ANALYSIS_H
#define ANALYSIS_FIELD_ANALYSIS_H

#include "analysis/field/map.h"
#include "analysis/message/stream.h"

/*
 * Messages in, a map of their fields out. Feed it from a message_stream, alone or beside other users of
 * the same stream, with a `mine` of its own. One pass, bounded memory, the same result for the
 * same messages in the same order.
 */

#define FIELD_SAMPLES 24576

/* @samples: messages that are kept to be looked at, at least 64; 0 = FIELD_SAMPLES */
struct field_limits {
	uint32_t samples;
};

struct field_analysis;

/* @limits may be NULL. */
struct field_analysis *field_analysis_new(const struct field_limits *limits);
/* For struct message_user.message, .end and .fetch; @arg is the analysis. */
void field_analysis_message(void *arg, const struct message *m);
void field_analysis_end(void *arg, struct message_flow *f);
void field_analysis_fetch(void *arg, const struct message_flow *f, const void *mine, bool reply);
/* Finds classes and statements. More messages may follow, and another map. The map is the
 * caller's: field_map_free(). */
struct field_map *field_analysis_finish(struct field_analysis *a);
void field_analysis_free(struct field_analysis *a);

#endif
