/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPERATOR_SIGHTING_H
#define OPERATOR_SIGHTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/capture/community_id.h"
#include "detector/detection.h"
#include "detector/language/event_kind.h"

#define SENSOR_BYTES 64 /* of a sensor's name, with its NUL */

/* One matched message of the evidence; @ts_ns and @number are its packet's at the sensor. */
struct sighting_message {
	char message[16];
	uint64_t ts_ns, number;
	uint32_t size;
	bool from_client;
};

/**
 * struct sighting - what one event says, whoever saw it
 * @ts_ns:	Capture time of the packet that decided it, by the sensor's clock
 * @kind:	What happened
 * @application, @signature, @revision, @rule: Which rule reports it; longer names are cut
 * @client_version: "1.4", or ""
 * @flow:	src = the client's side, as the sensor saw it
 * @super_node:	Session events: the super node; family 0 else
 * @community_id: Of @flow
 * @sensor:	Who saw it: an interface, or the sensor's name
 * @flow_first_ns, @flow_packets, @flow_bytes: The flow so far; 0 = not said
 * @answered:	An exchange both ways, whose reply refers to the request: what a forged source
 *		cannot make
 * @in_part:	Packets were lost while it was seen
 * @evidence:	Matched messages in order, first @evidence_count of them
 *
 * A plain value: all text is in it, so it is copied, kept and sent as it is.
 */
struct sighting {
	uint64_t ts_ns;
	enum event_kind kind;
	char application[24], signature[64], rule[64], client_version[24];
	unsigned revision;
	struct tuple flow;
	struct endpoint super_node;
	char community_id[COMMUNITY_ID_LEN];
	char sensor[SENSOR_BYTES];
	uint64_t flow_first_ns, flow_packets, flow_bytes;
	bool answered, in_part;
	size_t evidence_count;
	struct sighting_message evidence[EVIDENCE_MAX];
};

/* Copies into @s what @ev says, as @sensor saw it. */
void sighting_from_event(struct sighting *s, const struct detection_event *ev, const char *sensor,
			 bool in_part);
/* Copies @s (NULL = "") into @out, cut to @room - 1 bytes between two characters; zeroes the rest. */
void sighting_text(char *out, size_t room, const char *s);

#endif
