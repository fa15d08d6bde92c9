// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * session.c - what lasts: connections to super nodes, and rules with an end
 *
 * A session is the connection of one client (by address) to its super node, for one signature:
 *
 *   state      enters it                          leaves it
 *   none       at first; the connection closes    session-start
 *              (reports session-end)
 *   connected  session-start; session-change, to  the flow closes, or is forgotten: none
 *              the new flow
 *
 * While connected, session-start on the same flow reports nothing, and on another flow it becomes
 * session-change. The first flow is not followed any more then.
 *
 * A rule with "until" (a call) is watched from its match until its flow closes or has been idle for
 * the time that it gives; its end event is reported once then.
 *
 * Both are kept in a table of their own (ending.c), with a limit. Beyond it, what would end first
 * by being idle is reported as ended, and counted.
 */
#include "detector/engine/event.h"
#include "detector/engine/flow_state.h"
#include "detector/engine/session.h"

/* When to look at an ending again, if no packet of its flow comes. */
static uint64_t due(const struct detector *d, const struct ending *e)
{
	uint64_t idle = d->set->rules[e->rule]->end_idle;
	uint64_t gone = flows_idle_until(&d->flows, e->flow);
	uint64_t last = flows_last(&d->flows, e->flow);

	return !e->session && idle && last + idle < gone ? last + idle : gone;
}

/* Takes an ending out of the table and reports it. */
static void end(struct detector *d, uint32_t i)
{
	struct ending e = *ending_at(&d->endings, i);
	const struct rule *r = d->set->rules[e.rule];
	struct flow *f = flow_at(&d->flows, e.flow);
	struct match_evidence ev = {.ts_ns = d->packet.ts_ns,
				    .number = (uint32_t)d->packet.number,
				    .input = d->packet.input,
				    .message = CLOSE_MESSAGE,
				    .from_client = 1};

	ending_remove(&d->endings, i);
	if (!ending_of_flow(&d->endings, e.flow, 0))
		f->flags2 &= (uint8_t)~FLOW2_WATCHED;
	event_report(d, f,
		     &(struct happening){.rule = r,
					 .client_dir = e.client_dir,
					 .kind = e.session ? EVENT_SESSION_END
							   : (enum event_kind)r->end_event,
					 .answered = e.answered,
					 .version = e.version,
					 .ev = &ev,
					 .n = 1});
}

/* Whether the flow has been idle since the ending was found to be due; if not, it is due later. */
static bool really_due(struct detector *d, uint32_t i)
{
	uint64_t when = due(d, ending_at(&d->endings, i));

	if (when <= ending_at(&d->endings, i)->due)
		return true;
	ending_set_due(&d->endings, i, when);
	return false;
}

/* Ends the one that is due first, of those that are looked at. */
static void make_room(struct detector *d)
{
	for (int n = 0; n < 16 && !really_due(d, ending_first(&d->endings)); n++)
		;
	d->endings.evicted++;
	end(d, ending_first(&d->endings));
}

static void watch(struct detector *d, struct ending e)
{
	if (endings_full(&d->endings))
		make_room(d);
	e.due = due(d, &e);
	ending_add(&d->endings, &e);
	flow_at(&d->flows, e.flow)->flags2 |= FLOW2_WATCHED;
}

enum event_kind session_event(struct detector *d, const struct match *in)
{
	const struct rule *r = d->set->rules[in->rule];
	struct endpoint client;
	struct ending *e;
	uint32_t i;

	flow_endpoint(&d->flows, flow_at(&d->flows, in->flow), in->client_dir, &client);
	i = ending_of_client(&d->endings, r->signature, &client.ip);
	if (!i) {
		watch(d, (struct ending){.flow = in->flow,
					 .client = client.ip,
					 .client_dir = in->client_dir,
					 .session = true,
					 .answered = in->answered,
					 .signature = r->signature,
					 .rule = in->rule});
		return EVENT_SESSION_START;
	}
	e = ending_at(&d->endings, i);
	if (e->flow == in->flow)
		return EVENT_KINDS;
	ending_move(&d->endings, i, in->flow);
	e->client_dir = in->client_dir;
	e->rule = in->rule;
	e->answered = in->answered;
	ending_set_due(&d->endings, i, due(d, e));
	flow_at(&d->flows, in->flow)->flags2 |= FLOW2_WATCHED;
	return EVENT_SESSION_CHANGE;
}

void session_watch(struct detector *d, const struct match *in)
{
	for (uint32_t i = 0; (i = ending_of_flow(&d->endings, in->flow, i));)
		if (!ending_at(&d->endings, i)->session &&
		    ending_at(&d->endings, i)->rule == in->rule)
			return;
	watch(d, (struct ending){.flow = in->flow,
				 .rule = in->rule,
				 .client_dir = in->client_dir,
				 .answered = in->answered,
				 .version = in->version});
}

/* The flow's ending to report next: sessions in the order of their signatures, then the others. */
static uint32_t next_of_flow(const struct detector *d, uint32_t flow)
{
	uint32_t best = 0;

	for (uint32_t i = 0; (i = ending_of_flow(&d->endings, flow, i));) {
		const struct ending *e = ending_at(&d->endings, i), *b;

		if (!best) {
			best = i;
			continue;
		}
		b = ending_at(&d->endings, best);
		if (e->session > b->session || (e->session && e->signature < b->signature))
			best = i;
	}
	return best;
}

void session_flow_closed(struct detector *d, uint32_t flow)
{
	uint32_t i;

	if (!(flow_at(&d->flows, flow)->flags2 & FLOW2_WATCHED))
		return;
	while ((i = next_of_flow(d, flow)))
		end(d, i);
	flow_at(&d->flows, flow)->flags2 &= (uint8_t)~FLOW2_WATCHED;
}

void session_flow_doubted(struct detector *d, uint32_t flow)
{
	for (uint32_t i = 0; (i = ending_of_flow(&d->endings, flow, i));)
		ending_set_due(&d->endings, i, due(d, ending_at(&d->endings, i)));
}

void session_finish(struct detector *d)
{
	for (uint32_t i = 1; i <= d->endings.pool.used; i++) {
		const struct ending *e = ending_at(&d->endings, i);

		if (e->at && (flow_at(&d->flows, e->flow)->flags2 & FLOW2_DOUBT) == DOUBT_END)
			session_flow_closed(d, e->flow);
	}
}

void session_tick(struct detector *d)
{
	uint32_t i;

	while ((i = ending_first(&d->endings)) && ending_at(&d->endings, i)->due < d->now_ns) {
		uint32_t flow = ending_at(&d->endings, i)->flow;

		if (!really_due(d, i))
			continue;
		if (flows_idle_until(&d->flows, flow) <= ending_at(&d->endings, i)->due)
			flows_expire(&d->flows, flow); /* reports all that ends with it */
		else
			end(d, i);
	}
}
