/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DETECTOR_EVENT_H
#define DETECTOR_EVENT_H

#include "detector/engine/engine_private.h"

/**
 * struct happening - what an event is made of
 * @rule, @client_dir, @kind: As in the match that is complete, or in the ending
 * @answered:	As in struct detection_event
 * @version:	The client's; 0 = what the rule says
 * @ev:		First @n messages taken
 * @bytes:	Theirs, or NULL
 */
struct happening {
	const struct rule *rule;
	int client_dir;
	enum event_kind kind;
	bool answered;
	uint32_t version;
	const struct match_evidence *ev;
	unsigned n;
	const struct match_bytes *bytes;
};
/* Reports an event on a flow through the detector's callback. */
void event_report(struct detector *d, const struct flow *f, const struct happening *h);

#endif
