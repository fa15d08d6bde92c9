// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reassembly.c - what a TCP flow says, in turns
 *
 * A turn is what one side sends between two payloads of the other side, put in order: segments
 * already seen are dropped, overlaps trimmed (the copy that came first counts), early segments
 * kept until the hole before them is filled. The first TURN_BYTES bytes of a turn can be tested;
 * its length and the ends of its segments are known throughout. A hole that is not filled when
 * the records are full was lost by the capture: the bytes behind it cannot be tested, their number
 * still counts.
 *
 * Only flows that a rule is interested in have a struct stream; the sequence numbers are kept in
 * the flow itself, so a stream can begin at any segment.
 */
#include <string.h>

#include "detector/engine/engine.h"

static void append(struct stream *s, const uint8_t *data, uint32_t len, uint32_t avail, bool whole)
{
	bool joined = whole && s->avail == s->len;

	if (joined) {
		uint32_t room = TURN_BYTES - s->avail, n = avail < room ? avail : room;

		memcpy(s->buf + s->avail, data, n);
		s->avail += n;
	}
	s->len = s->len + len < s->len ? UINT32_MAX : s->len + len;
	if (s->bounds_n == TURN_BOUNDS)
		s->bounds_n--; /* the last one stands for the rest of the turn */
	s->bounds[s->bounds_n++] = s->len;
}

static void deliver(struct detector *d, uint32_t flow, struct stream *s, int dir,
		    const uint8_t *data, uint32_t len, uint32_t avail, bool whole,
		    const struct mark *mark)
{
	if (s->open && s->dir != dir)
		stream_ends(d, flow, s);
	if (!s->open || s->dir != dir) {
		s->open = s->fresh = true;
		s->dir = (uint8_t)dir;
		s->len = s->avail = 0;
		s->bounds_n = 0;
	}
	s->last = *mark;
	append(s, data, len, avail, whole);
	stream_grows(d, flow, s);
}

static void keep_early(struct stream *s, int dir, const struct packet *p, const struct mark *mark)
{
	struct ooo *o = &s->ooo[s->ooo_n++];
	uint32_t n = OOO_BYTES - s->ooo_used;

	if (n > p->caplen)
		n = p->caplen;
	*o = (struct ooo){.mark = *mark,
			  .seq = p->seq,
			  .len = p->len,
			  .avail = n,
			  .at = s->ooo_used,
			  .dir = (uint8_t)dir};
	memcpy(s->early + s->ooo_used, p->payload, n);
	s->ooo_used += n;
}

static void drop_early(struct stream *s, unsigned i)
{
	memmove(&s->ooo[i], &s->ooo[i + 1], (s->ooo_n - i - 1U) * sizeof(s->ooo[0]));
	if (--s->ooo_n == 0)
		s->ooo_used = 0;
}

/* The early segment of @dir that comes first. */
static int first_early(const struct stream *s, int dir)
{
	int best = -1;

	for (int i = 0; i < s->ooo_n; i++)
		if (s->ooo[i].dir == dir &&
		    (best < 0 || (int32_t)(s->ooo[i].seq - s->ooo[best].seq) < 0))
			best = i;
	return best;
}

/* Hands over early segments that fit now; with @skip also the first one behind a hole. */
static void drain(struct detector *d, uint32_t flow, struct stream *s, int dir, bool skip)
{
	struct flow *f = flow_at(&d->flows, flow);
	int i;

	while ((i = first_early(s, dir)) >= 0) {
		struct ooo o = s->ooo[i];
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
		deliver(d, flow, s, dir, s->early + o.at + behind, o.len - (uint32_t)behind,
			o.avail, !hole, &o.mark);
	}
}

/* Whether an early segment holds all of this one. */
static bool kept(const struct stream *s, int dir, const struct packet *p)
{
	for (unsigned i = 0; i < s->ooo_n; i++) {
		uint32_t off = p->seq - s->ooo[i].seq;

		if (s->ooo[i].dir == dir && off <= s->ooo[i].len && p->len <= s->ooo[i].len - off)
			return true;
	}
	return false;
}

void stream_segment(struct detector *d, uint32_t flow, struct stream *s, int dir,
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
		if (s->ooo_n == OOO_RECORDS) { /* the hole was lost: go on behind it */
			int dirs = first_early(s, dir) >= 0 ? dir : !dir;

			drain(d, flow, s, dirs, true);
			stream_segment(d, flow, s, dir, p);
			return;
		}
		keep_early(s, dir, p, &d->mark);
		return;
	}
	cut = (uint32_t)behind;
	if (cut >= p->len)
		return;
	f->seq[dir] = p->seq + p->len;
	deliver(d, flow, s, dir, p->payload + (cut < p->caplen ? cut : p->caplen), p->len - cut,
		p->caplen > cut ? p->caplen - cut : 0, true, &d->mark);
	drain(d, flow, s, dir, false);
}
