// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * defrag.c - puts IP fragments together, within bounds
 *
 * One store per input. A datagram is found by addresses, identification and (IPv4) protocol. It
 * keeps its bytes and a bit for each 8-byte unit that it has. The policy is that of Linux since
 * 4.20 and of RFC 5722 for IPv6: an exact repeat of a fragment is ignored; any other overlap drops
 * the whole datagram, so that two readers of one capture never see different bytes. A fragment
 * drops its datagram too when it reaches past 65,535 bytes, or is not the last and not a multiple
 * of 8 long.
 *
 * Bounds: at most DATAGRAMS at once and STORE_BYTES of memory (the oldest makes room for a new
 * one), and TIMEOUT_NS of capture time from the first fragment (Linux's ipfrag_time).
 *
 * Fragments cut by the snap length count as present; the datagram's captured part ends at the first
 * byte that is missing.
 */
#include <stdlib.h>

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
 * @buf:	Its bytes so far (owned), @size allocated
 * @end:	Its length; 0 = the last fragment has not come
 * @have:	Bytes present
 * @high:	End of the fragment that reaches furthest
 * @cut:	First byte that a snap length cut off
 * @first_ns:	When its first fragment came
 * @header, @proto: Of the fragment at offset 0
 * @starts:	Units at which a fragment starts, to know an exact repeat
 */
struct partial {
	struct fragment_key key;
	UT_hash_handle hh;
	uint8_t *buf;
	uint32_t size, end, have, high, cut;
	uint64_t first_ns;
	uint32_t header;
	uint16_t fragments;
	uint8_t proto;
	uint64_t units[UNITS / 64 + 1];
	uint64_t starts[UNITS / 64 + 1];
};

struct defrag {
	struct partial *all;	     /* in order of arrival */
	size_t bytes;		     /* allocated for all */
	uint8_t *done[DECODE_DEPTH]; /* buffers handed out (owned), reused in a ring */
	unsigned next;
};

struct defrag *defrag_new(void)
{
	return xcalloc(1, sizeof(struct defrag));
}

static void drop(struct defrag *f, struct partial *p)
{
	HASH_DEL(f->all, p);
	f->bytes -= p->size + sizeof(*p);
	free(p->buf);
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
	while (f->all && ((ts_ns > f->all->first_ns && ts_ns - f->all->first_ns > TIMEOUT_NS) ||
			  HASH_COUNT(f->all) >= DATAGRAMS || f->bytes > STORE_BYTES))
		drop(f, f->all);
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

/* Is the fragment an exact repeat (1), new (0), or does it overlap (-1)? */
static int overlap(const struct partial *p, uint32_t first, uint32_t last)
{
	bool all = true, any = false, same = bit(p->starts, first);

	for (uint32_t u = first; u <= last; u++) {
		if (bit(p->units, u))
			any = true;
		else
			all = false;
		if (u > first && bit(p->starts, u))
			same = false;
	}
	if (!any)
		return 0;
	/* it must also end where the old one did: the next unit starts another, or is not there */
	same = same && all &&
	       (last + 1 >= UNITS || !bit(p->units, last + 1) || bit(p->starts, last + 1));
	return same ? 1 : -1;
}

static void keep(struct defrag *f, struct partial *p, const struct fragment *in)
{
	uint32_t end = in->offset + in->body.len, first = in->offset / 8, last = (end - 1) / 8;

	if (end > p->size) {
		uint32_t size = p->size ? p->size : 2048;

		while (size < end)
			size *= 2;
		p->buf = xrealloc(p->buf, size);
		f->bytes += size - p->size;
		p->size = size;
	}
	memcpy(p->buf + in->offset, in->body.p, in->body.cap);
	if (in->body.cap < in->body.len && in->offset + in->body.cap < p->cut)
		p->cut = in->offset + in->body.cap;
	for (uint32_t u = first; u <= last; u++)
		p->units[u / 64] |= 1ULL << (u % 64);
	p->starts[first / 64] |= 1ULL << (first % 64);
	p->have += in->body.len;
	p->fragments++;
	if (end > p->high)
		p->high = end;
	if (!in->more)
		p->end = end;
	if (!in->offset) {
		p->header = in->header;
		p->proto = in->proto;
	}
}

static void hand_out(struct defrag *f, struct partial *p, struct whole_datagram *out)
{
	free(f->done[f->next]);
	f->done[f->next] = p->buf;
	f->next = (f->next + 1) % ARRAY_LEN(f->done);
	*out = (struct whole_datagram){
		.body = {p->buf, p->cut < p->end ? p->cut : p->end, p->end},
		.proto = p->proto,
		.fragments = p->fragments,
		.header = p->header,
	};
	p->buf = NULL;
	drop(f, p);
}

enum defrag_result defrag_add(struct defrag *f, uint64_t ts_ns, const struct fragment *in,
			      struct whole_datagram *out)
{
	uint32_t end = in->offset + in->body.len;
	struct partial *p;

	if (!in->offset && !in->more) { /* RFC 6946: an atomic fragment stands alone */
		*out = (struct whole_datagram){in->body, in->proto, 1, in->header};
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
	switch (overlap(p, in->offset / 8, (end - 1) / 8)) {
	case 1:
		return DEFRAG_WAIT;
	case -1:
		goto bad;
	}
	keep(f, p, in);
	if (!p->end || p->have != p->end)
		return DEFRAG_WAIT;
	hand_out(f, p, out);
	return DEFRAG_WHOLE;
bad:
	drop(f, p);
	return DEFRAG_BAD;
}
