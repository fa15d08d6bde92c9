// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flow_log.c - what the peers write into the truth log
 *
 * Model. The opener of a flow knows the flow's tuple on its own side; the other end sees what NAT
 * made of it. The message itself joins the two: the digest of each sent message is kept in a small
 * set-associative table. The receiver looks its payload up there, so it finds the flow under which
 * its answers are logged. Equal payloads (L1) are found in the order of sending.
 *
 * Limits. A set holds SIGHTING_WAYS messages; the oldest gives way. A message that is found too
 * late is not attributed, and its receiver does not answer it.
 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "replay/skype/flow_log.h"
#include "replay/skype/overlay_private.h"

uint32_t flow_log_open(struct overlay *o, const struct flow_opener *by, uint8_t proto,
		       const struct endpoint *src, const struct endpoint *dst, const char *reason)
{
	struct truth_flow f = {
		.tuple = {.proto = proto, .src = *src, .dst = *dst},
		.label = LABEL_SKYPE,
		.client_ip = by->ip,
		.opened_ns = loop_now(o->loop),
	};

	snprintf(f.node, sizeof(f.node), "%s", by->node);
	snprintf(f.client, sizeof(f.client), "%s", by->client);
	snprintf(f.version, sizeof(f.version), "%s", by->version);
	snprintf(f.reason, sizeof(f.reason), "%s", reason);
	return truth_flow(o->truth, &f);
}

void flow_log_served(struct overlay *o, uint32_t flow, const struct flow_opener *by)
{
	struct truth_flow *f = truth_flow_at(o->truth, flow);

	/* the node may have opened it before, as a client */
	if (!strcmp(f->client, by->client))
		f->served = true;
}

void flow_log_sent(struct overlay *o, uint32_t flow, bool to_opener, const char *name,
		   const void *p, size_t n)
{
	uint64_t d = fnv1a(p, n);
	struct sighting *set = &o->sightings[d % SIGHTING_SETS * SIGHTING_WAYS], *oldest = set;

	for (int i = 0; i < SIGHTING_WAYS; i++) {
		if (set[i].used) {
			oldest = &set[i];
			break;
		}
		if (set[i].order < oldest->order)
			oldest = &set[i];
	}
	*oldest = (struct sighting){.digest = d, .flow = flow, .order = ++o->sighting_order};
	truth_message(o->truth, flow, to_opener, name, loop_now(o->loop), p, (uint32_t)n);
	o->messages++;
}

void flow_log_event(struct overlay *o, uint32_t flow, const char *kind)
{
	truth_event(o->truth, flow, kind, loop_now(o->loop));
}

void flow_log_call(struct overlay *o, uint32_t flow, bool begins)
{
	const char *kind = begins ? "call-start" : "call-end";
	bool on = false;

	for (size_t i = truth_event_count(o->truth); i-- > 0;) {
		const struct truth_event *v = truth_event_at(o->truth, i);

		if (v->flow == flow && !strncmp(v->kind, "call-", 5)) {
			on = !strcmp(v->kind, "call-start");
			break;
		}
	}
	if (on != begins)
		flow_log_event(o, flow, kind);
}

long flow_log_find(struct overlay *o, const void *p, size_t n)
{
	uint64_t d = fnv1a(p, n);
	struct sighting *set = &o->sightings[d % SIGHTING_SETS * SIGHTING_WAYS], *first = NULL;
	uint32_t flow;

	for (int i = 0; i < SIGHTING_WAYS; i++)
		if (set[i].order && !set[i].used && set[i].digest == d &&
		    (!first || set[i].order < first->order))
			first = &set[i];
	if (!first)
		return -1;
	first->used = 1;
	flow = first->flow;
	/* what a proxy has carried on came on the proxy's flow */
	while (truth_flow_at(o->truth, flow)->carried_by)
		flow = truth_flow_at(o->truth, flow)->carried_by - 1;
	return (long)flow;
}
