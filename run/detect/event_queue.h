/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RUN_DETECT_EVENT_QUEUE_H
#define RUN_DETECT_EVENT_QUEUE_H

#include "detector/detection.h"

/* Events on their way to another thread, which does with them what takes its time. */
struct event_queue;

/* @fn is called for each event, in order, never twice at a time, in whatever thread calls event_queue_drain() or
 * finds the queue full. Never NULL. */
struct event_queue *event_queue_new(detection_fn *fn, void *arg);
/* Puts a copy of @ev. Only one thread may put. The bytes of messages (detector_explain()) are not kept. */
void event_queue_put(struct event_queue *q, const struct detection_event *ev);
/* Calls @fn for what has been put, but for the last few. */
void event_queue_drain(struct event_queue *q);
/* The same for all that is left, when no other thread uses the queue any more; and frees it. NULL is allowed. */
void event_queue_end(struct event_queue *q);

#endif
