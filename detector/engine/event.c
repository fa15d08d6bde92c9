// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * event.c - reports an event through the detector's callback
 *
 * An event names the rule, the flow from the client's side, and as evidence the messages that the
 * match has taken, with the bytes that their tests looked at.
 */
#include <string.h>

#include "detector/engine/event.h"
#include "detector/engine/match.h"
#include "detector/language/regex.h"

/* The number of a packet from its low half: a match is less than 2^32 packets old. */
static uint64_t number_of(const struct match_evidence *ev, uint64_t now)
{
	return now - (uint32_t)((uint32_t)now - ev->number);
}

/* How many bytes a regular expression matched, as far as they were kept. */
static uint32_t regex_length(const struct test *t, const struct evidence *ev)
{
	size_t n = ev->bytes_n < t->length ? ev->bytes_n : t->length, at, length;

	return regex_search(t->regex, ev->bytes, n, &at, &length) == REGEX_YES ? (uint32_t)length
									       : 1;
}

/* Of message @k. */
static void fill_evidence(const struct detector *d, const struct rule *r, const struct happening *h,
			  unsigned k, struct evidence *out)
{
	const struct match_evidence *ev = &h->ev[k];
	const struct match_bytes *bytes = h->bytes;
	const struct message *m = ev->message < r->messages_n ? &r->messages[ev->message] : NULL;
	unsigned seeks = 0;

	out->message = m ? m->name : ev->message == CLOSE_MESSAGE ? "close" : "open";
	out->line = m ? m->line : r->line;
	out->ts_ns = engine_time(ev->ts_ns);
	out->number = number_of(ev, d->packet.number);
	out->input = ev->input;
	out->size = ev->size;
	out->from_client = ev->from_client;
	out->bytes = bytes ? bytes->b[k] : NULL;
	out->bytes_n = out->bytes ? bytes->n[k] : 0;
	out->range_count = 0;
	if (!d->explain)
		return;
	for (unsigned i = 0; m && i < m->tests_n && out->range_count < EVIDENCE_RANGES; i++) {
		const struct test *t = &m->tests[i];
		bool seek = test_seeks(t);
		int64_t at = t->at < 0 ? (int64_t)ev->size + t->at : t->at;
		uint32_t length = t->length;

		if (t->kind == TEST_SEQUENCE)
			length = (t->to == INT32_MAX ? ev->size
				  : t->to < 0	     ? ev->size + (uint32_t)t->to
						     : (uint32_t)t->to) -
				 (uint32_t)at;
		if (t->kind == TEST_HTTP || t->kind == TEST_DNS)
			length = ev->size;
		if (t->kind == TEST_REGEX)
			length = regex_length(t, out);
		if (seek && seeks < 2)
			at = ev->pos[seeks++];
		if (at < 0 || at >= ev->size || t->negate)
			continue;
		if (at + length > ev->size)
			length = ev->size - (uint32_t)at;
		out->ranges[out->range_count++] = (struct byte_range){
			(uint16_t)at, (uint16_t)(length > UINT16_MAX ? UINT16_MAX : length),
			t->line};
	}
}

void event_report(struct detector *d, const struct flow *f, const struct happening *h)
{
	const struct rule *r = h->rule;
	const struct signature_info *s = &d->set->signatures[r->signature].info;
	struct evidence evidence[EVIDENCE_MAX];
	struct detection_event e = {
		.ts_ns = engine_time(d->packet.ts_ns),
		.number = d->packet.number,
		.input = d->packet.input,
		.kind = h->kind,
		.application = s->application,
		.signature = s->name,
		.revision = s->revision,
		.rule = r->name,
		.rule_line = r->line,
		.signature_path = s->path,
		.client_version = client_version_text(
			&d->versions, h->version ? h->version : d->rule_version[r->index]),
		.flow_first_ns = engine_time(f->first_ns),
		.flow_packets = (uint64_t)f->packets[0] + f->packets[1],
		.flow_bytes = (uint64_t)f->bytes[0] + f->bytes[1],
		.answered = h->answered,
		.evidence_count = h->n,
		.evidence = evidence,
	};

	for (unsigned i = 0; i < h->n; i++)
		fill_evidence(d, r, h, i, &evidence[i]);
	e.flow.proto = f->proto;
	flow_endpoint(&d->flows, f, h->client_dir, &e.flow.src);
	flow_endpoint(&d->flows, f, !h->client_dir, &e.flow.dst);
	e.client_ip = e.flow.src.ip;
	if (h->kind == EVENT_SESSION_START || h->kind == EVENT_SESSION_CHANGE ||
	    h->kind == EVENT_SESSION_END)
		e.super_node = e.flow.dst;
	d->stats.events++;
	d->fn(d->arg, &e);
}
