// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * session.c - what lasts: connections to super nodes, and rules with an end
 *
 * A session is the connection of one client (by address) to its super node, for one signature:
 *
 *   state      enters it                          leaves it
 *   none       at first; the connection closes    session-start
 *              (reports session-end)
 *   connected  session-start; session-change, to  the flow closes, is forgotten or gives
 *              the new flow                       way at a limit: none
 *
 * While connected, session-start on the same flow reports nothing, and on another flow it becomes
 * session-change. The first flow is not followed any more then.
 *
 * A rule with "until" (a call) is watched from its match until its flow closes or has been idle for
 * the time that it gives; its end event is reported once then.
 *
 * At most SESSIONS_MAX clients and WATCHES_MAX watches: beyond, a session-start is always reported
 * as that, and an end is not.
 */
#include <stdlib.h>

#include "detector/engine/event.h"
#include "detector/engine/flow_state.h"
#include "detector/engine/keyed_hash.h"
#include "detector/engine/session.h"

#define SESSIONS_MAX 65536
#define WATCHES_MAX  4096

/* The connection of a client to its super node; @flow 0 = none. family 0 = a free slot. */
struct client_session {
	uint16_t signature;
	struct ip client;
	uint32_t flow;
	uint8_t client_dir;
	uint16_t rule;
};

/* A rule that reports when its flow ends; @live = not yet. */
struct end_watch {
	uint32_t flow;
	uint16_t rule;
	uint8_t client_dir;
	bool live;
	uint16_t version;
};

void session_init(struct detector *d)
{
	d->sessions_mask = 63;
	d->sessions = xcalloc(d->sessions_mask + 1, sizeof(*d->sessions));
}

void session_free(struct detector *d)
{
	free(d->sessions);
	free(d->watches);
}

size_t session_bytes(const struct detector *d)
{
	return (d->sessions_mask + 1) * sizeof(*d->sessions) +
	       d->watches_room * sizeof(*d->watches);
}

/* The client's slot, or the free one where it belongs. */
static struct client_session *session_slot(struct detector *d, uint16_t signature,
					   const struct ip *client)
{
	uint64_t key[2] = {d->flows.key[0] ^ signature, d->flows.key[1]};
	size_t i = hash_keyed(key, client->b, 16) & d->sessions_mask;

	while (d->sessions[i].client.family &&
	       (d->sessions[i].signature != signature || !ip_eq(&d->sessions[i].client, client)))
		i = (i + 1) & d->sessions_mask;
	return &d->sessions[i];
}

/* Finds or makes; NULL at the limit. */
static struct client_session *session_of(struct detector *d, uint16_t signature,
					 const struct ip *client)
{
	struct client_session *s = session_slot(d, signature, client);

	if (s->client.family)
		return s;
	if (d->sessions_n >= SESSIONS_MAX)
		return NULL;
	if (d->sessions_n * 2 > d->sessions_mask) {
		struct client_session *old = d->sessions;
		size_t n = d->sessions_mask + 1;

		d->sessions_mask = n * 2 - 1;
		d->sessions = xcalloc(n * 2, sizeof(*d->sessions));
		for (size_t i = 0; i < n; i++)
			if (old[i].client.family)
				*session_slot(d, old[i].signature, &old[i].client) = old[i];
		free(old);
		s = session_slot(d, signature, client);
	}
	d->sessions_n++;
	s->signature = signature;
	s->client = *client;
	return s;
}

enum event_kind session_event(struct detector *d, const struct match *in)
{
	const struct rule *r = d->set->rules[in->rule];
	struct flow *f = flow_at(&d->flows, in->flow);
	enum event_kind kind = EVENT_SESSION_START;
	struct endpoint client;
	struct client_session *s;

	flow_endpoint(&d->flows, f, in->client_dir, &client);
	s = session_of(d, r->signature, &client.ip);
	if (!s)
		return kind;
	if (s->flow == in->flow)
		return EVENT_KINDS;
	if (s->flow)
		kind = EVENT_SESSION_CHANGE;
	s->flow = in->flow;
	s->client_dir = in->client_dir;
	s->rule = in->rule;
	flow_state_make(d, in->flow)->watched = true;
	return kind;
}

void session_watch(struct detector *d, const struct match *in)
{
	struct end_watch *w = NULL;

	for (size_t i = 0; i < d->watches_n; i++) {
		if (d->watches[i].live && d->watches[i].flow == in->flow &&
		    d->watches[i].rule == in->rule)
			return;
		if (!d->watches[i].live && !w)
			w = &d->watches[i];
	}
	if (!w) {
		if (d->watches_n == WATCHES_MAX)
			return;
		if (d->watches_n == d->watches_room) {
			d->watches_room = d->watches_room ? d->watches_room * 2 : 16;
			d->watches = xrealloc(d->watches, d->watches_room * sizeof(*w));
		}
		w = &d->watches[d->watches_n++];
	}
	*w = (struct end_watch){.flow = in->flow,
				.rule = in->rule,
				.client_dir = in->client_dir,
				.live = true,
				.version = in->version};
	flow_state_make(d, in->flow)->watched = true;
}

static void end_watch(struct detector *d, struct end_watch *w, uint32_t size)
{
	const struct rule *r = d->set->rules[w->rule];
	struct match_evidence ev = {.ts_ns = d->packet.ts_ns,
				    .number = (uint32_t)d->packet.number,
				    .input = d->packet.input,
				    .size = size,
				    .message = CLOSE_MESSAGE,
				    .from_client = 1};

	w->live = false;
	event_report(d, r, flow_at(&d->flows, w->flow), w->client_dir,
		     (enum event_kind)r->end_event, w->version, &ev, 1, NULL);
}

void session_flow_closed(struct detector *d, uint32_t flow)
{
	struct flow *f = flow_at(&d->flows, flow);
	struct flow_state *x = flow_state_of(d, flow);
	struct match_evidence ev = {.ts_ns = d->packet.ts_ns,
				    .number = (uint32_t)d->packet.number,
				    .input = d->packet.input,
				    .message = CLOSE_MESSAGE,
				    .from_client = 1};

	if (!x || !x->watched)
		return;
	x->watched = false;
	for (unsigned sig = 0; sig < d->set->n; sig++)
		for (int side = 0; side < 2; side++) {
			struct endpoint e;
			struct client_session *s;

			flow_endpoint(&d->flows, f, side, &e);
			s = session_slot(d, (uint16_t)sig, &e.ip);
			if (!s->client.family || s->flow != flow)
				continue;
			s->flow = 0;
			event_report(d, d->set->rules[s->rule], f, s->client_dir, EVENT_SESSION_END,
				     0, &ev, 1, NULL);
		}
	for (size_t i = 0; i < d->watches_n; i++)
		if (d->watches[i].live && d->watches[i].flow == flow)
			end_watch(d, &d->watches[i], 0);
}

void session_tick(struct detector *d)
{
	for (size_t i = 0; i < d->watches_n; i++) {
		struct end_watch *w = &d->watches[i];
		const struct rule *r = d->set->rules[w->rule];
		uint64_t last;

		if (!w->live || !r->end_idle)
			continue;
		last = d->flows.base_ns + ((uint64_t)flow_at(&d->flows, w->flow)->last << 20);
		if (d->now_ns > last && d->now_ns - last > r->end_idle)
			end_watch(d, w, 0);
	}
	while (d->watches_n && !d->watches[d->watches_n - 1].live)
		d->watches_n--;
}
