// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * action.c - what follows from a match: memory, events, sessions
 *
 * A complete rule first asks for what it must know. Not known and worth waiting for: the match is
 * held. Else its actions run: it counts, remembers, forgets, reports. What was remembered is put on
 * a list, and held matches that waited for it are released after the packet, one after the other,
 * so that a chain of them needs no stack.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detector/engine/engine.h"

static size_t put_endpoint(uint8_t *out, uint8_t part, const struct flow_table *t,
			   const struct flow *f, int side)
{
	bool address = part == KEY_CLIENT_IP || part == KEY_SERVER_IP;

	if (!address) {
		memcpy(out, &f->port[side], 2);
		return 2;
	}
	if (f->flags & FLOW_V6) {
		struct endpoint e;

		flow_endpoint(t, f, side, &e);
		*out = 6;
		memcpy(out + 1, e.ip.b, 16);
		return 17;
	}
	*out = 4;
	memcpy(out + 1, &f->ip[side], 4);
	return 5;
}

bool key_of(struct detector *d, const struct key *k, const struct flow *f, int client_dir,
	    const struct inst *in, struct memory_key *out)
{
	unsigned kept = 2U * k->slot + (unsigned)client_dir;
	uint8_t values[KEY_MAX];
	size_t n = 0;

	if (k->slot < KEY_SLOTS && d->keys.f == f && (d->keys.have >> kept & 1)) {
		*out = d->keys.k[kept];
		return true;
	}
	for (unsigned i = 0; i < k->n; i++) {
		if (k->parts[i] != KEY_BYTES) {
			n += put_endpoint(values + n, k->parts[i], &d->flows, f,
					  k->parts[i] >= KEY_SERVER_IP ? !client_dir : client_dir);
			continue;
		}
		if (!in)
			return false;
		memcpy(values + n, in->save + k->save, k->length);
		n += k->length;
	}
	*out = memory_key(&d->memory, values, n);
	if (k->slot < KEY_SLOTS) {
		if (d->keys.f != f)
			d->keys.have = 0;
		d->keys.f = f;
		d->keys.have |= 1U << kept;
		d->keys.k[kept] = *out;
	}
	return true;
}

int emit_known(struct detector *d, const struct rule *r, const struct flow *f, int client_dir,
	       struct inst *in, bool complete)
{
	int answer = 1;

	for (unsigned i = 0; i < r->known_n; i++) {
		const struct known *k = &r->known[i];
		struct memory_entry *e = NULL;
		struct memory_key key;

		if (!complete && (k->hold || k->key.length))
			continue; /* asked at the end */
		if (d->memory.sets[k->set].count) {
			if (!key_of(d, &k->key, f, client_dir, in, &key))
				return 0;
			e = memory_find(&d->memory, k->set, &key, d->now_ns);
		}
		if (e && in && !in->version)
			in->version = e->version;
		if (!e == k->negate)
			continue;
		if (!k->hold)
			return 0;
		answer = 2;
	}
	return answer;
}

/* A match is never four thousand million packets old. */
static uint64_t number_of(const struct inst_ev *ev, uint64_t now)
{
	return now - (uint32_t)((uint32_t)now - ev->number);
}

static void fill_evidence(const struct detector *d, const struct rule *r, const struct inst_ev *ev,
			  struct evidence *out)
{
	const struct message *m = ev->message < r->messages_n ? &r->messages[ev->message] : NULL;
	unsigned seeks = 0;

	memset(out, 0, sizeof(*out));
	out->message = m ? m->name : ev->message == CLOSE_MESSAGE ? "close" : "open";
	out->line = m ? m->line : r->line;
	out->ts_ns = ev->ts_ns;
	out->number = number_of(ev, d->mark.number);
	out->input = ev->input;
	out->size = ev->size;
	out->from_client = ev->from_client;
	for (unsigned i = 0; m && i < m->tests_n && out->range_count < EVIDENCE_RANGES; i++) {
		const struct test *t = &m->tests[i];
		bool seek = t->kind == TEST_CONTAINS || t->kind == TEST_AGAIN;
		int64_t at = t->at < 0 ? (int64_t)ev->size + t->at : t->at;
		uint32_t length = t->length;

		if (t->kind == TEST_SEQUENCE)
			length = (t->to == INT32_MAX ? ev->size
				  : t->to < 0	     ? ev->size + (uint32_t)t->to
						     : (uint32_t)t->to) -
				 (uint32_t)at;
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

void emit_event(struct detector *d, const struct rule *r, const struct flow *f, int client_dir,
		enum event_kind kind, uint16_t version, const struct inst_ev *ev, unsigned n,
		const struct inst_bytes *bytes)
{
	const struct signature_info *s = &d->set->signatures[r->signature].info;
	struct evidence evidence[EVIDENCE_MAX];
	struct detection_event e = {
		.ts_ns = d->mark.ts_ns,
		.number = d->mark.number,
		.input = d->mark.input,
		.kind = kind,
		.signature = s->name,
		.revision = s->revision,
		.rule = r->name,
		.rule_line = r->line,
		.signature_path = s->path,
		.client_version = version_of(d, version ? version : d->rule_version[r->index]),
		.flow_first_ns = f->first_ns,
		.flow_packets = (uint64_t)f->packets[0] + f->packets[1],
		.flow_bytes = (uint64_t)f->bytes[0] + f->bytes[1],
		.evidence_count = n,
		.evidence = evidence,
	};

	for (unsigned i = 0; i < n; i++) {
		fill_evidence(d, r, &ev[i], &evidence[i]);
		if (bytes && bytes->b[i]) {
			evidence[i].bytes = bytes->b[i];
			evidence[i].bytes_n = bytes->n[i];
		}
	}
	e.flow.proto = f->proto;
	flow_endpoint(&d->flows, f, client_dir, &e.flow.src);
	flow_endpoint(&d->flows, f, !client_dir, &e.flow.dst);
	e.client_ip = e.flow.src.ip;
	if (kind == EVENT_SESSION_START || kind == EVENT_SESSION_CHANGE ||
	    kind == EVENT_SESSION_END)
		e.super_node = e.flow.dst;
	d->stats.events++;
	d->fn(d->arg, &e);
}

static void event(struct detector *d, struct inst *in, enum event_kind kind)
{
	const struct rule *r = d->set->rules[in->rule];
	struct flow *f = flow_at(&d->flows, in->flow);
	struct ext *x = ext_make(d, in->flow);

	if (kind == EVENT_FLOW && (x->claimed >> r->signature & 1))
		return;
	if (kind == EVENT_SESSION_START)
		kind = session_event(d, in);
	if (kind == EVENT_KINDS)
		return;
	x->claimed |= 1ULL << r->signature;
	emit_event(d, r, f, in->client_dir, kind, in->version, in->ev, in->ev_n, in->bytes);
}

static void remember(struct detector *d, struct inst *in, const struct remember *m)
{
	const struct flow *f = flow_at(&d->flows, in->flow);
	struct memory_entry *e;
	struct memory_key key;
	struct learned *l;

	if (!key_of(d, &m->key, f, in->client_dir, in, &key))
		return;
	e = memory_put(&d->memory, m->set, &key, d->now_ns, d->set->sets[m->set].keep);
	if (in->version)
		e->version = in->version;
	else if (!e->version)
		e->version = d->rule_version[in->rule];
	if (!d->memory.held.live)
		return;
	if (d->learned_n == d->learned_room) {
		d->learned_room = d->learned_room ? d->learned_room * 2 : 16;
		d->learned = xrealloc(d->learned, d->learned_room * sizeof(*l));
	}
	l = &d->learned[d->learned_n++];
	*l = (struct learned){.key = key, .set = m->set, .version = e->version};
}

/* Counts one more; whether there are enough. */
static bool count_reached(struct detector *d, struct inst *in, const struct counting *c)
{
	const struct flow *f = flow_at(&d->flows, in->flow);
	struct memory_entry *e, *whole;
	struct memory_key key;
	uint32_t v = 0, all;

	if (!key_of(d, &c->key, f, in->client_dir, in, &key))
		return false;
	e = memory_put(&d->memory, c->set, &key, d->now_ns, d->set->sets[c->set].keep);
	if (c->step_length) {
		for (unsigned i = 0; i < c->step_length; i++)
			v = v << 8 | in->save[c->step_save + i];
		all = c->step_length == 4 ? UINT32_MAX : (1U << (8 * c->step_length)) - 1;
		if (e->count && !numset_has(&c->step, (v - e->value) & all))
			e->count = 0;
		e->value = v;
	}
	if (e->count < UINT32_MAX)
		e->count++;
	if (e->count < c->least)
		return false;
	if (c->share_of < 0)
		return true;
	whole = memory_find(&d->memory, (uint16_t)c->share_of, &key, d->now_ns);
	e = memory_find(&d->memory, c->set, &key, d->now_ns);
	return e && whole && (uint64_t)e->count * 1000 >= (uint64_t)c->share * whole->count;
}

static void emit_actions(struct detector *d, struct inst *in, const struct actions *a)
{
	if (a->count.used && !count_reached(d, in, &a->count))
		return;
	for (unsigned i = 0; i < a->remember_n; i++)
		remember(d, in, &a->remember[i]);
	for (unsigned i = 0; i < a->forget_n; i++) {
		struct memory_key key;

		if (key_of(d, &a->forget[i].key, flow_at(&d->flows, in->flow), in->client_dir, in,
			   &key))
			memory_forget(&d->memory, a->forget[i].set, &key);
	}
	if (a->event >= 0)
		event(d, in, (enum event_kind)a->event);
}

static void act(struct detector *d, struct inst *in)
{
	const struct rule *r = d->set->rules[in->rule];

	emit_actions(d, in, &r->then);
	if (r->end_event >= 0)
		session_watch(d, in);
}

static void hold(struct detector *d, struct inst *in, int client_dir)
{
	const struct rule *r = d->set->rules[in->rule];
	struct flow *f = flow_at(&d->flows, in->flow);

	for (unsigned i = 0; i < r->known_n; i++) {
		const struct known *k = &r->known[i];
		struct memory_key key;
		struct held *h;

		if (!k->hold || !key_of(d, &k->key, f, client_dir, in, &key) ||
		    memory_find(&d->memory, k->set, &key, d->now_ns))
			continue;
		h = memory_hold(&d->memory, k->set, &key, d->now_ns);
		f->flags2 |= FLOW2_HELD;
		h->flow = in->flow;
		h->gen = f->gen;
		h->client_dir = (uint8_t)client_dir;
		h->rule = in->rule;
		h->until = d->now_ns + k->hold;
		h->ev = in->ev[0];
		if (in->bytes && in->bytes->b[0]) {
			h->bytes_n = in->bytes->n[0];
			h->bytes = xmalloc(h->bytes_n);
			memcpy(h->bytes, in->bytes->b[0], h->bytes_n);
		}
		h->saved = in->saved;
		memcpy(h->save, in->save, r->save_bytes);
		h->version = in->version;
		return;
	}
}

/* One of the rules that @in completes: the one in->rule says. */
static void complete(struct detector *d, struct inst *in)
{
	const struct rule *r = d->set->rules[in->rule];
	struct flow *f = flow_at(&d->flows, in->flow);
	int sides = r->client == CLIENT_EITHER && r->known_n ? 2 : 1, answer[2] = {0, 0};

	for (int i = 0; i < sides; i++) {
		int side = i ? !in->client_dir : in->client_dir;

		answer[i] = emit_known(d, r, f, side, in, true);
		if (answer[i] == 1) {
			in->client_dir = (uint8_t)side;
			act(d, in);
			return;
		}
	}
	for (int i = 0; i < sides; i++)
		if (answer[i] == 2)
			hold(d, in, i ? !in->client_dir : in->client_dir);
}

void emit_complete(struct detector *d, struct inst *in)
{
	const struct rule *r = d->set->rules[in->rule], *t;
	struct ext *x = ext_of(d, in->flow);
	uint8_t client_dir = in->client_dir;
	uint16_t version = in->version;

	if (r->once && !r->cannot_recur)
		ext_set_done(d, x ? x : ext_make(d, in->flow), r->index);
	complete(d, in);
	for (t = r->twin; t; t = t->twin) {
		in->rule = t->index;
		in->client_dir = client_dir;
		in->version = version;
		complete(d, in);
	}
	in->rule = r->index;
}

void emit_step(struct detector *d, struct inst *in, unsigned s)
{
	const struct rule *r = d->set->rules[in->rule];

	emit_actions(d, in, &r->steps[s].then);
	for (const struct rule *t = r->twin; t; t = t->twin) {
		in->rule = t->index;
		emit_actions(d, in, &t->steps[s].then);
	}
	in->rule = r->index;
}

static void release(struct detector *d, const struct held *h, uint16_t version)
{
	const struct rule *r = d->set->rules[h->rule];
	struct inst_bytes bytes = {.b = {h->bytes}, .n = {h->bytes_n}};
	struct flow *f = flow_at(&d->flows, h->flow);
	struct inst_now now = {.in = {.flow = h->flow,
				      .rule = h->rule,
				      .client_dir = h->client_dir,
				      .ev_n = 1,
				      .saved = h->saved,
				      .bytes = h->bytes ? &bytes : NULL,
				      .start_ns = h->ev.ts_ns,
				      .last_ns = h->ev.ts_ns}};
	struct inst *in = inst_now(&now);

	in->ev[0] = h->ev;
	memcpy(in->save, h->save, sizeof(h->save));
	in->version = h->version ? h->version : version;
	switch (emit_known(d, r, f, h->client_dir, in, true)) {
	case 1:
		act(d, in);
		break;
	case 2:
		hold(d, in, h->client_dir);
	}
}

/* Whether a held match waits for just this. Its flow may have left the table meanwhile. */
static bool waits_for(const struct detector *d, const struct held *h, const struct learned *l)
{
	const struct flow *f = flow_at(&d->flows, h->flow);

	return h->set == l->set && h->key.a == l->key.a && h->key.b == l->key.b &&
	       (f->flags2 & FLOW2_LIVE) && f->gen == h->gen;
}

void emit_released(struct detector *d)
{
	for (size_t n = 0; n < d->learned_n; n++) {
		struct learned l = d->learned[n];
		uint32_t i = memory_waiting(&d->memory, l.set, &l.key);

		/* known still: it may have been forgotten by what was released, or at the limit of
		 * memory have given way; the others go on waiting */
		while (i && memory_find(&d->memory, l.set, &l.key, d->now_ns)) {
			struct held *at = pool_at(&d->memory.held, i), h;

			if (!waits_for(d, at, &l)) {
				i = at->next;
				continue;
			}
			h = *at;
			at->bytes = NULL;
			memory_unhold(&d->memory, i);
			if (h.until >= d->now_ns)
				release(d, &h, l.version);
			free(h.bytes);
			/* whatever that changed, begin again: what was released is gone */
			i = memory_waiting(&d->memory, l.set, &l.key);
		}
	}
	d->learned_n = 0;
}
