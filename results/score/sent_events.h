/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_SENT_EVENTS_H
#define RESULTS_SENT_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "results/score/detections.h"
#include "results/score/labels.h"

/*
 * What truly happened at a vantage, as a detector should report it: the file is events.VANTAGE.tsv of
 * skypelab-run-directory(5).
 */

/**
 * struct sent_event - one event as this vantage sees it
 * @number:	Events with one number are the same event; its flow had several tuples here
 * @kind:	Any but DETECTION_CLAIM
 * @ts_ns:	When its last message was sent or arrived; 0 = not known
 * @tuple:	src = the side that opened the flow
 * @client:	The Skype client's address here
 * @super_node:	The other side, of session events; family 0 = none
 */
struct sent_event {
	unsigned number;
	enum detection_kind kind;
	uint64_t ts_ns;
	struct tuple tuple;
	struct ip client;
	struct endpoint super_node;
};

struct sent_events;

struct sent_events *sent_events_new(void);
void sent_events_free(struct sent_events *l);
/* Copies. Events with one number are added one after the other. */
void sent_events_add(struct sent_events *l, const struct sent_event *one);
/* The starts and ends of the sessions that labels mark. */
struct sent_events *sent_events_of_labels(const struct labels *l);
/* NULL with @e set: "file:line: what, expected what". */
struct sent_events *sent_events_read(const char *path, struct err *e);
int sent_events_write(const struct sent_events *l, const char *path, struct err *e);
size_t sent_events_count(const struct sent_events *l);
const struct sent_event *sent_events_at(const struct sent_events *l, size_t i);

#endif
