// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record_rules.c - rules that ask flow records
 *
 * Model. Each way in which some signature wants its records made (active and inactive time, of directions or
 * of flows) has a meter of its own and the rules of those signatures. A complete record that some rule of the
 * way may take waits until no record that began before it can come, that is, until every record under way began
 * later; then all rules of the way are asked in the order of their file. So a rule knows what records that
 * began before told.
 *
 * What a record lets a rule remember is remembered at the record's last packet, and looked up at the first
 * packet of another: "kept 1 s" is the time between the two. Rules that read packets share the sets; what
 * they remember is there from their packet on, also for a record that began before. They know what a record
 * told once it is asked, if it is kept until then, and a match of theirs that waits for it is released then.
 *
 * An event is reported when its record is asked, which is the record's active time after its first packet at the
 * latest, and the inactive one after its last, or longer while a record that began before goes on. Its time is that
 * of the record's last packet, whenever it is asked: between what events of packets it comes depends on all that
 * the detector sees.
 *
 * A packet of which no rule of the way can take a record, by its ports, is passed over: such records are neither
 * made nor waited for.
 *
 * Where another thread reads ahead, it makes the records and puts them in order, which takes nothing from this one
 * (record_rules_ahead()); this one asks the rules, at the packet at which it would have done so by itself.
 *
 * Limits. No more records wait than flows may be followed; the earliest are asked too early beyond that, and
 * counted as cut. A session-start is reported for each record that a rule takes: nothing joins the records of
 * one connection. Of what no rule could take before a reload, the signatures that come with it see no records
 * that were complete, and of those under way what comes after it.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "base/err.h"
#include "detector/engine/action.h"
#include "detector/engine/counting.h"
#include "detector/engine/engine_private.h"
#include "detector/engine/known.h"
#include "detector/engine/meter.h"
#include "detector/engine/record_order.h"
#include "detector/engine/record_ports.h"
#include "detector/engine/record_queue.h"
#include "detector/engine/record_rules.h"

/* Signatures whose records are made alike: by bit. */
struct way {
	struct record_rules *rules;
	struct meter *meter;
	struct record_order waiting;
	struct record_times times;
	uint64_t signatures;
};

/**
 * struct record_rules - see above
 * @asking:	(owned) The rules that ask records, in the order of their file; @asking_n of them
 * @ports:	(owned) Where a way is worth a packet; ways are its groups, in turn
 * @ahead:	Another thread makes the records; the rules are asked of what is in @ready. Its clock is
 *		@ahead_ns
 */
struct record_rules {
	struct detector *d;
	struct record_ports *ports;
	const struct rule **asking;
	size_t asking_n;
	struct way *ways; /* (owned) first @n */
	size_t n;
	uint64_t early;
	bool ahead;
	uint64_t ahead_ns;
	struct record_queue ready;
};

static bool same_times(const struct record_times *a, const struct record_times *b)
{
	return a->active == b->active && a->inactive == b->inactive && a->both == b->both;
}

static void take(void *arg, const struct flow_record *r);

static void add_way(struct record_rules *t, const struct signature *s, size_t i)
{
	struct way *w = t->ways;

	while (w < t->ways + t->n && !same_times(&w->times, &s->times))
		w++;
	if (w == t->ways + t->n) {
		t->n++;
		w->rules = t;
		w->times = s->times;
		w->meter = meter_new(&s->times, t->d->limits.flows, t->d->flows.key, take, w);
	}
	w->signatures |= 1ULL << i;
	for (size_t k = 0; k < t->asking_n; k++)
		if (t->asking[k]->signature == i)
			record_ports_add(t->ports, t->asking[k],
					 (unsigned)(w - t->ways) % RECORD_PORTS_GROUPS,
					 w->times.both);
}

struct record_rules *record_rules_new(struct detector *d)
{
	const struct signature_set *set = d->set;
	struct record_rules *t;
	size_t n = 0;

	_Static_assert(SIGNATURES_MAX <= 64, "signatures are kept by bit");
	for (size_t i = 0; i < set->n; i++)
		n += set->signatures[i].records;
	if (!n)
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->d = d;
	t->ports = xcalloc(1, sizeof(*t->ports));
	t->ways = xcalloc(n, sizeof(*t->ways));
	t->asking = xcalloc(set->rules_n + 1, sizeof(const struct rule *));
	for (size_t i = 0; i < set->rules_n; i++)
		if (set->rules[i]->forms_n)
			t->asking[t->asking_n++] = set->rules[i];
	for (size_t i = 0; i < set->n; i++)
		if (set->signatures[i].records)
			add_way(t, &set->signatures[i], i);
	return t;
}

void record_rules_free(struct record_rules *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		meter_free(t->ways[i].meter);
		record_order_free(&t->ways[i].waiting);
	}
	record_queue_free(&t->ready);
	record_ports_clear(t->ports);
	free(t->ports);
	free(t->asking);
	free(t->ways);
	free(t);
}

static void take_over(struct way *w, struct way *was)
{
	struct way out = *w;

	w->meter = was->meter;
	w->waiting = was->waiting;
	meter_give(w->meter, take, w);
	was->meter = out.meter;
	was->waiting = out.waiting;
}

struct record_rules *record_rules_reload(struct detector *d, struct record_rules *was)
{
	struct record_rules *t = record_rules_new(d);

	if (t && was) {
		t->early = was->early;
		for (size_t i = 0; i < t->n; i++)
			for (size_t k = 0; k < was->n; k++)
				if (same_times(&t->ways[i].times, &was->ways[k].times))
					take_over(&t->ways[i], &was->ways[k]);
	}
	record_rules_free(was);
	return t;
}

/* ---- a rule and a record ---- */

/* A record as a rule sees it. */
struct asked {
	const struct rule *rule;
	const struct flow_record *record;
	const struct endpoint *client, *server;
	uint32_t version;
};

static bool form_fits(const struct record_form *f, const struct flow_record *r)
{
	uint64_t lasted = r->last_ns - r->first_ns;
	uint32_t packets = r->packets > UINT32_MAX ? UINT32_MAX : (uint32_t)r->packets;
	uint32_t bytes = r->bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)r->bytes;
	uint64_t mean = r->packets ? r->bytes / r->packets : 0;

	return numset_has(&f->packets, packets) && numset_has(&f->bytes, bytes) &&
	       numset_has(&f->mean_size, mean > UINT32_MAX ? UINT32_MAX : (uint32_t)mean) &&
	       lasted >= f->least && (!f->most || lasted <= f->most) &&
	       (!r->flags_known || ((r->flags & f->set) == f->set && !(r->flags & f->clear)));
}

static bool fits(const struct asked *a)
{
	const struct rule *r = a->rule;

	if (!(a->record->flow.proto == IPPROTO_UDP ? r->udp : r->tcp) ||
	    !numset_has(&r->client_port, a->client->port) ||
	    !numset_has(&r->server_port, a->server->port) ||
	    (!numset_has(&r->any_port, a->client->port) &&
	     !numset_has(&r->any_port, a->server->port)))
		return false;
	for (unsigned i = 0; i < r->forms_n; i++)
		if (form_fits(&r->forms[i], a->record))
			return match_host(&r->client_host, &a->client->ip) &&
			       match_host(&r->server_host, &a->server->ip);
	return false;
}

static struct memory_key key_of(const struct record_rules *t, const struct set_key *k,
				const struct asked *a)
{
	return known_ends_key(t->d, k, a->client, a->server);
}

static bool knows(struct record_rules *t, struct asked *a)
{
	for (unsigned i = 0; i < a->rule->known_n; i++) {
		const struct known *k = &a->rule->known[i];
		struct memory_key key = key_of(t, &k->key, a);
		const struct memory_entry *e =
			memory_find(&t->d->memory, k->set, &key, a->record->first_ns);

		if (!e != k->negate)
			return false;
		if (e && e->version && !a->version)
			a->version = e->version;
	}
	return true;
}

static void remember(struct record_rules *t, const struct asked *a, const struct remember *m)
{
	struct memory_key key = key_of(t, &m->key, a);
	struct memory_entry *e = memory_put(&t->d->memory, m->set, &key, a->record->last_ns,
					    t->d->set->sets[m->set].keep);

	if (a->version)
		e->version = a->version;
	else if (!e->version)
		e->version = t->d->rule_version[a->rule->index];
	if (e->expires >= t->d->now_ns)
		action_learned(t->d, m->set, &key, e->version);
}

static void report(struct record_rules *t, const struct asked *a, enum event_kind kind)
{
	const struct signature_info *s = &t->d->set->signatures[a->rule->signature].info;
	const struct flow_record *r = a->record;
	struct detector *d = t->d;
	struct evidence evidence = {
		.message = "record",
		.ts_ns = engine_time(r->first_ns),
		.number = r->number,
		.size = r->bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)r->bytes,
		.line = a->rule->forms[0].line,
		.input = r->input,
		.from_client = a->client == &r->flow.src,
	};
	struct detection_event e = {
		.ts_ns = engine_time(r->last_ns),
		.number = r->number,
		.input = r->input,
		.kind = kind,
		.flow = {r->flow.proto, *a->client, *a->server},
		.client_ip = a->client->ip,
		.application = s->application,
		.signature = s->name,
		.revision = s->revision,
		.rule = a->rule->name,
		.rule_line = a->rule->line,
		.signature_path = s->path,
		.client_version = client_version_text(
			&d->versions, a->version ? a->version : d->rule_version[a->rule->index]),
		.flow_first_ns = engine_time(r->first_ns),
		.flow_packets = r->packets,
		.flow_bytes = r->bytes,
		.record = true,
		.record_last_ns = engine_time(r->last_ns),
		.evidence_count = 1,
		.evidence = &evidence,
	};

	if (kind == EVENT_SESSION_START)
		e.super_node = e.flow.dst;
	d->stats.events++;
	d->fn(d->arg, &e);
}

static void act(struct record_rules *t, const struct asked *a)
{
	const struct actions *then = &a->rule->then;

	if (then->count.used) {
		struct memory_key key = key_of(t, &then->count.key, a),
				  pair = key_of(t, &then->count.distinct, a);

		if (!counting_reached(&t->d->memory, &then->count, &key,
				      then->count.distinct.n ? &pair : NULL, a->record->last_ns,
				      t->d->set->sets[then->count.set].keep))
			return;
	}
	for (unsigned i = 0; i < then->remember_n; i++)
		remember(t, a, &then->remember[i]);
	for (unsigned i = 0; i < then->forget_n; i++) {
		struct memory_key key = key_of(t, &then->forget[i].key, a);

		memory_forget(&t->d->memory, then->forget[i].set, &key);
	}
	if (then->event >= 0)
		report(t, a, (enum event_kind)then->event);
}

/* A record as @rule sees it. */
static struct asked asked_by(const struct rule *rule, const struct flow_record *r)
{
	bool sends = rule->client == CLIENT_SENDER;

	return (struct asked){rule, r, sends ? &r->flow.src : &r->flow.dst,
			      sends ? &r->flow.dst : &r->flow.src, 0};
}

/* Asks the rules of the signatures in @signatures. */
static void ask(struct record_rules *t, const struct flow_record *r, uint64_t signatures)
{
	for (size_t i = 0; i < t->asking_n; i++) {
		struct asked a = asked_by(t->asking[i], r);

		if ((signatures >> a.rule->signature & 1) && fits(&a) && knows(t, &a))
			act(t, &a);
	}
}

/* A record is complete. It waits only where some rule may take it: of most none does. */
static void take(void *arg, const struct flow_record *r)
{
	struct way *w = arg;
	const struct record_rules *t = w->rules;

	for (size_t i = 0; i < t->asking_n; i++) {
		struct asked a = asked_by(t->asking[i], r);

		if ((w->signatures >> a.rule->signature & 1) && fits(&a)) {
			record_order_put(&w->waiting, r);
			return;
		}
	}
}

void record_rules_ask(struct record_rules *t, const struct flow_record *r)
{
	if (r->last_ns > t->d->now_ns)
		t->d->now_ns = r->last_ns;
	ask(t, r, UINT64_MAX);
}

/* ---- records of packets ---- */

static void ask_waiting(struct way *w)
{
	uint64_t oldest = meter_oldest(w->meter);
	const struct flow_record *first;

	while ((first = record_order_first(&w->waiting))) {
		bool early = first->first_ns >= oldest && oldest != UINT64_MAX;
		struct flow_record r;

		if (early && w->waiting.n <= w->rules->d->limits.flows)
			return;
		w->rules->early += early;
		r = record_order_take(&w->waiting);
		if (w->rules->ahead)
			record_queue_put(&w->rules->ready, &r, w->signatures);
		else
			ask(w->rules, &r, w->signatures);
	}
}

/* Whether way @i may be worth a packet of these groups. */
static inline bool worth(uint8_t groups, size_t i)
{
	return groups >> i % RECORD_PORTS_GROUPS & 1;
}

uint8_t record_rules_groups(const struct record_rules *t, const struct packet *p, uint32_t hash)
{
	uint8_t groups = record_ports_of(t->ports, p);

	for (size_t i = 0; groups && i < t->n; i++)
		if (worth(groups, i))
			meter_hint_slot(t->ways[i].meter, p, hash);
	return groups;
}

void record_rules_hint(const struct record_rules *t, const struct packet *p, uint32_t hash,
		       uint8_t groups)
{
	for (size_t i = 0; groups && i < t->n; i++)
		if (worth(groups, i))
			meter_hint_entry(t->ways[i].meter, p, hash);
}

static void meter_one(struct record_rules *t, const struct packet *p, uint32_t hash, uint8_t groups,
		      uint64_t now)
{
	for (size_t i = 0; i < t->n; i++) {
		struct way *w = &t->ways[i];

		if (worth(groups, i))
			meter_packet(w->meter, p, hash, now);
		else
			meter_time(w->meter, now);
		if (w->waiting.n)
			ask_waiting(w);
	}
}

void record_rules_packet(struct record_rules *t, const struct packet *p, uint32_t hash,
			 uint8_t groups)
{
	uint64_t now = engine_time(p->ts_ns);

	meter_one(t, p, hash, groups, now < t->d->now_ns ? t->d->now_ns : now);
}

/* ---- records that another thread makes ---- */

void record_rules_ahead(struct record_rules *t, bool ahead)
{
	t->ahead = ahead;
}

bool record_rules_are_ahead(const struct record_rules *t)
{
	return t->ahead;
}

uint32_t record_rules_make(struct record_rules *t, const struct packet *p, uint32_t hash,
			   uint8_t groups)
{
	uint64_t now = engine_time(p->ts_ns), before = t->ready.put;

	if (now > t->ahead_ns)
		t->ahead_ns = now;
	meter_one(t, p, hash, groups, t->ahead_ns);
	return (uint32_t)(t->ready.put - before);
}

void record_rules_take(struct record_rules *t, uint32_t n)
{
	for (; n; n--) {
		struct record_ready r = record_queue_take(&t->ready);

		ask(t, &r.record, r.signatures);
	}
}

/* The other thread is gone, perhaps with packets made records of that nobody will see. */
static void ahead_ends(struct record_rules *t)
{
	record_rules_take(t, (uint32_t)(t->ready.put - t->ready.taken));
	t->ahead = false;
}

/* ---- time ---- */

void record_rules_time(struct record_rules *t)
{
	if (t->ahead)
		return;
	for (size_t i = 0; i < t->n; i++) {
		meter_time(t->ways[i].meter, t->d->now_ns);
		ask_waiting(&t->ways[i]);
	}
}

void record_rules_finish(struct record_rules *t)
{
	ahead_ends(t);
	for (size_t i = 0; i < t->n; i++) {
		meter_finish(t->ways[i].meter);
		ask_waiting(&t->ways[i]);
	}
}

void record_rules_stats(const struct record_rules *t, struct record_stats *out)
{
	*out = (struct record_stats){.cut = t->early, .memory_bytes = sizeof(*t)};
	for (size_t i = 0; i < t->n; i++) {
		struct meter_stats m;

		meter_stats(t->ways[i].meter, &m);
		out->records += m.records;
		out->cut += m.cut;
		out->memory_bytes +=
			m.memory_bytes + t->ways[i].waiting.room * sizeof(struct flow_record);
	}
}
