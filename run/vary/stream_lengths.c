// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stream_lengths.c - messages over TCP whose length Skype leaves free
 *
 * A message is what one end sends before the other speaks; only those that are one segment are
 * changed. Free are:
 * - padding of the first messages of 7.x, 48 bytes and a pad that follows its recurrence: 6 to 63
 *   bytes of pad (protocol: 0 to 63; one too short to show the recurrence would be another message)
 * - padding of a greeting that has some (15 + n; 2.0 and every super node): 18 to 73 bytes. The
 *   high halves that repeat after ten bytes still do.
 * - the handshake with a super node: T2 of 22 to 29 bytes, T3 above 57 and not 339, T4 of 4, 15, 16
 *   or 17 (sections 5.2.2 and 6 of NGNI-SKYPE-06b)
 * - the last record of the login, with its length field
 *
 * Fixed: T1 of 14 bytes and R1 of 16 (1.4), the fake TLS hellos, the pairs of 5 bytes, HTTP.
 */
#include <string.h>

#include "base/bytes.h"
#include "run/vary/stream_lengths.h"

#define TURNS 10

/* One message of the beginning. */
struct turn {
	int side;
	size_t at, n;
	bool whole; /* one segment */
};

static int turns_of(const struct copied_capture *r, const struct copied_flow *flow,
		    const struct stream_side side[2], struct turn t[TURNS])
{
	size_t next[2] = {0, 0};
	int n = 0;

	for (size_t i = 0; i < flow->n; i++) {
		const struct copied_frame *f = &r->frames[flow->frames[i]];
		int k = f->from_client ? 0 : 1;
		size_t at = f->view.seq - side[k].isn;

		if (!f->view.payload_len || (f->view.tcp_flags & 0x02) || at != next[k])
			continue;
		next[k] = at + f->view.payload_len;
		if (n && t[n - 1].side == k) {
			t[n - 1].n += f->view.payload_len;
			t[n - 1].whole = false;
		} else if (n == TURNS) {
			break;
		} else {
			t[n++] = (struct turn){k, at, f->view.payload_len, f->view.whole};
		}
	}
	return n;
}

/* Whether every segment that touches the message is the message. */
static bool one_segment(const struct copied_capture *r, const struct copied_flow *flow,
			const struct stream_side side[2], const struct turn *t)
{
	for (size_t i = 0; i < flow->n; i++) {
		const struct copied_frame *f = &r->frames[flow->frames[i]];
		size_t at = f->view.seq - side[t->side].isn;

		if ((f->from_client ? 0 : 1) != t->side || !f->view.payload_len ||
		    at + f->view.payload_len <= t->at || at >= t->at + t->n || at > 0x7fffffff)
			continue;
		if (at != t->at || f->view.payload_len != t->n || !f->view.whole)
			return false;
	}
	return t->whole;
}

static struct stream_edit *edit(struct stream_side side[2], const struct turn *t, size_t n,
				struct rng *rng)
{
	struct stream_side *s = &side[t->side];
	struct stream_edit *e = &s->edits[s->edits_n];

	if (n == t->n || s->edits_n == STREAM_EDITS || n > t->n + EDIT_BYTES)
		return NULL;
	for (int i = 0; i < s->edits_n; i++)
		if (s->edits[i].end == t->at + t->n)
			return NULL;
	e->end = t->at + t->n;
	e->by = (int)n - (int)t->n;
	if (e->by > 0)
		rng_fill(rng, e->bytes, (size_t)e->by);
	s->edits_n++;
	return e;
}

static uint8_t pad_next(uint8_t x)
{
	return (uint8_t)(0xcd * x + 0x71);
}

/* 48 bytes and a pad that shows its recurrence. */
static bool has_pad(const struct vary_stream *s, const struct turn *t)
{
	if (t->at || t->n < 48 + 3 || t->n > 48 + 63 || s->n < t->n)
		return false;
	for (size_t i = 49; i < t->n; i++)
		if (s->old[i] != pad_next(s->old[i - 1]))
			return false;
	return true;
}

/* The same with a pad too short to show it, where the other side's message @other has one. */
static bool has_short_pad(const struct stream_side side[2], const struct turn *t,
			  const struct turn *other)
{
	return !t->at && t->n >= 48 && t->n < 48 + 3 && other->side != t->side &&
	       has_pad(side[other->side].stream, other);
}

static void edit_pad(struct stream_side side[2], const struct turn *t, struct rng *rng)
{
	const uint8_t *new = side[t->side].stream->new;
	struct stream_edit *e = edit(side, t, 48 + rng_range(rng, 6, 63), rng);
	uint8_t x = new[t->n - 1];

	for (int i = 0; e && i < e->by; i++)
		x = e->bytes[i] = pad_next(x);
}

/* The key stream of bytes 4 to 13 is used again from byte 14 on, and what it hides there has no
 * high halves: high halves of added bytes equal those ten bytes before. */
static void edit_greeting(struct stream_side side[2], const struct turn *t, struct rng *rng)
{
	const uint8_t *new = side[t->side].stream->new;
	struct stream_edit *e = edit(side, t, rng_range(rng, 18, 73), rng);

	for (int i = 0; e && i < e->by; i++) {
		size_t at = t->n + (size_t)i, back = at - 10;

		if (at < 24)
			e->bytes[i] = (uint8_t)((back < t->n ? new[back] : e->bytes[i - 10]) ^
						(e->bytes[i] & 0x0f));
	}
}

static bool is_t4(size_t n)
{
	return n == 4 || (n >= 15 && n <= 17);
}

static void edit_handshake(struct stream_side side[2], const struct turn t[3], const bool one[3],
			   struct rng *rng)
{
	static const size_t t4[] = {4, 15, 16, 17};
	size_t n = rng_range(rng, 58, 700);

	if (one[0])
		edit(side, &t[0], rng_range(rng, 22, 29), rng);
	if (one[1])
		edit(side, &t[1], n == 339 ? 340 : n, rng);
	if (one[2])
		edit(side, &t[2], t4[rng_range(rng, 0, 3)], rng);
}

/* The last record of the message, when it is cipher text of a login: its length field is @*field. */
static size_t last_record(const struct vary_stream *s, const struct turn *t, size_t *field)
{
	size_t at = t->at, end = t->at + t->n, len = 0;

	if (end > s->n)
		return 0;
	while (at + 5 <= end && (s->old[at] == 0x16 || s->old[at] == 0x17)) {
		*field = at + 3;
		len = get_be16(s->old + at + 3);
		at += 5 + len;
	}
	return at == end && s->old[*field - 3] == 0x17 ? len : 0;
}

static void edit_login(struct stream_side side[2], const struct turn *t, struct rng *rng)
{
	struct vary_stream *s = side[t->side].stream;
	size_t field = 0, len = last_record(s, t, &field), made;

	if (len < 100)
		return;
	made = len - len / 10 + rng_range(rng, 0, (uint32_t)len / 5);
	if (edit(side, t, t->n - len + made, rng))
		put_be16(s->new + field, (unsigned)made);
}

static bool is_tls_like(const struct vary_stream *s)
{
	return s->n >= 2 &&
	       ((s->old[0] == 0x16 && s->old[1] == 3) || (s->old[0] == 0x17 && s->old[1] == 3) ||
		(s->old[0] == 0x80 && s->old[1] == 0x46));
}

void stream_lengths(const struct copied_capture *r, const struct copied_flow *flow,
		    struct stream_side side[2], struct rng *rng)
{
	const struct vary_stream *c = side[0].stream, *s = side[1].stream;
	bool records = is_tls_like(c) || is_tls_like(s), one[TURNS];
	struct turn t[TURNS];
	int n;

	/* Bytes that payload.c left alone are not understood. */
	if (!c->begun || (!c->opaque && !s->opaque && !records))
		return;
	n = turns_of(r, flow, side, t);
	for (int i = 0; i < n; i++)
		one[i] = one_segment(r, flow, side, &t[i]);
	for (int i = 0; i < n && i < 2; i++) {
		if (!one[i] || records || t[i].at)
			continue;
		if (has_pad(side[t[i].side].stream, &t[i]) ||
		    (n > 1 && has_short_pad(side, &t[i], &t[!i])))
			edit_pad(side, &t[i], rng);
		else if (t[i].n >= 18 && t[i].n <= 73 && side[t[i].side].stream->opaque)
			edit_greeting(side, &t[i], rng);
	}
	for (int i = 0; i < n && records; i++)
		if (one[i])
			edit_login(side, &t[i], rng);
	for (int i = 1; i + 2 < n && !has_pad(c, &t[0]); i++) {
		if (t[i].side == 0 && t[i].n >= 22 && t[i].n <= 29 && t[i + 1].n > 57 &&
		    t[i + 1].n != 339 && is_t4(t[i + 2].n)) {
			edit_handshake(side, &t[i], &one[i], rng);
			break;
		}
	}
}

void stream_pad(const struct copied_capture *r, const struct copied_flow *flow,
		struct stream_side side[2], int by, struct rng *rng)
{
	struct turn t[TURNS];
	int n = turns_of(r, flow, side, t);

	for (int i = 0; i < n; i++)
		if (one_segment(r, flow, side, &t[i]))
			edit(side, &t[i], t[i].n + (size_t)by, rng);
}
