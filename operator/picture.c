// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * picture.c - who uses Skype, since when, through whom, and why
 *
 * A client is kept under one address. How far it is:
 *
 *   state      enters it                           leaves it
 *   seen       any sighting of a new client        probe-accepted; session-start
 *   probed     probe-accepted, when not connected  session-start
 *   connected  session-start, session-change       the last open session ends: left
 *   left       session-end of the last one         probe-accepted; session-start
 *
 * A session is open for one signature and one super node; a call for one signature and its other end.
 * Both are told by the far end, which is the same on either side of a NAT. Signatures that agree
 * open one each; the client is connected, or in a call, while any is open. An end without a begin
 * changes nothing, and neither does an end that is older than the begin.
 *
 * Sightings may come out of order: first and last are the least and the greatest time.
 *
 * Limits: a number of clients; the one seen least recently goes, and is counted. Lists within a
 * client have fixed room. A client whose end nobody saw stays "connected" until it is idle too long.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/keyed_hash.h"
#include "base/moment.h"
#include "operator/picture.h"

/* Addresses come from traffic, so nobody may aim at one bucket of the table. */
static uint64_t picture_key[2];
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)hash_keyed(picture_key, key, len))
#include <uthash.h>
#include <utlist.h>

#define CLIENTS 4096
#define IDLE_NS (3600 * 1000000000ULL)

/* A client in its table; in a list from the least to the most recently seen. */
struct entry {
	struct client c;
	uint64_t born; /* its place in the order of first sightings */
	struct entry *prev, *next;
	UT_hash_handle hh;
};

struct picture {
	struct picture_limits limits;
	struct entry *table, *recent;
	struct blocks *blocks; /* copied into each client's place */
	uint64_t births;
	struct picture_totals totals;
};

const char *client_state_text(enum client_state s)
{
	static const char *const words[CLIENT_STATES] = {"seen", "probed", "connected", "left"};

	return s < CLIENT_STATES ? words[s] : "?";
}

struct picture *picture_new(const struct picture_limits *limits)
{
	static const uint64_t fallback[2] = {0x5ca1ab1e, 0x0ddba11};
	struct picture *p = xcalloc(1, sizeof(*p));

	if (!picture_key[0])
		hash_key_new(picture_key, fallback);
	if (limits)
		p->limits = *limits;
	if (!p->limits.clients)
		p->limits.clients = CLIENTS;
	if (!p->limits.idle_ns)
		p->limits.idle_ns = IDLE_NS;
	p->blocks = blocks_new(p->limits.clients);
	return p;
}

static void drop(struct picture *p, struct entry *e)
{
	if (p->table) /* it is, with an entry: said for the analyser */
		HASH_DEL(p->table, e);
	DL_DELETE(p->recent, e);
	free(e);
}

void picture_free(struct picture *p)
{
	struct entry *next;

	if (!p)
		return;
	HASH_CLEAR(hh, p->table);
	for (struct entry *e = p->recent; e; e = next) {
		next = e->next;
		free(e);
	}
	blocks_free(p->blocks);
	free(p);
}

static struct entry *find(const struct picture *p, const struct ip *who)
{
	struct entry *e;

	HASH_FIND(hh, p->table, who, sizeof(*who), e);
	return e;
}

static void take_blocks(const struct picture *p, struct client *c)
{
	const struct blocks_of *now = blocks_of(p->blocks, &c->ip);

	if (now)
		c->blocks = *now;
	else
		c->blocks.n = c->blocks.more = 0;
}

static struct entry *entry_of(struct picture *p, const struct ip *who, uint64_t ts_ns)
{
	struct entry *e = find(p, who);

	if (e) {
		DL_DELETE(p->recent, e);
		DL_APPEND(p->recent, e);
		return e;
	}
	if (HASH_COUNT(p->table) >= p->limits.clients) {
		p->totals.evicted++;
		drop(p, p->recent);
	}
	e = xcalloc(1, sizeof(*e));
	e->c.ip = e->c.addresses[0] = *who;
	e->c.address_count = 1;
	e->c.first_ns = e->c.last_ns = e->c.since_ns = ts_ns;
	e->born = p->births++;
	take_blocks(p, &e->c);
	HASH_ADD(hh, p->table, c.ip, sizeof(e->c.ip), e);
	DL_APPEND(p->recent, e);
	return e;
}

/* ------------------------------------------------------------------ lists of a client */

/* Puts @item at the front of a list of @room; one that is there already moves. */
static void to_front(void *list, size_t *count, size_t room, size_t size, const void *item)
{
	char *base = list;
	size_t i = 0;

	while (i < *count && memcmp(base + i * size, item, size) != 0)
		i++;
	if (i == *count && *count < room)
		++*count;
	if (i == room)
		i--;
	memmove(base + size, base, i * size);
	memcpy(base, item, size);
}

/* Adds @item behind a list of @room; where there is none, the last one makes it. */
static void to_back(void *list, size_t *count, size_t room, size_t size, const void *item)
{
	char *base = list;

	for (size_t i = 0; i < *count; i++)
		if (!memcmp(base + i * size, item, size))
			return;
	if (*count < room)
		++*count;
	memcpy(base + (*count - 1) * size, item, size);
}

/* Whether the @i-th is why a client is said to be connected, in a call ...: the last of its kind, signs and
 * flows apart. */
static bool is_reason(const struct client *c, size_t i)
{
	enum event_kind kind = client_kept(c, i)->kind;

	if (kind == EVENT_EVIDENCE || kind == EVENT_FLOW)
		return false;
	for (size_t k = 0; k < i; k++)
		if (client_kept(c, k)->kind == kind)
			return false;
	return true;
}

/* In the place of the oldest that is no reason; there are fewer kinds of these than places. */
static void keep(struct client *c, const struct sighting *s)
{
	size_t at = c->kept_count;
	uint8_t place;

	_Static_assert(EVENT_KINDS - 2 < CLIENT_KEPT, "a place for each kind, and one more");
	if (at < CLIENT_KEPT) {
		place = (uint8_t)at;
		c->kept_count++;
	} else {
		do
			at--;
		while (is_reason(c, at));
		place = c->kept_order[at];
	}
	memmove(c->kept_order + 1, c->kept_order, at);
	c->kept_order[0] = place;
	c->kept[place] = *s;
}

const struct sighting *client_kept(const struct client *c, size_t i)
{
	if (i >= c->kept_count)
		return NULL;
	return &c->kept[c->kept_order[i]];
}

uint64_t client_sightings(const struct client *c)
{
	uint64_t n = 0;

	for (size_t i = 0; i < EVENT_KINDS; i++)
		n += c->counts[i];
	return n;
}

bool client_blocked(const struct client *c, bool dry_run)
{
	bool dry = c->blocks.n;

	for (size_t i = 0; i < c->blocks.n; i++)
		dry &= c->blocks.list[i].dry_run;
	return (c->blocks.n || c->blocks.more) && dry == dry_run;
}

/* ------------------------------------------------------------------ sessions and calls */

static struct client_open *open_of(struct client *c, const struct sighting *s, bool call,
				   const struct endpoint *with)
{
	for (size_t i = 0; i < c->open_count; i++) {
		struct client_open *o = &c->open[i];

		if (o->call == call && !strcmp(o->signature, s->signature) &&
		    (!with || endpoint_eq(&o->with, with)))
			return o;
	}
	return NULL;
}

static bool any_open(const struct client *c, bool call)
{
	for (size_t i = 0; i < c->open_count; i++)
		if (c->open[i].call == call)
			return true;
	return false;
}

/* A new one, in the place of the eldest where there is no room. */
static void open_one(struct client *c, const struct sighting *s, bool call, struct endpoint with)
{
	struct client_open *o = &c->open[0];

	if (open_of(c, s, call, &with))
		return;
	if (c->open_count < CLIENT_OPEN)
		o = &c->open[c->open_count++];
	else
		for (size_t i = 1; i < CLIENT_OPEN; i++)
			if (moment_before(c->open[i].since_ns, o->since_ns))
				o = &c->open[i];
	*o = (struct client_open){.with = with, .since_ns = s->ts_ns, .call = call};
	memcpy(o->signature, s->signature, sizeof(o->signature));
}

/* False = there was none that began before @s. */
static bool close_one(struct client *c, const struct sighting *s, bool call,
		      const struct endpoint *with)
{
	struct client_open *o = open_of(c, s, call, with);

	if (!o || moment_before(s->ts_ns, o->since_ns))
		return false;
	*o = c->open[--c->open_count];
	return true;
}

static void enter(struct client *c, enum client_state state, uint64_t ts_ns)
{
	if (c->state == state)
		return;
	c->state = state;
	c->since_ns = ts_ns;
}

static struct endpoint super_node_of(const struct sighting *s)
{
	struct endpoint e = {.ip = s->super_node.ip.family ? s->super_node.ip : s->flow.dst.ip};

	e.port = s->super_node.ip.family ? s->super_node.port : s->flow.dst.port;
	return e;
}

static void connected(struct client *c, const struct sighting *s)
{
	struct endpoint to = super_node_of(s);

	if (s->kind == EVENT_SESSION_CHANGE)
		close_one(c, s, false, NULL);
	open_one(c, s, false, to);
	enter(c, CLIENT_CONNECTED, s->ts_ns);
	if (endpoint_eq(&to, &c->super_node) || moment_before(s->ts_ns, c->super_node_since_ns))
		return;
	if (c->super_node.ip.family)
		to_front(c->before, &c->before_count, CLIENT_BEFORE, sizeof(c->before[0]),
			 &c->super_node);
	memset(&c->super_node, 0, sizeof(c->super_node));
	c->super_node.ip = to.ip;
	c->super_node.port = to.port;
	c->super_node_since_ns = s->ts_ns;
}

static void call(struct client *c, const struct sighting *s, bool begins)
{
	if (begins && !any_open(c, true))
		c->call_since_ns = s->ts_ns;
	if (begins)
		open_one(c, s, true, s->flow.dst);
	else
		close_one(c, s, true, &s->flow.dst);
	c->in_call = any_open(c, true);
}

static void go_on(struct client *c, const struct sighting *s)
{
	struct endpoint from;

	switch (s->kind) {
	case EVENT_PROBE_ACCEPTED:
		if (c->state != CLIENT_CONNECTED)
			enter(c, CLIENT_PROBED, s->ts_ns);
		break;
	case EVENT_SESSION_START:
	case EVENT_SESSION_CHANGE:
		connected(c, s);
		break;
	case EVENT_SESSION_END:
		from = super_node_of(s);
		if (close_one(c, s, false, &from) && !any_open(c, false))
			enter(c, CLIENT_LEFT, s->ts_ns);
		break;
	case EVENT_CALL_START:
	case EVENT_CALL_END:
		call(c, s, s->kind == EVENT_CALL_START);
		break;
	default:
		break;
	}
}

/* ------------------------------------------------------------------ the picture */

/* Who, where, when: what every sensor's sighting adds to. */
static void note(struct client *c, const struct sighting *s)
{
	if (moment_before(s->ts_ns, c->first_ns))
		c->first_ns = s->ts_ns;
	if (moment_before(c->last_ns, s->ts_ns))
		c->last_ns = s->ts_ns;
	to_back(c->addresses, &c->address_count, CLIENT_ADDRESSES, sizeof(c->addresses[0]),
		&s->flow.src.ip);
	if (*s->sensor)
		to_back(c->sensors, &c->sensor_count, CLIENT_SENSORS, SENSOR_BYTES, s->sensor);
	if (*s->client_version)
		to_front(c->versions, &c->version_count, CLIENT_VERSIONS, sizeof(c->versions[0]),
			 s->client_version);
	c->answered |= s->answered;
}

static void count(struct picture *p, struct client *c, const struct sighting *s, unsigned how)
{
	uint64_t undecided = (how & PICTURE_UNDECIDED) != 0;

	c->counts[s->kind]++;
	c->undecided += undecided;
	c->in_part += s->in_part;
	p->totals.sightings++;
	p->totals.kinds[s->kind]++;
	p->totals.undecided += undecided;
	p->totals.in_part += s->in_part;
}

void picture_sighting_of(struct picture *p, const struct ip *who, const struct sighting *s,
			 unsigned how)
{
	struct client *c;

	if (s->kind >= EVENT_KINDS || !who->family)
		return;
	c = &entry_of(p, who, s->ts_ns)->c;
	note(c, s);
	if (!p->totals.last_ns || moment_before(p->totals.last_ns, s->ts_ns))
		p->totals.last_ns = s->ts_ns;
	if (how & PICTURE_AGAIN)
		return;
	count(p, c, s, how);
	memcpy(c->application, s->application, sizeof(c->application));
	go_on(c, s);
	keep(c, s);
}

void picture_sighting(struct picture *p, const struct sighting *s)
{
	picture_sighting_of(p, &s->flow.src.ip, s, 0);
}

void picture_forget(struct picture *p, const struct ip *who)
{
	struct entry *e = find(p, who);

	if (!e)
		return;
	for (size_t i = 0; i < EVENT_KINDS; i++)
		p->totals.kinds[i] -= e->c.counts[i];
	p->totals.sightings -= client_sightings(&e->c);
	p->totals.undecided -= e->c.undecided;
	p->totals.in_part -= e->c.in_part;
	drop(p, e);
}

void picture_block(struct picture *p, const struct ip *who, const struct client_block *b)
{
	struct entry *e = find(p, who);

	if (!who->family)
		return;
	blocks_put(p->blocks, who, b);
	if (e)
		take_blocks(p, &e->c);
}

void picture_unblock(struct picture *p, const struct ip *who, const char *what)
{
	struct entry *e = find(p, who);

	blocks_end(p->blocks, who, what);
	if (e)
		take_blocks(p, &e->c);
}

void picture_blocks_forget(struct picture *p)
{
	blocks_free(p->blocks);
	p->blocks = blocks_new(p->limits.clients);
	for (struct entry *e = p->recent; e; e = e->next)
		take_blocks(p, &e->c);
}

void picture_time(struct picture *p, uint64_t now_ns)
{
	while (p->table && p->recent &&
	       !moment_before(now_ns, p->recent->c.last_ns + p->limits.idle_ns)) {
		p->totals.idle++;
		drop(p, p->recent);
	}
	blocks_time(p->blocks, now_ns);
	for (struct entry *e = p->recent; e; e = e->next)
		if (e->c.blocks.n || e->c.blocks.more)
			take_blocks(p, &e->c);
}

static int by_birth(const void *left, const void *right)
{
	const struct entry *const *a = left, *const *b = right;

	return ((*a)->born > (*b)->born) - ((*a)->born < (*b)->born);
}

size_t picture_clients(const struct picture *p, const struct client **out, size_t room)
{
	size_t n = HASH_COUNT(p->table), i = 0;
	const struct entry **all = xmalloc((n + 1) * sizeof(*all));

	for (const struct entry *e = p->recent; e; e = e->next)
		all[i++] = e;
	qsort(all, n, sizeof(*all), by_birth);
	for (i = 0; i < n && i < room; i++)
		out[i] = &all[i]->c;
	free(all);
	return n;
}

const struct client *picture_client(const struct picture *p, const struct ip *who)
{
	const struct entry *e = find(p, who);

	return e ? &e->c : NULL;
}

struct picture_totals picture_totals(const struct picture *p)
{
	struct picture_totals t = p->totals;

	t.clients = HASH_COUNT(p->table);
	for (const struct entry *e = p->recent; e; e = e->next) {
		t.connected += e->c.state == CLIENT_CONNECTED;
		t.in_call += e->c.in_call;
	}
	return t;
}
