// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reassembly.c - what a TCP flow sends, put in order and cut into message bursts
 *
 * A message burst is what one side sends between two payloads of the other side: segments already
 * seen are dropped, overlaps are trimmed (the copy that came first counts), and early segments are
 * kept until the hole before them is filled. The first BURST_BYTES bytes of a burst can be tested;
 * its length and the ends of its segments are known throughout.
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
#include <string.h>

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

static void deliver(struct detector *d, uint32_t flow, struct reassembly *s, int dir,
		    const uint8_t *data, uint32_t len, uint32_t avail, bool whole,
		    const struct packet_ref *packet)
{
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
	burst_grows(d, flow, s);
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
		uint32_t off = p->seq - s->early[i].seq;

		if (s->early[i].dir == dir && off <= s->early[i].len &&
		    p->len <= s->early[i].len - off)
			return true;
	}
	return false;
}

void reassembly_segment(struct detector *d, uint32_t flow, struct reassembly *s, int dir,
			const struct packet *p)
{
	struct flow *f = flow_at(&d->flows, flow);
	uint8_t known = dir ? FLOW_SEQ1 : FLOW_SEQ0;
	int32_t behind = (f->flags & known) ? (int32_t)(f->seq[dir] - p->seq) : 0;
	uint32_t cut;

	f->flags |= known;
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
	if (cut >= p->len)
		return;
	f->seq[dir] = p->seq + p->len;
	deliver(d, flow, s, dir, p->payload + (cut < p->caplen ? cut : p->caplen), p->len - cut,
		p->caplen > cut ? p->caplen - cut : 0, true, &d->packet);
	drain(d, flow, s, dir, false);
}
