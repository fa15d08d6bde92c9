// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reassembly.c - what a TCP flow sends, put in order and cut into message bursts
 *
 * A message burst is what one side sends between two payloads of the other side: segments already
 * seen are dropped, overlaps are trimmed, and early segments are
 * kept until the hole before them is filled. The first BURST_BYTES bytes of a burst can be tested;
 * its length and the ends of its segments are known throughout.
 *
 * Bytes that come again with other values give the burst a second reading: what it would be if the
 * first copy was never received. It is counted, and both are offered to rules; of more than two
 * copies, the first and the latest.
 *
 * Only flows that a rule is interested in have a struct reassembly; the sequence numbers are kept
 * in the flow itself, so reassembly can begin at any segment.
 *
 *   state      enters it                             leaves it
 *   idle       at first; burst_ends()                a segment in order: open
 *   open       a segment in order                    a segment of the other side, FIN,
 *                                                    RST or the end of the input: idle,
 *                                                    or open with the other direction
 *   open, cut  a hole was given up: bytes behind it  as open; the bytes behind the hole
 *              cannot be tested                      are counted, not kept
 *
 * and per direction, beside that:
 *
 *   in order   at first                              a segment beyond the next: hole
 *   hole       early segments wait                   the hole is filled, or EARLY_RECORDS
 *                                                    segments wait: the capture has lost
 *                                                    it, and the first of them is next
 */
#include <netinet/tcp.h>
#include <string.h>

#include "detector/engine/flow_state.h"
#include "detector/engine/message_burst.h"
#include "detector/engine/reassembly.h"

/* @whole: no hole lies before the data. */
static void append(struct reassembly *s, const uint8_t *data, uint32_t len, uint32_t avail,
		   bool whole)
{
	bool gapless = whole && s->avail == s->len;

	if (gapless) {
		uint32_t room = BURST_BYTES - s->avail, n = avail < room ? avail : room;

		memcpy(s->buf + s->avail, data, n);
		s->avail += n;
	}
	s->len = s->len + len < s->len ? UINT32_MAX : s->len + len;
	if (s->bounds_n == BURST_BOUNDS)
		s->bounds_n--; /* the last one stands for the rest of the burst */
	s->bounds[s->bounds_n++] = s->len;
}

/* The second reading goes on, when the bytes follow on it too. */
static void append_other(struct detector *d, struct reassembly *s, uint32_t seq,
			 const uint8_t *data, uint32_t len, uint32_t avail)
{
	struct reassembly *o = pool_at(&d->reassemblies, s->other);

	if (o->next - seq >= len)
		return;
	len -= o->next - seq;
	avail = avail > o->next - seq ? avail - (o->next - seq) : 0;
	data += o->next - seq;
	o->last = d->packet;
	append(o, data, len, avail, true);
	o->next += len;
}

static void deliver(struct detector *d, uint32_t flow, struct reassembly *s, int dir,
		    const uint8_t *data, uint32_t len, uint32_t avail, bool whole,
		    const struct packet_ref *packet)
{
	uint32_t seq = flow_at(&d->flows, flow)->seq[dir] - len;

	if (s->open && s->dir != dir)
		burst_ends(d, flow, s);
	if (!s->open || s->dir != dir) {
		s->open = s->fresh = true;
		s->dir = (uint8_t)dir;
		s->len = s->avail = 0;
		s->bounds_n = 0;
	}
	s->last = *packet;
	append(s, data, len, avail, whole);
	if (s->other)
		append_other(d, s, seq, data, len, avail);
	burst_grows(d, flow, s);
}

/* Where the burst begins in sequence numbers; false when it is not all at hand. */
static bool burst_begin(const struct reassembly *s, const struct flow *f, int dir, uint32_t *begin)
{
	if (!s->open || s->dir != dir || !s->avail ||
	    s->avail != (s->len < BURST_BYTES ? s->len : BURST_BYTES))
		return false;
	*begin = f->seq[dir] - s->len;
	return true;
}

/* Makes the second reading: the burst up to @at, then the segment. */
static void read_again(struct detector *d, uint32_t flow, struct reassembly *s, uint32_t at,
		       const struct packet *p)
{
	struct reassembly *o;

	if (!s->other)
		s->other = flow_state_second(d, flow_state_of(d, flow));
	if (!s->other)
		return;
	o = pool_at(&d->reassemblies, s->other);
	o->open = true;
	o->dir = s->dir;
	o->last = d->packet;
	o->len = o->avail = at;
	memcpy(o->buf, s->buf, at);
	o->bounds_n = 0;
	for (unsigned i = 0; i < s->bounds_n && s->bounds[i] < at; i++)
		o->bounds[o->bounds_n++] = s->bounds[i];
	if (at)
		o->bounds[o->bounds_n++] = at;
	append(o, p->payload, p->len, p->caplen, true);
	o->next = p->seq + p->len;
	burst_read_again(d, flow, s);
}

/* Whether the bytes differ from those of the reading at the same place. */
static bool differs(const struct reassembly *s, uint32_t at, const struct packet *p)
{
	uint32_t n = at < s->avail ? s->avail - at : 0;

	if (n > p->caplen)
		n = p->caplen;
	return n && memcmp(s->buf + at, p->payload, n) != 0;
}

void reassembly_again(struct detector *d, uint32_t flow, struct reassembly *s, int dir,
		      const struct packet *p)
{
	struct reassembly *o = s->other ? pool_at(&d->reassemblies, s->other) : NULL;
	uint32_t begin, at;

	if (!burst_begin(s, flow_at(&d->flows, flow), dir, &begin))
		return;
	at = p->seq - begin;
	if (at >= s->avail)
		return;
	if (o && p->seq == o->next) { /* the second reading goes on with what the first has */
		o->last = d->packet;
		append(o, p->payload, p->len, p->caplen, true);
		o->next += p->len;
		burst_read_again(d, flow, s);
		return;
	}
	if (!differs(s, at, p) || (o && at < o->len && !differs(o, at, p)))
		return;
	d->stats.tcp_conflicts++;
	read_again(d, flow, s, at, p);
}

static void keep_early(struct reassembly *s, int dir, const struct packet *p,
		       const struct packet_ref *packet)
{
	struct early_segment *o = &s->early[s->early_n++];
	uint32_t n = EARLY_BYTES - s->early_used;

	if (n > p->caplen)
		n = p->caplen;
	*o = (struct early_segment){.packet = *packet,
				    .seq = p->seq,
				    .len = p->len,
				    .avail = n,
				    .at = s->early_used,
				    .dir = (uint8_t)dir};
	memcpy(s->early_buf + s->early_used, p->payload, n);
	s->early_used += n;
}

static void drop_early(struct reassembly *s, unsigned i)
{
	memmove(&s->early[i], &s->early[i + 1], (s->early_n - i - 1U) * sizeof(s->early[0]));
	if (--s->early_n == 0)
		s->early_used = 0;
}

/* The early segment of @dir that comes first. */
static int first_early(const struct reassembly *s, int dir)
{
	int best = -1;

	for (int i = 0; i < s->early_n; i++)
		if (s->early[i].dir == dir &&
		    (best < 0 || (int32_t)(s->early[i].seq - s->early[best].seq) < 0))
			best = i;
	return best;
}

/* An early segment some of whose bytes have come otherwise. */
static void again_early(struct detector *d, uint32_t flow, struct reassembly *s, int dir,
			const struct early_segment *o)
{
	struct packet p = {
		.payload = s->early_buf + o->at, .seq = o->seq, .len = o->len, .caplen = o->avail};

	reassembly_again(d, flow, s, dir, &p);
}

/* Hands over early segments that fit now; with @skip also the first one behind a hole. */
static void drain(struct detector *d, uint32_t flow, struct reassembly *s, int dir, bool skip)
{
	struct flow *f = flow_at(&d->flows, flow);
	int i;

	while ((i = first_early(s, dir)) >= 0) {
		struct early_segment o = s->early[i];
		int32_t behind = (int32_t)(f->seq[dir] - o.seq);
		bool hole = behind < 0;

		if (hole && !skip)
			return;
		skip = false;
		if (hole)
			behind = 0;
		if (behind > 0)
			again_early(d, flow, s, dir, &o);
		drop_early(s, (unsigned)i);
		if ((uint32_t)behind >= o.len)
			continue;
		f->seq[dir] = o.seq + o.len;
		o.avail = o.avail > (uint32_t)behind ? o.avail - (uint32_t)behind : 0;
		deliver(d, flow, s, dir, s->early_buf + o.at + behind, o.len - (uint32_t)behind,
			o.avail, !hole, &o.packet);
	}
}

/* Whether an early segment holds all of this one. */
static bool kept(const struct reassembly *s, int dir, const struct packet *p)
{
	for (unsigned i = 0; i < s->early_n; i++) {
		const struct early_segment *e = &s->early[i];
		uint32_t off = p->seq - e->seq;

		if (e->dir == dir && off <= e->len && p->len <= e->len - off &&
		    (off + p->caplen > e->avail ||
		     !memcmp(s->early_buf + e->at + off, p->payload, p->caplen)))
			return true;
	}
	return false;
}

/* The other side acknowledges the burst up to where its second reading ends: the first was never
 * received, and what comes next is behind the second. */
static void settle_reading(const struct detector *d, struct flow *f, const struct reassembly *s,
			   const struct packet *p)
{
	const struct reassembly *o = pool_at(&d->reassemblies, s->other);

	if ((p->tcp_flags & TH_ACK) && p->ack == o->next)
		f->seq[s->dir] = p->ack;
}

void reassembly_segment(struct detector *d, uint32_t flow, struct reassembly *s, int dir,
			const struct packet *p)
{
	struct flow *f = flow_at(&d->flows, flow);
	uint8_t known = dir ? FLOW_SEQ1 : FLOW_SEQ0;
	int32_t behind = (f->flags & known) ? (int32_t)(f->seq[dir] - p->seq) : 0;
	uint32_t cut;

	f->flags |= known;
	if (s->other && s->open && s->dir != dir)
		settle_reading(d, f, s, p);
	if (behind < 0) {
		if (kept(s, dir, p))
			return;
		if (s->early_n == EARLY_RECORDS) { /* the hole was lost: go on behind it */
			int dirs = first_early(s, dir) >= 0 ? dir : !dir;

			drain(d, flow, s, dirs, true);
			reassembly_segment(d, flow, s, dir, p);
			return;
		}
		keep_early(s, dir, p, &d->packet);
		return;
	}
	cut = (uint32_t)behind;
	if (cut)
		reassembly_again(d, flow, s, dir, p);
	if (cut >= p->len)
		return;
	f->seq[dir] = p->seq + p->len;
	deliver(d, flow, s, dir, p->payload + (cut < p->caplen ? cut : p->caplen), p->len - cut,
		p->caplen > cut ? p->caplen - cut : 0, true, &d->packet);
	drain(d, flow, s, dir, false);
}
