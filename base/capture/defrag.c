// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * defrag.c - puts IP fragments together, within bounds
 *
 * One store per input. A datagram is found by addresses, identification and (IPv4) protocol. It
 * keeps its bytes and a bit for each 8-byte unit that it has. Receivers differ where fragments
 * overlap: Linux since 4.20 and RFC 5722 (IPv6) drop the datagram, others take what came first or
 * what came last. An overlap with the same bytes means nothing; one with others is counted, and the
 * datagram is handed out as both readings have it, first and last. A fragment drops its datagram
 * when it reaches past 65,535 bytes, disagrees about the end, or is not the last and not a multiple
 * of 8 long.
 *
 * Bounds: at most DATAGRAMS at once and STORE_BYTES of memory (the oldest makes room for a new
 * one), and TIMEOUT_NS of capture time from the first fragment (Linux's ipfrag_time); what is given
 * up is counted. The table's hash is keyed.
 *
 * Fragments cut by the snap length count as present; the datagram's captured part ends at the first
 * byte that is missing.
 */
#include <stdlib.h>

#include "base/keyed_hash.h"

/* uthash's own hash can be aimed at. */
static uint64_t defrag_key[2];
#define HASH_FUNCTION(key, len, hash) ((hash) = (unsigned)hash_keyed(defrag_key, key, len))
#include <uthash.h>

#include "base/capture/decode_private.h"
#include "base/capture/defrag.h"

#define DATAGRAMS   4096
#define STORE_BYTES (16U << 20)
#define TIMEOUT_NS  (30 * 1000000000ULL)
#define MAX_BYTES   65535U
#define UNITS	    ((MAX_BYTES + 8) / 8)

struct fragment_key {
	struct ip src, dst;
	uint16_t proto; /* 0 for IPv6, where the identification alone counts */
	uint32_t id;
};

/**
 * struct partial - a datagram that is not complete
 * @buf:	Its bytes so far (owned), @size allocated: of several, those that came first
 * @last:	The same with those that came last (owned); NULL = they do not differ
 * @end:	Its length; 0 = the last fragment has not come
 * @have:	Units present
 * @high:	End of the fragment that reaches furthest
 * @cut:	First byte that a snap length cut off
 * @first_ns:	When its first fragment came
 * @header, @proto: Of the fragment at offset 0
 */
struct partial {
	struct fragment_key key;
	UT_hash_handle hh;
	uint8_t *buf, *last;
	uint32_t size, end, have, high, cut;
	uint64_t first_ns;
	uint32_t header;
	uint16_t fragments;
	uint8_t proto;
	uint64_t units[UNITS / 64 + 1];
};

struct defrag {
	struct partial *all;	     /* in order of arrival */
	size_t bytes;		     /* allocated for all */
	uint8_t *done[DECODE_DEPTH]; /* buffers handed out (owned), reused in a ring */
	unsigned next;
	struct defrag_counts counts;
};

struct defrag *defrag_new(void)
{
	if (!defrag_key[0])
		hash_key_new(defrag_key,
			     (const uint64_t[]){0xa0761d6478bd642f, 0xe7037ed1a0b428db});
	return xcalloc(1, sizeof(struct defrag));
}

static void drop(struct defrag *f, struct partial *p)
{
	HASH_DEL(f->all, p);
	f->bytes -= (p->last ? 2 : 1) * p->size + sizeof(*p);
	free(p->buf);
	free(p->last);
	free(p);
}

void defrag_free(struct defrag *f)
{
	struct partial *p, *next;

	if (!f)
		return;
	p = f->all;
	HASH_CLEAR(hh, f->all); /* the table only: the list through the entries stays */
	for (; p; p = next) {
		next = p->hh.next;
		free(p->buf);
		free(p->last);
		free(p);
	}
	for (size_t i = 0; i < ARRAY_LEN(f->done); i++)
		free(f->done[i]);
	free(f);
}

static bool bit(const uint64_t *map, uint32_t i)
{
	return map[i / 64] >> (i % 64) & 1;
}

/* Too old, or in the way of a new one. */
static void make_room(struct defrag *f, uint64_t ts_ns)
{
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): drop() moves f->all on to the next */
	while (f->all) {
		if (ts_ns > f->all->first_ns && ts_ns - f->all->first_ns > TIMEOUT_NS)
			f->counts.timed_out++;
		else if (HASH_COUNT(f->all) >= DATAGRAMS || f->bytes > STORE_BYTES)
			f->counts.evicted++;
		else
			return;
		drop(f, f->all);
	}
}

static struct partial *find(struct defrag *f, uint64_t ts_ns, const struct fragment *in)
{
	struct partial *p;
	struct fragment_key k;

	memset(&k, 0, sizeof(k));
	k.src = in->src;
	k.dst = in->dst;
	k.proto = in->src.family == 4 ? in->proto : 0;
	k.id = in->id;
	HASH_FIND(hh, f->all, &k, sizeof(k), p);
	if (p)
		return p;
	p = xcalloc(1, sizeof(*p));
	p->key = k;
	p->first_ns = ts_ns;
	p->cut = MAX_BYTES + 1;
	f->bytes += sizeof(*p);
	HASH_ADD(hh, f->all, key, sizeof(k), p);
	return p;
}

/* Room for @end bytes in both readings. */
static void widen(struct defrag *f, struct partial *p, uint32_t end)
{
	uint32_t size = p->size ? p->size : 2048;

	if (end <= p->size)
		return;
	while (size < end)
		size *= 2;
	p->buf = xrealloc(p->buf, size);
	if (p->last)
		p->last = xrealloc(p->last, size);
	f->bytes += (p->last ? 2 : 1) * (size - p->size);
	p->size = size;
}

/* The fragment gives bytes that came before other values: from here on there are two readings. */
static void conflict(struct defrag *f, struct partial *p)
{
	f->counts.conflicts++;
	if (p->last)
		return;
	p->last = xmalloc(p->size);
	memcpy(p->last, p->buf, p->high);
	f->bytes += p->size;
}

/* Copies what is captured of a fragment: into the first reading only units not there before. */
static void keep_bytes(struct defrag *f, struct partial *p, const struct fragment *in)
{
	uint32_t end = in->offset + in->body.cap;
	bool differs = false;

	for (uint32_t at = in->offset; at < end && !differs; at += 8)
		differs = bit(p->units, at / 8) && at < p->high && at + 8 <= p->cut &&
			  memcmp(p->buf + at, in->body.p + (at - in->offset),
				 end - at < 8 ? end - at : 8) != 0;
	if (differs)
		conflict(f, p);
	if (p->last)
		memcpy(p->last + in->offset, in->body.p, in->body.cap);
	for (uint32_t at = in->offset; at < end; at += 8)
		if (!bit(p->units, at / 8))
			memcpy(p->buf + at, in->body.p + (at - in->offset),
			       end - at < 8 ? end - at : 8);
}

static void keep(struct defrag *f, struct partial *p, const struct fragment *in)
{
	uint32_t end = in->offset + in->body.len, first = in->offset / 8, last = (end - 1) / 8;
	uint32_t had = p->have;

	widen(f, p, end);
	keep_bytes(f, p, in);
	if (in->body.cap < in->body.len && in->offset + in->body.cap < p->cut)
		p->cut = in->offset + in->body.cap;
	for (uint32_t u = first; u <= last; u++) {
		if (!bit(p->units, u))
			p->have++;
		p->units[u / 64] |= 1ULL << (u % 64);
	}
	p->fragments += p->have > had; /* else it is a repeat */
	if (end > p->high)
		p->high = end;
	if (!in->more)
		p->end = end;
	if (!in->offset) {
		p->header = in->header;
		p->proto = in->proto;
	}
}

/* Hands a buffer over to the ring. */
static struct span handed_out(struct defrag *f, const struct partial *p, uint8_t *buf)
{
	free(f->done[f->next]);
	f->done[f->next] = buf;
	f->next = (f->next + 1) % ARRAY_LEN(f->done);
	return (struct span){buf, p->cut < p->end ? p->cut : p->end, p->end};
}

static void hand_out(struct defrag *f, struct partial *p, struct whole_datagram *out)
{
	*out = (struct whole_datagram){
		.body = handed_out(f, p, p->buf),
		.proto = p->proto,
		.fragments = p->fragments,
		.header = p->header,
	};
	if (p->last)
		out->other = handed_out(f, p, p->last);
	f->bytes -= p->last ? p->size : 0;
	p->buf = p->last = NULL;
	drop(f, p);
}

const struct defrag_counts *defrag_counts(const struct defrag *f)
{
	return &f->counts;
}

enum defrag_result defrag_add(struct defrag *f, uint64_t ts_ns, const struct fragment *in,
			      struct whole_datagram *out)
{
	uint32_t end = in->offset + in->body.len;
	struct partial *p;

	if (!in->offset && !in->more) { /* RFC 6946: an atomic fragment stands alone */
		*out = (struct whole_datagram){
			.body = in->body, .proto = in->proto, .fragments = 1, .header = in->header};
		return DEFRAG_WHOLE;
	}
	make_room(f, ts_ns);
	p = find(f, ts_ns, in);
	/* a length of its own as well: the sum of two may wrap */
	if (!in->body.len || in->body.len > MAX_BYTES || end > MAX_BYTES ||
	    (in->more && in->body.len % 8) ||
	    (p->end && (end > p->end || (!in->more && end != p->end))) ||
	    (!in->more && end < p->high))
		goto bad;
	keep(f, p, in);
	if (!p->end || p->have != (p->end + 7) / 8)
		return DEFRAG_WAIT;
	hand_out(f, p, out);
	return DEFRAG_WHOLE;
bad:
	drop(f, p);
	return DEFRAG_BAD;
}
