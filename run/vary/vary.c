// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vary.c - metamorphic copies of a capture
 *
 * The whole capture is held in memory (copied.c) and goes through these steps:
 *
 * 1. Messages get lost and come again (losses.c).
 * 2. Messages of free length get another one: UDP (lengths.c), TCP with its numbers (streams.c).
 * 3. Every frame gets a new time (timing.c), and request ids follow the new order (counters.c).
 * 4. Free bytes of every Skype message (payload.c), addresses and ports (addresses.c) change.
 *
 * The copies of one seed differ on purpose: far nodes and short pauses, near nodes and long pauses,
 * and nodes at any distance take turns, so that three copies have tried them all.
 *
 * Limits: packets that are neither IPv4 nor IPv6 are left out. Payloads of fragmented datagrams are
 * not rewritten.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "run/vary/addresses.h"
#include "run/vary/counters.h"
#include "run/vary/lengths.h"
#include "run/vary/losses.h"
#include "run/vary/payload.h"
#include "run/vary/copied.h"
#include "run/vary/streams.h"
#include "run/vary/timing.h"
#include "run/vary/vary.h"

#define YEARS_MAX_S (5 * 31557600LL) /* of the whole capture */
#define LOST	    0.02	     /* share of messages */
#define SCALE_LEAST 0.75	     /* of all times */
#define SCALE_MOST  1.33

struct vary {
	const struct labels *labels;
	struct vary_keys keys;
	struct vary_pace pace;
	struct vary_addresses *addresses;
	struct rng rng;
	bool alone, only;
	const struct vary_change *changed; /* nothing else is done; NULL = all the rest */
	uint64_t rewritten;
	struct copied_capture r;
};

struct vary *vary_new(const struct labels *labels, uint64_t seed, unsigned copy)
{
	static const struct {
		double least, most;
	} pauses[VARY_DISTANCES] = {{0.05, 0.5}, {0.5, 1.25}, {0.05, 1.25}};
	struct vary *v = xcalloc(1, sizeof(*v));
	unsigned kind = copy % VARY_DISTANCES;
	struct rng scale;
	char name[24];

	snprintf(name, sizeof(name), "copy %u", copy);
	rng_init(&v->rng, seed, name);
	snprintf(name, sizeof(name), "scale %u", copy);
	rng_init(&scale, seed, name);
	v->labels = labels;
	v->keys = (struct vary_keys){.seed = rng_u64(&v->rng),
				     .id = (uint16_t)(rng_u32(&v->rng) | 1),
				     .checksum = rng_u32(&v->rng),
				     .challenge = rng_u32(&v->rng)};
	v->addresses = vary_addresses_new(v->keys.seed, false);
	v->pace = (struct vary_pace){
		.seed = rng_u64(&v->rng),
		.offset_ns = (int64_t)(rng_u64(&v->rng) % (uint64_t)(YEARS_MAX_S * 1000000000LL)),
		.scale = SCALE_LEAST + rng_unit(&scale) * (SCALE_MOST - SCALE_LEAST),
		.pause = pauses[kind].least +
			 rng_unit(&v->rng) * (pauses[kind].most - pauses[kind].least),
		.distance = (enum vary_distance)kind,
	};
	return v;
}

struct vary *vary_changed(const struct labels *labels, const struct vary_change *c)
{
	struct vary *v = vary_new(labels, c->seed, 0);

	v->changed = c;
	v->pace.offset_ns = 0;
	return v;
}

void vary_alone(struct vary *v, bool only)
{
	v->alone = true;
	v->only = only;
	if (!only)
		return;
	vary_addresses_free(v->addresses);
	v->addresses = vary_addresses_new(v->keys.seed, true);
	v->pace.offset_ns = 0;
}

void vary_free(struct vary *v)
{
	copied_free(&v->r);
	vary_addresses_free(v->addresses);
	free(v);
}

uint64_t vary_rewritten(const struct vary *v)
{
	return v->rewritten;
}

static void shift16(uint8_t *p, uint16_t by)
{
	uint16_t made = (uint16_t)(get_be16(p) + by);

	put_be16(p, made);
}

static void rewrite_message(struct vary *v, struct copied_frame *f, uint64_t salt)
{
	uint8_t *p = f->data + f->view.payload;

	if (!f->view.payload_len || f->view.fragment || f->view.tuple.proto != IPPROTO_UDP ||
	    !vary_udp(&v->keys, salt, p, f->view.payload_len, vary_address_bytes, v->addresses))
		return;
	shift16(p, f->id_shift);
	if (f->ref_shift)
		shift16(p + 3, f->ref_shift);
	v->rewritten++;
}

/* One end of a frame. */
static struct endpoint new_end(struct vary *v, const struct copied_flow *flow,
			       const struct endpoint *end)
{
	uint32_t of = flow && endpoint_eq(end, &flow->client) ? flow->alone : 0;

	return (struct endpoint){vary_address_of(v->addresses, &end->ip, of),
				 vary_port(v->addresses, end)};
}

static void rewrite_frames(struct vary *v)
{
	for (size_t i = 0; i < v->r.n; i++) {
		struct copied_frame *f = &v->r.frames[i];
		struct endpoint src, dst;

		if (!f->parsed)
			continue;
		if (flow_is_skype(f->flow) && !v->only)
			rewrite_message(v, f, i);
		src = new_end(v, f->flow, &f->view.tuple.src);
		dst = new_end(v, f->flow, &f->view.tuple.dst);
		frame_set(f->data, &f->view, &src, &dst);
	}
}

/* Numbers the pairs of client and node. */
static void number_pairs(struct copied_capture *r)
{
	uint32_t pairs = 0;

	for (struct copied_flow *x = r->flows; x; x = x->hh.next) {
		for (struct copied_flow *y = r->flows; y != x && flow_is_skype(x); y = y->hh.next)
			if (y->alone && ip_eq(&x->client.ip, &y->client.ip) &&
			    ip_eq(&x->server.ip, &y->server.ip))
				x->alone = y->alone;
		if (flow_is_skype(x) && !x->alone)
			x->alone = ++pairs;
	}
}

/* Who opens a TCP connection has a port from its system, unless it is the client's own; so has who
 * speaks with a server, whoever the label says began. */
static void new_ports(struct vary *v)
{
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < labels_count(v->labels); i++) {
			const struct label *l = labels_at(v->labels, i);
			bool tcp = l->tuple.proto == IPPROTO_TCP;
			bool turned = tcp && vary_port_is_fixed(l->tuple.src.port);

			if (l->kind != KIND_POSITIVE)
				continue;
			if (!pass != turned)
				vary_addresses_port(v->addresses, &l->tuple.dst, turned);
			if (pass || !tcp)
				vary_addresses_port(v->addresses, &l->tuple.src, tcp);
		}
	}
}

static void change(struct vary *v)
{
	vary_losses(&v->r, v->labels, LOST, &v->rng);
	vary_lengths(&v->r, &v->rng);
	v->rewritten += vary_connections(&v->r, &v->keys, &v->rng);
	vary_timing(&v->r, &v->pace);
	vary_counters(&v->r);
	new_ports(v);
}

/* One change; then the checksums. */
static void make_change(struct vary *v)
{
	for (size_t i = 0; i < v->r.n; i++)
		v->r.frames[i].ts_ns = v->r.frames[i].was_ns;
	v->rewritten = change_capture(&v->r, v->changed);
	for (size_t i = 0; i < v->r.n; i++) {
		struct copied_frame *f = &v->r.frames[i];
		struct endpoint src = f->view.tuple.src, dst = f->view.tuple.dst;

		if (f->parsed && flow_is_skype(f->flow))
			frame_set(f->data, &f->view, &src, &dst);
	}
}

int vary_capture(struct vary *v, const char *in, int fd, struct err *e)
{
	if (copied_read(&v->r, in, e) < 0)
		return -1;
	copied_index(&v->r, v->labels);
	if (v->changed) {
		make_change(v);
		return copied_write(&v->r, fd, e);
	}
	if (v->only)
		for (size_t i = 0; i < v->r.n; i++)
			v->r.frames[i].ts_ns = v->r.frames[i].was_ns;
	else
		change(v);
	if (v->alone)
		number_pairs(&v->r);
	rewrite_frames(v);
	if (vary_addresses_full(v->addresses))
		return err_set(e,
			       "%s: a copy needs more private networks than IPv4 has; cut the "
			       "capture into parts",
			       in);
	return copied_write(&v->r, fd, e);
}

/* The frame of the copy that a detection came with, or the last one before it. */
static const struct copied_frame *frame_of(const struct vary *v, const struct detection *d)
{
	size_t lo = 0, hi = v->r.n;

	if (d->packet && d->packet <= v->r.n)
		return &v->r.frames[d->packet - 1];
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->r.frames[mid].ts_ns <= d->ts_ns)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &v->r.frames[lo - 1] : NULL;
}

void vary_restore(const struct vary *v, struct detection *d)
{
	struct endpoint client = {.ip = d->client};
	const struct copied_frame *f = frame_of(v, d);

	if (!v->changed) {
		vary_addresses_restore(v->addresses, &d->tuple.src);
		vary_addresses_restore(v->addresses, &d->tuple.dst);
		vary_addresses_restore(v->addresses, &d->sn);
		vary_addresses_restore(v->addresses, &client);
		d->client = client.ip;
	}
	d->ts_ns = f ? f->was_ns + (d->ts_ns - f->ts_ns) : d->ts_ns - (uint64_t)v->pace.offset_ns;
	d->packet = f && d->packet ? f->order + 1 : 0;
}
