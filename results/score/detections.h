/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RESULTS_DETECTIONS_H
#define RESULTS_DETECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/label.h"

/* Which of a detector's events scoring tells apart. Every event claims its flow and its client;
 * the others also say that something happened at their time. */
enum detection_kind {
	DETECTION_CLAIM, /* any other event */
	DETECTION_PROBE_ACCEPTED,
	DETECTION_SESSION_START,
	DETECTION_SESSION_CHANGE,
	DETECTION_SESSION_END,
	DETECTION_CALL_START,
	DETECTION_CALL_END,
	DETECTION_KINDS,
};

/* The kind of an event by its name in eve.json, "session-start" for example. */
enum detection_kind detection_kind_of(const char *event);
const char *detection_kind_text(enum detection_kind kind); /* of DETECTION_CLAIM: "" */

#define DETECTION_APPLICATION LABEL_LEN
#define DETECTION_OTHER	      "-"

/**
 * struct detection - one event of a detector
 * @ts_ns:	When the detector reported it
 * @packet:	Number of the frame that completed the evidence (0 = not reported)
 * @tuple:	src = the client's side
 * @client:	client_ip; family 0 = not reported: the client of the flow's label is meant
 * @sn:		Super node of a session-start (family 0 = not reported: tuple.dst is meant)
 * @kind:	What it reports
 * @application: What the detector says the flow is: the name of a label, "skype" where it is not
 *		set; DETECTION_OTHER = something that no label names
 * @from_ns, @to_ns: The time that it speaks of; 0 = only @ts_ns
 * @afterwards:	A record of the whole flow: when the flow was recognised is not known, and @ts_ns is
 *		the flow's first packet
 */
struct detection {
	uint64_t ts_ns;
	uint64_t packet;
	struct tuple tuple;
	struct ip client;
	struct endpoint sn;
	enum detection_kind kind;
	char signature[64];
	char revision[16];
	char application[DETECTION_APPLICATION];
	uint64_t from_ns, to_ns;
	bool afterwards;
};

struct detections;

/* An empty list, never NULL; free with detections_free(). */
struct detections *detections_new(void);
void detections_free(struct detections *list);
/* Copies; an application that is not set becomes "skype". */
void detections_add(struct detections *list, const struct detection *one);
/* Adds every event of skypelab-eve(5) of an EVE file ("-" = standard input); other events are
 * skipped. 0, or -1 with @e set: "file:line: what". */
int detections_read_eve(struct detections *list, const char *path, struct err *e);
/* As detections_read_eve(), but only events whose pcap_filename is @capture (NULL = all): the
 * detections of one vantage. */
int detections_read_eve_of(struct detections *list, const char *path, const char *capture,
			   struct err *e);
/* 0 when every such event has a pcap_filename that is one of the @n @captures, else -1 with @e set:
 * an event of no capture would be scored nowhere. */
int detections_check_captures(const char *path, const char *const *captures, size_t n,
			      struct err *e);
size_t detections_count(const struct detections *list);
/* @i below detections_count(); valid until the next detections_add(). */
const struct detection *detections_at(const struct detections *list, size_t i);

#endif
