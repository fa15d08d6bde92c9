/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_VIEW_ROW_H
#define OPERATOR_VIEW_ROW_H

#include "operator/picture.h"

/* What a client does, the most important last. */
enum row_state { ROW_SEEN, ROW_LEFT, ROW_PROBED, ROW_CONNECTED, ROW_CALL, ROW_STATES };
/* "seen", "left", "probe", "session", "call" */
const char *row_state_text(enum row_state s);

/**
 * struct row - of a client, what its line in the list shows
 * @ip:		By which the picture knows it
 * @outside:	Its address beyond a NAT; family 0 = none is known
 * @state, @in_part, @answered: As struct client has them
 * @blocked, @would_block: A filter does, or would
 * @first_ns, @last_ns, @call_since_ns: Likewise
 * @events:	Sightings of all kinds
 * @version:	The newest, or ""
 * @super_node:	Family 0 = none
 * @signature, @rule, @messages: Of the most telling sighting of late; the messages in one word, "U1 U4"
 * @sensors:	Who saw it, apart by spaces; @sensor_count of them
 */
struct row {
	struct ip ip, outside;
	enum row_state state;
	bool in_part, blocked, would_block, answered;
	uint64_t first_ns, last_ns, call_since_ns, events;
	char version[24];
	struct endpoint super_node;
	char signature[64], rule[64], messages[64];
	char sensors[128];
	size_t sensor_count;
};

void row_from_client(struct row *r, const struct client *c);

#endif
