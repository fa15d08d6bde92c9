/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ANALYSIS_COMPARE_TAPE_H
#define ANALYSIS_COMPARE_TAPE_H

#include "analysis/message/stream.h"

/* The first messages of a stream, kept with their flows, to be played again with some left out. */

#define TAPE_MESSAGES 24576
#define TAPE_BYTES    (16U << 20)

struct tape;

/* @messages, @bytes: 0 = TAPE_MESSAGES, TAPE_BYTES. */
struct tape *tape_new(uint32_t messages, uint32_t bytes);
/* For struct message_user.message; @arg is the tape. */
void tape_message(void *arg, const struct message *m);
void tape_free(struct tape *t);

uint32_t tape_messages(const struct tape *t); /* on it */
bool tape_full(const struct tape *t); /* nothing more comes onto it; what is offered is counted */
uint64_t tape_seen(const struct tape *t); /* offered to it */
/* Plays it to @user but for the flows that @skip says yes to (NULL = none). Flows have the ids
 * that they had, and count the messages that are played. */
void tape_play(const struct tape *t, const struct message_user *user,
	       bool (*skip)(void *arg, const struct message_flow *f), void *arg);

#endif
