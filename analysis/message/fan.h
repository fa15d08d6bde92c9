/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_MESSAGE_FAN_H
#define ANALYSIS_MESSAGE_FAN_H

#include "analysis/message/stream.h"
#include "base/slab.h"

/* One stream, several users: each has a `mine` of its own in every flow. */

#define MESSAGE_USERS 8

/**
 * struct message_fan - who gets the messages
 * @users, @n:	At most MESSAGE_USERS
 * @wants:	Asked at the beginning of each flow; may set the flow's label. Messages of flows that it
 *		does not want go to nobody. NULL = all are wanted
 * @arg:	Its argument
 * @flows, @wanted: Flows that began; those of them that were wanted
 * @places:	What flows carry
 */
struct message_fan {
	struct message_user users[MESSAGE_USERS];
	size_t n;
	bool (*wants)(void *arg, struct message_flow *f);
	void *arg;
	uint64_t flows, wanted;
	struct slab places;
};

/* Another user, by value, before the first packet. */
void message_fan_add(struct message_fan *fan, struct message_user user);
/* What is given to message_stream_new(); @fan must outlive the stream. */
struct message_user message_fan_user(struct message_fan *fan);
/* After the stream was freed. */
void message_fan_clear(struct message_fan *fan);

#endif
