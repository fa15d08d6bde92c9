/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_TIMELINE_H
#define RESULTS_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/score/score.h"

/* What happened at a vantage and was to be seen there, in order of time. */

/**
 * struct happened - one event of the truth
 * @rows:	Its rows, @n of them: its flow had so many tuples here
 * @seen:	The first of them that the capture holds
 * @kind, @ts_ns: The rows'
 */
struct happened {
	const struct sent_event *rows, *seen;
	size_t n;
	enum detection_kind kind;
	uint64_t ts_ns;
};

/**
 * struct timeline - all events of a vantage
 * @reported:	The sources reported all of them. Else @all is what labels mark: sessions or nothing
 * @marked:	Labels mark sessions, or @reported
 * @tolerance_ns: How far a right claim may be off; see timeline_fits()
 */
struct timeline {
	struct happened *all; /* (owned) */
	size_t n;
	bool reported, marked;
	uint64_t tolerance_ns;
	const struct labels *labels;
	const struct flow_index *flows;
	struct sent_events *own; /* (owned) made of the labels, or NULL */
};

void timeline_make(struct timeline *t, const struct score_input *in);
void timeline_clear(struct timeline *t);
/* Whether an event of a detector is about this one's flow or, of a session, about its client and
 * super node. */
bool timeline_about(const struct happened *h, const struct detection *v);
/* The same, and in time: not earlier than the tolerance before it, not later than the tolerance
 * after it, of calls six times that. */
bool timeline_fits(const struct timeline *t, const struct happened *h, const struct detection *v);
/* Whether nobody can say if an event of a detector is true: its flow is of label unknown, or it is
 * Skype and the truth does not tell events of its kind. */
bool timeline_unknown(const struct timeline *t, const struct detection *v);
/* The end of the session that begins with @start, or NULL: it lasts to the end of the capture. */
const struct happened *timeline_end_of(const struct timeline *t, const struct happened *start);
/* When the next session of the same flow, or of the same client and super node, begins; UINT64_MAX =
 * none does. */
uint64_t timeline_next_start(const struct timeline *t, const struct happened *start);
bool timeline_starts(enum detection_kind kind); /* session-start or session-change */
/* The super node that an event of a detector names. */
struct endpoint timeline_super_node(const struct detection *v);

#endif
