// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * session.c - what lasts: connections to super nodes, and rules with an end
 *
 * A session is the connection of one client (by address) to its super node, for one signature.
 * A second connection is a session-change; the end of the active one is a session-end. A rule with
 * "until" (a call) is watched until its flow closes or is idle. Both report from here.
 */
#include <stdlib.h>
#include <string.h>

#include "detector/engine/engine.h"

static struct session *session_slot(struct detector *d, uint16_t signature, const struct ip *client)
{
	uint64_t key[2] = {d->flows.key[0] ^ signature, d->flows.key[1]};
	size_t i = hash_bytes(key, client->b, 16) & d->sessions_mask;

	while (d->sessions[i].client.family &&
	       (d->sessions[i].signature != signature || !ip_eq(&d->sessions[i].client, client)))
		i = (i + 1) & d->sessions_mask;
	return &d->sessions[i];
}

static struct session *session_of(struct detector *d, uint16_t signature, const struct ip *client)
{
	struct session *s = session_slot(d, signature, client);

	if (s->client.family)
		return s;
	if (d->sessions_n >= SESSIONS_MAX)
		return NULL;
	if (d->sessions_n * 2 > d->sessions_mask) {
		struct session *old = d->sessions;
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

enum event_kind session_event(struct detector *d, const struct inst *in)
{
	const struct rule *r = d->set->rules[in->rule];
	struct flow *f = flow_at(&d->flows, in->flow);
	enum event_kind kind = EVENT_SESSION_START;
	struct endpoint client;
	struct session *s;

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
	ext_make(d, in->flow)->watched = true;
	return kind;
}

void session_watch(struct detector *d, const struct inst *in)
{
	struct watch *w = NULL;

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
	*w = (struct watch){.flow = in->flow,
			    .rule = in->rule,
			    .client_dir = in->client_dir,
			    .live = true,
			    .version = in->version};
	ext_make(d, in->flow)->watched = true;
}

static void end_watch(struct detector *d, struct watch *w, uint32_t size)
{
	const struct rule *r = d->set->rules[w->rule];
	struct inst_ev ev = {.ts_ns = d->mark.ts_ns,
			     .number = (uint32_t)d->mark.number,
			     .input = d->mark.input,
			     .size = size,
			     .message = CLOSE_MESSAGE,
			     .from_client = 1};

	w->live = false;
	emit_event(d, r, flow_at(&d->flows, w->flow), w->client_dir, (enum event_kind)r->end_event,
		   w->version, &ev, 1, NULL);
}

void session_flow_closed(struct detector *d, uint32_t flow)
{
	struct flow *f = flow_at(&d->flows, flow);
	struct ext *x = ext_of(d, flow);
	struct inst_ev ev = {.ts_ns = d->mark.ts_ns,
			     .number = (uint32_t)d->mark.number,
			     .input = d->mark.input,
			     .message = CLOSE_MESSAGE,
			     .from_client = 1};

	if (!x || !x->watched)
		return;
	x->watched = false;
	for (unsigned sig = 0; sig < d->set->n; sig++)
		for (int side = 0; side < 2; side++) {
			struct endpoint e;
			struct session *s;

			flow_endpoint(&d->flows, f, side, &e);
			s = session_slot(d, (uint16_t)sig, &e.ip);
			if (!s->client.family || s->flow != flow)
				continue;
			s->flow = 0;
			emit_event(d, d->set->rules[s->rule], f, s->client_dir, EVENT_SESSION_END,
				   0, &ev, 1, NULL);
		}
	for (size_t i = 0; i < d->watches_n; i++)
		if (d->watches[i].live && d->watches[i].flow == flow)
			end_watch(d, &d->watches[i], 0);
}

void session_tick(struct detector *d)
{
	for (size_t i = 0; i < d->watches_n; i++) {
		struct watch *w = &d->watches[i];
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
