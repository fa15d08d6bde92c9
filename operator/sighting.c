// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sighting.c - what one event says, as a value that outlives the callback
 *
 * An event's strings belong to the signature set and its evidence to the callback; the picture, the
 * filter and other threads need them later. Names that are longer than their room are cut at a
 * character's end, so they stay UTF-8.
 */
#include <stdio.h>
#include <string.h>

#include "operator/sighting.h"

void sighting_text(char *out, size_t room, const char *s)
{
	size_t n = s ? strnlen(s, room) : 0;

	if (n == room)
		for (n = room - 1; n && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			;
	if (n)
		memcpy(out, s, n);
	memset(out + n, 0, room - n);
}

static void keep_evidence(struct sighting *s, const struct detection_event *ev)
{
	s->evidence_count = ev->evidence_count < EVIDENCE_MAX ? ev->evidence_count : EVIDENCE_MAX;
	for (size_t i = 0; i < s->evidence_count; i++) {
		const struct evidence *from = &ev->evidence[i];
		struct sighting_message *to = &s->evidence[i];

		sighting_text(to->message, sizeof(to->message), from->message);
		to->ts_ns = from->ts_ns;
		to->number = from->number;
		to->size = from->size;
		to->from_client = from->from_client;
	}
}

void sighting_from_event(struct sighting *s, const struct detection_event *ev, const char *sensor,
			 bool in_part)
{
	memset(s, 0, sizeof(*s));
	s->ts_ns = ev->ts_ns;
	s->kind = ev->kind;
	sighting_text(s->application, sizeof(s->application), ev->application);
	sighting_text(s->signature, sizeof(s->signature), ev->signature);
	sighting_text(s->rule, sizeof(s->rule), ev->rule);
	sighting_text(s->client_version, sizeof(s->client_version), ev->client_version);
	s->revision = ev->revision;
	s->flow = ev->flow;
	s->super_node = ev->super_node;
	community_id(&ev->flow, s->community_id);
	sighting_text(s->sensor, sizeof(s->sensor), sensor);
	s->flow_first_ns = ev->flow_first_ns;
	s->flow_packets = ev->flow_packets;
	s->flow_bytes = ev->flow_bytes;
	s->answered = ev->answered;
	s->in_part = in_part;
	keep_evidence(s, ev);
}
