// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stream.c - packets to messages
 *
 * A UDP datagram with payload is a message. On TCP a message is what one side writes at once: it
 * ends with a segment that has PSH, when the other side answers, or when the connection closes. So
 * a stack that sends two writes in one segment makes one message of them, and a write that is longer
 * than a segment stays one as long as its inner segments have no PSH.
 *
 * TCP bytes are put in order per direction. Bytes seen before are left out. A segment ahead of its
 * turn is held, at most EARLY of them; when the room is used up, or the flow ends, what is missing is
 * taken as lost: the message under way ends, and it and the next are broken.
 *
 *   direction      | a segment                    | does
 *   unknown        | with SYN                     | its number + 1 is next
 *                  | with payload                 | is next; the message is broken
 *   known          | all before next              | nothing: seen already
 *                  | at next, or before and past  | new bytes are added; PSH ends the message
 *                  | ahead                        | is held
 *                  | held ones reach next         | are added in turn
 *
 * Flows are found in a table with a keyed hash, and at most `flows` are held: the flow that a clock's
 * hand finds idle for longest in its next LOOK places makes room. At most EARLY_SIDES directions hold
 * segments at once; one more takes what it misses as lost. So memory is bounded: 0.5 KiB a flow, 1 KiB
 * more where TCP messages came in several segments, and 18 MiB for what is held.
 * Of several packets given at once the flows are fetched into the cache together before the first is
 * taken, with what users keep for them: with many flows most of the time goes into waiting for memory.
 * Limits: no checksum is looked at; of bytes that were sent twice with other values the first count;
 * a TCP connection that reuses a tuple is a new flow only after the old one has closed.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/message/stream.h"
#include "base/err.h"
#include "base/keyed_hash.h"
#include "base/moment.h"
#include "base/slab.h"
#include "base/space.h"

#define EARLY	    16	 /* segments held ahead of their turn, per direction */
#define EARLY_SIDES 2048 /* directions that hold any */
#define LOOK	    16	 /* places looked at for a flow to forget */
#define BATCH	    32	 /* packets whose flows are fetched together */

struct segment {
	uint64_t ts_ns, number;
	uint32_t seq, len, kept;
	bool push;
};

/* A segment that is held, with the first of its bytes. */
struct early {
	struct segment g;
	uint8_t bytes[MESSAGE_KEEP];
};

/* A TCP direction. */
struct side {
	bool known, open, broken;
	uint32_t next;
	uint64_t ts_ns, end_ns, number, end_number;
	uint32_t size, kept, packets;
	uint32_t early_n;
	struct early *early; /* (owned) EARLY of them, once one was needed */
	uint8_t *bytes;	     /* MESSAGE_KEEP, once a message came in several segments; of @keeps */
};

/* @flow is first: a pointer to it is one to the entry. */
struct entry {
	struct message_flow flow;
	struct flow_key key;
	uint32_t hash;
	bool used;
	struct side sides[2]; /* TCP only: else it may be anything */
};

/* @entry: index + 1 into entries; 0 = empty. Its hash is here, so that no other entry is looked at. */
struct slot {
	uint32_t hash, entry;
};

struct message_stream {
	struct message_user user;
	uint64_t key[2];
	struct entry *entries; /* (owned) */
	struct slot *slots;    /* (owned) */
	uint32_t max, used, hand, mask;
	uint32_t *free_list; /* (owned) */
	uint32_t free_n;
	struct slab keeps;    /* of MESSAGE_KEEP bytes */
	uint32_t early_sides; /* that hold segments, or have room for them */
	uint64_t ids, evicted;
};

struct message_stream *message_stream_new(const struct message_user *user, uint32_t flows)
{
	static const uint64_t fallback[2] = {0x9e3779b97f4a7c15ULL, 0xc2b2ae3d27d4eb4fULL};
	struct message_stream *s = xcalloc(1, sizeof(*s));
	uint32_t slots = 128;

	s->user = *user;
	s->max = flows == 0 ? MESSAGE_FLOWS : flows < 64 ? 64 : flows;
	while (slots < s->max * 2)
		slots *= 2;
	s->mask = slots - 1;
	s->slots = xcalloc(slots, sizeof(*s->slots));
	s->entries = space_get(s->max * sizeof(*s->entries));
	s->free_list = xcalloc(s->max, sizeof(*s->free_list));
	slab_begin(&s->keeps, MESSAGE_KEEP);
	hash_key_new(s->key, fallback);
	return s;
}

static void deliver(struct message_stream *s, struct entry *f, struct message *m)
{
	m->flow = &f->flow;
	m->place = f->flow.messages[0] + f->flow.messages[1];
	m->nth = f->flow.messages[m->reply]++;
	if (s->user.message)
		s->user.message(s->user.arg, m);
}

/* The message under way in a direction is complete. */
static void side_ends(struct message_stream *s, struct entry *f, int dir)
{
	struct side *d = &f->sides[dir];
	struct message m = {.ts_ns = d->ts_ns,
			    .end_ns = d->end_ns,
			    .number = d->number,
			    .end_number = d->end_number,
			    .reply = dir,
			    .broken = d->broken,
			    .bytes = d->bytes,
			    .kept = d->kept,
			    .there = d->kept,
			    .size = d->size,
			    .packets = d->packets};

	if (!d->open)
		return;
	d->open = false;
	d->broken = false;
	deliver(s, f, &m);
}

/* A message that is one segment: its bytes need not be kept. */
static void side_whole(struct message_stream *s, struct entry *f, int dir, uint64_t ts_ns,
		       uint64_t number, const uint8_t *bytes, uint32_t kept, uint32_t len)
{
	struct side *d = &f->sides[dir];
	struct message m = {.ts_ns = ts_ns,
			    .end_ns = ts_ns,
			    .number = number,
			    .end_number = number,
			    .reply = dir,
			    .broken = d->broken,
			    .bytes = bytes,
			    .kept = kept < MESSAGE_KEEP ? kept : MESSAGE_KEEP,
			    .there = kept,
			    .size = len,
			    .packets = 1};

	d->next += len;
	d->broken = false;
	deliver(s, f, &m);
}

/* @len bytes that are next in direction @dir, @kept of them at @bytes. */
static void side_add(struct message_stream *s, struct entry *f, int dir, uint64_t ts_ns,
		     uint64_t number, const uint8_t *bytes, uint32_t kept, uint32_t len, bool push)
{
	struct side *d = &f->sides[dir];

	side_ends(s, f, !dir);
	if (!d->open && push) {
		side_whole(s, f, dir, ts_ns, number, bytes, kept, len);
		return;
	}
	if (!d->open) {
		d->open = true;
		if (!d->bytes)
			d->bytes = slab_get(&s->keeps);
		d->ts_ns = ts_ns;
		d->number = number;
		d->size = d->kept = d->packets = 0;
	}
	if (d->kept == d->size) { /* no hole so far */
		uint32_t room = MESSAGE_KEEP - d->kept, n = kept < room ? kept : room;

		memcpy(d->bytes + d->kept, bytes, n);
		d->kept += n;
	}
	d->size = d->size + len < d->size ? UINT32_MAX : d->size + len;
	d->packets++;
	d->end_ns = ts_ns;
	d->end_number = number;
	d->next += len;
	if (push)
		side_ends(s, f, dir);
}

/* The part of a segment that is new at the front of direction @dir, if it is not ahead. */
static bool side_take(struct message_stream *s, struct entry *f, int dir, const struct segment *g,
		      const uint8_t *bytes)
{
	struct side *d = &f->sides[dir];
	uint32_t old = d->next - g->seq;

	if ((int32_t)old < 0)
		return false;
	if (old >= g->len)
		return true;
	side_add(s, f, dir, g->ts_ns, g->number, bytes + (old < g->kept ? old : g->kept),
		 old < g->kept ? g->kept - old : 0, g->len - old, g->push);
	return true;
}

/* Takes what is held and has its turn now. */
static void side_catch_up(struct message_stream *s, struct entry *f, int dir)
{
	struct side *d = &f->sides[dir];

	for (uint32_t i = 0; i < d->early_n;) {
		if (side_take(s, f, dir, &d->early[i].g, d->early[i].bytes)) {
			memmove(&d->early[i], &d->early[i + 1],
				(--d->early_n - i) * sizeof(d->early[0]));
			i = 0;
		} else {
			i++;
		}
	}
}

/* The bytes up to @seq are lost. */
static void lose(struct message_stream *s, struct entry *f, int dir, uint32_t seq)
{
	struct side *d = &f->sides[dir];

	if (d->open)
		d->broken = true;
	side_ends(s, f, dir);
	d->broken = true;
	d->next = seq;
}

/* What is missing is lost: goes on with the first segment that is held. */
static void side_give_up(struct message_stream *s, struct entry *f, int dir)
{
	struct side *d = &f->sides[dir];
	uint32_t first = 0;

	for (uint32_t i = 1; i < d->early_n; i++)
		if ((int32_t)(d->early[i].g.seq - d->early[first].g.seq) < 0)
			first = i;
	lose(s, f, dir, d->early[first].g.seq);
	side_catch_up(s, f, dir);
}

static void side_hold(struct message_stream *s, struct entry *f, int dir, const struct segment *g,
		      const uint8_t *bytes)
{
	struct side *d = &f->sides[dir];
	struct early *held;

	if (!d->early && s->early_sides == EARLY_SIDES) {
		lose(s, f, dir, g->seq);
		side_take(s, f, dir, g, bytes);
		return;
	}
	if (d->early && d->early_n == EARLY) {
		side_give_up(s, f, dir); /* which makes room */
		if (side_take(s, f, dir, g, bytes)) {
			side_catch_up(s, f, dir);
			return;
		}
	}
	if (!d->early) {
		d->early = xcalloc(EARLY, sizeof(*d->early));
		s->early_sides++;
	}
	held = &d->early[d->early_n++];
	held->g = *g;
	if (held->g.kept > MESSAGE_KEEP)
		held->g.kept = MESSAGE_KEEP;
	memcpy(held->bytes, bytes, held->g.kept);
}

static void sides_free(struct message_stream *s, struct entry *f)
{
	if (f->flow.tuple.proto != IPPROTO_TCP)
		return;
	for (int dir = 0; dir < 2; dir++) {
		s->early_sides -= f->sides[dir].early != NULL;
		free(f->sides[dir].early);
		if (f->sides[dir].bytes)
			slab_put(&s->keeps, f->sides[dir].bytes);
		f->sides[dir] = (struct side){0};
	}
}

static void finish(struct message_stream *s, struct entry *f)
{
	for (int dir = 0; dir < 2 && f->flow.tuple.proto == IPPROTO_TCP; dir++) {
		while (f->sides[dir].early_n)
			side_give_up(s, f, dir);
		side_ends(s, f, dir);
	}
	if (s->user.end)
		s->user.end(s->user.arg, &f->flow);
	sides_free(s, f);
	f->used = false;
}

/* Takes @f out of the table; entries behind it that were pushed on move up. */
static void forget(struct message_stream *s, struct entry *f)
{
	uint32_t index = (uint32_t)(f - s->entries), at = f->hash & s->mask;

	while (s->slots[at].entry != index + 1)
		at = (at + 1) & s->mask;
	s->slots[at].entry = 0;
	for (uint32_t next = (at + 1) & s->mask; s->slots[next].entry;
	     next = (next + 1) & s->mask) {
		uint32_t home = s->slots[next].hash & s->mask;

		if (((next - home) & s->mask) >= ((next - at) & s->mask)) {
			s->slots[at] = s->slots[next];
			s->slots[next].entry = 0;
			at = next;
		}
	}
	finish(s, f);
	s->free_list[s->free_n++] = index;
}

static void make_room(struct message_stream *s)
{
	struct entry *oldest = NULL;

	for (uint32_t n = 0; n < LOOK; n++) {
		struct entry *f = &s->entries[s->hand];

		s->hand = s->hand + 1 == s->max ? 0 : s->hand + 1;
		if (!oldest || moment_before(f->flow.last_ns, oldest->flow.last_ns))
			oldest = f;
	}
	for (uint32_t n = 0, next = s->hand; n < LOOK && next < s->max; n++, next++)
		__builtin_prefetch(&s->entries[next].flow.last_ns); /* for the next time */
	s->evicted++;
	forget(s, oldest);
}

static struct entry *flow_new(struct message_stream *s, const struct packet *p,
			      const struct flow_key *key, uint32_t hash)
{
	bool turned =
		p->proto == IPPROTO_TCP && (p->tcp_flags & (TH_SYN | TH_ACK)) == (TH_SYN | TH_ACK);
	struct entry *f;
	uint32_t index, at;

	if (!s->free_n && s->used == s->max)
		make_room(s);
	index = s->free_n ? s->free_list[--s->free_n] : s->used++;
	f = &s->entries[index];
	f->key = *key;
	f->hash = hash;
	f->used = true;
	if (p->proto == IPPROTO_TCP)
		memset(f->sides, 0, sizeof(f->sides));
	f->flow = (struct message_flow){
		.id = s->ids++,
		.tuple = {p->proto, turned ? p->dst : p->src, turned ? p->src : p->dst},
		.input = p->input,
		.first_ns = p->ts_ns,
		.last_ns = p->ts_ns,
		.first_number = p->number};
	for (at = hash & s->mask; s->slots[at].entry; at = (at + 1) & s->mask)
		;
	s->slots[at] = (struct slot){hash, index + 1};
	if (s->user.begin)
		s->user.begin(s->user.arg, &f->flow);
	return f;
}

/* What a packet is looked up by. */
struct look {
	struct flow_key key;
	uint32_t hash;
};

static struct look look_of(const struct message_stream *s, const struct packet *p)
{
	struct tuple t = {p->proto, p->src, p->dst};
	struct look l = {.key = flow_key(&t)};

	l.hash = (uint32_t)hash_keyed(s->key, &l.key, sizeof(l.key)) ^ p->input * 0x9e3779b9U;
	return l;
}

static struct entry *flow_find(struct message_stream *s, const struct packet *p,
			       const struct look *l)
{
	for (uint32_t at = l->hash & s->mask; s->slots[at].entry; at = (at + 1) & s->mask) {
		struct entry *f = &s->entries[s->slots[at].entry - 1];

		if (s->slots[at].hash != l->hash || f->flow.input != p->input ||
		    memcmp(&f->key, &l->key, sizeof(l->key)) != 0)
			continue;
		if (f->flow.closed_ns && (p->tcp_flags & (TH_SYN | TH_ACK)) == TH_SYN) {
			forget(s, f); /* the tuple is used again */
			break;
		}
		return f;
	}
	return flow_new(s, p, &l->key, l->hash);
}

static void tcp_packet(struct message_stream *s, struct entry *f, const struct packet *p, int dir)
{
	struct side *d = &f->sides[dir];
	struct segment g = {.ts_ns = p->ts_ns,
			    .number = p->number,
			    .seq = p->seq + ((p->tcp_flags & TH_SYN) != 0),
			    .len = p->len,
			    .kept = p->caplen,
			    .push = p->tcp_flags & TH_PUSH};

	if (p->tcp_flags & TH_SYN) {
		f->flow.syn += !(p->tcp_flags & TH_ACK);
		f->flow.synack += (p->tcp_flags & TH_ACK) != 0;
		if (!d->known) {
			d->known = true;
			d->next = p->seq + 1;
		}
	}
	if (p->len) {
		if (!d->known) {
			d->known = d->broken = true;
			d->next = g.seq;
		}
		if (side_take(s, f, dir, &g, p->payload))
			side_catch_up(s, f, dir);
		else
			side_hold(s, f, dir, &g, p->payload);
	}
	if (p->tcp_flags & (TH_FIN | TH_RST)) {
		f->flow.fin[dir] |= (p->tcp_flags & TH_FIN) != 0;
		f->flow.reset[dir] |= (p->tcp_flags & TH_RST) != 0;
		if (!f->flow.closed_ns &&
		    ((f->flow.fin[0] && f->flow.fin[1]) || (p->tcp_flags & TH_RST)))
			f->flow.closed_ns = p->ts_ns;
	}
}

static bool is_ours(const struct packet *p)
{
	return p->proto == IPPROTO_UDP || p->proto == IPPROTO_TCP;
}

static void take(struct message_stream *s, const struct packet *p, const struct look *l)
{
	struct entry *f = flow_find(s, p, l);
	int dir;

	dir = !endpoint_eq(&p->src, &f->flow.tuple.src);
	if (moment_before(f->flow.last_ns, p->ts_ns))
		f->flow.last_ns = p->ts_ns;
	f->flow.packets[dir]++;
	f->flow.bytes[dir] += p->len;
	if (p->proto == IPPROTO_TCP) {
		tcp_packet(s, f, p, dir);
	} else if (p->len) {
		/* every field is named, so that none has to be cleared before */
		struct message m = {.flow = &f->flow,
				    .place = 0,
				    .nth = 0,
				    .broken = false,
				    .ts_ns = p->ts_ns,
				    .end_ns = p->ts_ns,
				    .number = p->number,
				    .end_number = p->number,
				    .reply = dir,
				    .bytes = p->payload,
				    .kept = p->caplen,
				    .there = p->caplen,
				    .size = p->len,
				    .packets = 1};

		deliver(s, f, &m);
	}
}

void message_stream_packet(struct message_stream *s, const struct packet *p)
{
	struct look l;

	if (!is_ours(p))
		return;
	l = look_of(s, p);
	take(s, p, &l);
}

/* Index + 1 of the entry that has the packet's hash, which is the flow's nearly always; 0 = none. */
static uint32_t entry_of(const struct message_stream *s, const struct look *l)
{
	uint32_t at = l->hash & s->mask;

	while (s->slots[at].entry && s->slots[at].hash != l->hash)
		at = (at + 1) & s->mask;
	return s->slots[at].entry;
}

/* Has the processor fetch what a flow of @p's protocol is kept in. */
static void fetch(const struct entry *f, const struct packet *p)
{
	size_t n = p->proto == IPPROTO_TCP ? sizeof(*f) : offsetof(struct entry, sides);

	for (size_t at = 0; at < n; at += 64)
		__builtin_prefetch((const char *)f + at, 1);
}

/* What users keep for the flow of @p. */
static void fetch_mine(const struct message_stream *s, const struct message_flow *f,
		       const struct packet *p)
{
	s->user.fetch(s->user.arg, f, f->mine, !endpoint_eq(&p->src, &f->tuple.src));
}

void message_stream_packets(struct message_stream *s, const struct packet *p, size_t n)
{
	uint32_t f[BATCH];
	struct look l[BATCH];

	for (; n > BATCH; p += BATCH, n -= BATCH)
		message_stream_packets(s, p, BATCH);
	for (size_t i = 0; i < n; i++) {
		l[i] = look_of(s, &p[i]);
		__builtin_prefetch(&s->slots[l[i].hash & s->mask]);
	}
	for (size_t i = 0; i < n; i++) {
		f[i] = entry_of(s, &l[i]);
		if (f[i])
			fetch(&s->entries[f[i] - 1], &p[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (f[i])
			__builtin_prefetch(s->entries[f[i] - 1].flow.mine);
	for (size_t i = 0; s->user.fetch && i < n; i++)
		if (f[i])
			fetch_mine(s, &s->entries[f[i] - 1].flow, &p[i]);
	for (size_t i = 0; i < n; i++)
		if (is_ours(&p[i]))
			take(s, &p[i], &l[i]);
}

void message_stream_end(struct message_stream *s)
{
	for (uint32_t i = 0; i < s->used; i++)
		if (s->entries[i].used)
			finish(s, &s->entries[i]);
	memset(s->slots, 0, ((size_t)s->mask + 1) * sizeof(*s->slots));
	s->used = s->free_n = s->hand = 0;
}

uint64_t message_stream_evicted(const struct message_stream *s)
{
	return s->evicted;
}

void message_stream_free(struct message_stream *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->used; i++)
		sides_free(s, &s->entries[i]);
	space_free(s->entries, s->max * sizeof(*s->entries));
	slab_clear(&s->keeps);
	free(s->slots);
	free(s->free_list);
	free(s);
}
