// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * streams.c - the TCP connections of Skype in a copy
 *
 * Both directions are put together from their segments, in so far as they follow one another from
 * the start. payload.c rewrites their bytes. Then messages of free length become longer or shorter
 * at their end (stream_lengths.c), and every sequence and acknowledgement number behind that place
 * moves.
 *
 * Limits: SACK options are not moved. A message is changed only where it is one segment, in its
 * first sending and in every other.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "run/vary/stream_lengths.h"
#include "run/vary/streams.h"

struct connection {
	struct copied_flow *flow;
	struct stream_side side[2]; /* 0: the client's */
};

/* Offset of a sequence number in its direction. */
static uint32_t offset_of(const struct stream_side *s, uint32_t seq)
{
	return seq - s->isn;
}

/* Collects the beginning of each direction from its segments. */
static void gather(struct connection *c, const struct copied_frame *f)
{
	struct stream_side *side = &c->side[f->from_client ? 0 : 1];
	struct vary_stream *s = side->stream;
	size_t at, n = f->view.payload_len;

	if (f->view.tcp_flags & 0x02) { /* SYN */
		side->isn = f->view.seq + 1;
		side->seen = true;
		s->begun = true;
		return;
	}
	if (!n)
		return;
	if (!side->seen) {
		side->isn = f->view.seq;
		side->seen = true;
	}
	at = offset_of(side, f->view.seq);
	if (at == 0 && !s->first)
		s->first = n;
	/* Only bytes that continue the beginning: after a gap nothing is understood. */
	if (at <= s->n && at + n > s->n && s->n < VARY_HEAD) {
		size_t skip = s->n - at;

		n = n - skip < VARY_HEAD - s->n ? n - skip : VARY_HEAD - s->n;
		memcpy(s->old + s->n, f->data + f->view.payload + skip, n);
		s->n += n;
	}
}

static bool rewrite(const struct vary_keys *k, const struct stream_side *side,
		    struct copied_frame *f)
{
	size_t at = offset_of(side, f->view.seq);
	bool changed = false;

	if (!side->stream->begun || at > 0x7fffffff)
		return false;
	for (size_t i = 0; i < f->view.payload_len; i++) {
		uint8_t *p = f->data + f->view.payload + i, was = *p;

		*p = vary_stream_byte(k, side->stream, at + i, was);
		changed |= *p != was;
	}
	return changed;
}

static void resize(const struct stream_side *side, struct copied_frame *f)
{
	size_t end = offset_of(side, f->view.seq) + f->view.payload_len;
	uint8_t *added;

	if (!f->view.payload_len || (f->view.tcp_flags & 0x02))
		return;
	for (int i = 0; i < side->edits_n; i++) {
		const struct stream_edit *e = &side->edits[i];

		if (e->end != end)
			continue;
		added = copied_resize(f, e->by);
		if (added && e->by > 0)
			memcpy(added, e->bytes, (size_t)e->by);
		return;
	}
}

/* A sequence number of the recording in the copy. */
static uint32_t moved(const struct stream_side *side, uint32_t seq)
{
	uint32_t at = offset_of(side, seq), by = 0;

	if (!side->seen || at > 0x7fffffff)
		return seq;
	for (int i = 0; i < side->edits_n; i++)
		by += side->edits[i].end <= at ? (uint32_t)side->edits[i].by : 0;
	return seq + by;
}

static void renumber(const struct connection *c, struct copied_frame *f)
{
	const struct stream_side *own = &c->side[f->from_client ? 0 : 1];
	const struct stream_side *other = &c->side[f->from_client ? 1 : 0];
	uint8_t *tcp = f->data + f->view.transport;

	put_be32(tcp + 4, moved(own, f->view.seq));
	if (f->view.tcp_flags & 0x10)
		put_be32(tcp + 8, moved(other, f->view.ack));
}

static struct connection *connection_new(struct copied_flow *flow)
{
	struct connection *c = xcalloc(1, sizeof(*c));
	uint64_t salt = fnv1a(&flow->key, sizeof(flow->key));

	c->flow = flow;
	for (uint64_t i = 0; i < 2; i++) {
		c->side[i].stream = xcalloc(1, sizeof(*c->side[i].stream));
		c->side[i].stream->salt = salt + i * 0x51ed2701;
	}
	return c;
}

static void connection_free(struct connection *c)
{
	free(c->side[0].stream);
	free(c->side[1].stream);
	free(c);
}

static uint64_t vary_connection(struct copied_capture *r, struct copied_flow *flow,
				const struct vary_keys *k, struct rng *rng)
{
	struct connection *c = connection_new(flow);
	struct vary_stream *client = c->side[0].stream, *server = c->side[1].stream;
	uint64_t changed = 0;

	for (size_t i = 0; i < flow->n; i++)
		gather(c, &r->frames[flow->frames[i]]);
	client->begun = server->begun = client->begun || server->begun;
	/* The label says who began. */
	if (endpoint_eq(&flow->label->tuple.src, &flow->client))
		vary_streams(k, client, server);
	else
		vary_streams(k, server, client);
	stream_lengths(r, flow, c->side, rng);
	for (size_t i = 0; i < flow->n; i++) {
		struct copied_frame *f = &r->frames[flow->frames[i]];
		const struct stream_side *side = &c->side[f->from_client ? 0 : 1];

		changed += rewrite(k, side, f);
		resize(side, f);
		renumber(c, f);
	}
	connection_free(c);
	return changed;
}

uint64_t vary_connections(struct copied_capture *r, const struct vary_keys *k, struct rng *rng)
{
	uint64_t changed = 0;

	for (struct copied_flow *flow = r->flows; flow; flow = flow->hh.next)
		if (flow_is_skype(flow) && flow->key.proto == IPPROTO_TCP)
			changed += vary_connection(r, flow, k, rng);
	return changed;
}

/* Noise in the first @n bytes of a direction; sent again, they are the same. */
static bool cover(const struct stream_side *side, struct copied_frame *f, size_t n, uint64_t seed)
{
	size_t at = offset_of(side, f->view.seq), i = 0;

	if (!side->stream->begun || at >= n)
		return false;
	for (; i < f->view.payload_len && at + i < n; i++)
		f->data[f->view.payload + i] = (uint8_t)rng_mix(seed + side->stream->salt + at + i);
	return i > 0;
}

static uint64_t change_connection(struct copied_capture *r, struct copied_flow *flow, int pad,
				  size_t mask, struct rng *rng)
{
	struct connection *c = connection_new(flow);
	uint64_t changed = 0, seed = rng_u64(rng);

	for (size_t i = 0; i < flow->n; i++)
		gather(c, &r->frames[flow->frames[i]]);
	if (pad && c->side[0].stream->begun && c->side[1].stream->begun)
		stream_pad(r, flow, c->side, pad, rng);
	for (size_t i = 0; i < flow->n; i++) {
		struct copied_frame *f = &r->frames[flow->frames[i]];
		const struct stream_side *side = &c->side[f->from_client ? 0 : 1];
		size_t was = f->view.payload_len;

		if (mask && !(f->view.tcp_flags & 0x02))
			changed += cover(side, f, mask, seed);
		resize(side, f);
		changed += f->view.payload_len != was;
		renumber(c, f);
	}
	connection_free(c);
	return changed;
}

uint64_t change_connections(struct copied_capture *r, int pad, size_t mask, struct rng *rng)
{
	uint64_t changed = 0;

	for (struct copied_flow *flow = r->flows; flow; flow = flow->hh.next)
		if (flow_is_skype(flow) && flow->key.proto == IPPROTO_TCP)
			changed += change_connection(r, flow, pad, mask, rng);
	return changed;
}
