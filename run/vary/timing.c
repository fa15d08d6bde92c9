// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * timing.c - when each frame of a copy is seen
 *
 * Round trips, their jitter, the pauses between exchanges and, by them, the order of flows are free.
 * What causes what is not, nor are the protocol's own timers. The frames go by once, in recorded
 * order, and each gets the time of what it follows plus a gap:
 *
 *	an answer		the message before it of its flow, plus the node's new round trip
 *				(what the recording has beyond its shortest one stays, and 10 % jitter)
 *	a reaction		what came in within 50 ms before it on its flow, or 5 ms on any flow
 *				of the client, plus the same gap (a refused probe's next one)
 *	a message sent again	its first sending, plus the same gap
 *	a request while one of	the message before it, plus the same gap: the repeats of both may
 *	its flow is unanswered	cross
 *	a flow's first message	what the client got from that host, or within a second from any; and
 *				as all else
 *	all else of a client	the client's message before it, plus the gap, of which the part above
 *				100 ms is a pause and is multiplied
 *	all else of a node	as if the client had sent it
 *	flows without Skype	the same, moved by up to a second: they depend on nothing of Skype's
 *
 * At last all times of the copy are stretched or pressed together, as a hurried replay would.
 *
 * Frames of a flow keep their order. Probes that are sent in one moment are shuffled. A flow is one
 * of turns for its first 64 frames; what comes then, and calls (function d), is a stream that
 * moves as it is.
 *
 * Limit: the capture is taken near the client, so round trips are seen after the client's messages.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/rng.h"
#include "run/vary/timing.h"

#define MS	      1000000LL
#define TURNS_MAX     64
#define ANSWER_MAX    (3000 * MS) /* later, it answers nothing */
#define AGAIN_MAX     (12000 * MS)
#define ANSWER_NEW    (1900 * MS) /* before a request is sent again */
#define REACTION      (50 * MS)
#define REACTION_FAR  (5 * MS)
#define OPENING	      (1000 * MS)
#define PAUSE	      (100 * MS)
#define BURST	      (8 * MS)
#define SHIFT_MAX     (1000 * MS)
#define REQUESTS_KEPT 8

/* A moment in the recording and in the copy. */
struct moment {
	int64_t was, ts;
};

/* One Skype client: its last message, and the last one it got. */
struct pacing_client {
	struct ip ip;
	struct moment sent, got;
	bool has_sent, has_got;
	UT_hash_handle hh;
};

/* The last message a client got from a host. */
struct pacing_pair {
	struct ip ends[2]; /* client, node */
	struct moment got;
	UT_hash_handle hh;
};

/* What a flow has come to. */
struct pacing_flow {
	const struct copied_flow *flow;
	struct pacing_client *client; /* NULL: not Skype */
	struct moment last;
	size_t seen, kept;
	bool last_from_client;
	int64_t shift;		 /* of a flow without Skype */
	int64_t burst;		 /* its first message moved by this among those of one moment */
	int64_t rtt_was, rtt_ts; /* shortest round trip recorded; that of the copy */
	struct {
		uint32_t id; /* request id or sequence number */
		struct moment at;
	} sent[REQUESTS_KEPT];
	UT_hash_handle hh;
};

struct pacer {
	struct copied_capture *r;
	const struct vary_pace *pace;
	struct pacing_client *clients;
	struct pacing_flow *flows;
	struct pacing_pair *pairs;
	struct moment any; /* of any client */
	bool begun;
	struct rng rng;
};

static int64_t paused(const struct pacer *p, int64_t gap)
{
	return gap <= PAUSE ? gap : PAUSE + (int64_t)((double)(gap - PAUSE) * p->pace->pause);
}

/* A node's round trip in the copy: the same for all its flows. */
static int64_t new_round_trip(const struct pacer *p, const struct ip *node)
{
	static const struct {
		uint32_t lo, hi;
	} ms[VARY_DISTANCES] = {{350, 1300}, {5, 60}, {20, 600}};
	struct rng r;

	rng_init(&r, fnv1a_more(p->pace->seed, node->b, sizeof(node->b)), "round trip");
	return MS * rng_range(&r, ms[p->pace->distance].lo, ms[p->pace->distance].hi);
}

static int64_t recorded_round_trip(const struct copied_capture *r, const struct copied_flow *flow)
{
	int64_t least = ANSWER_MAX;

	for (size_t i = 1; i < flow->n && i < TURNS_MAX; i++) {
		const struct copied_frame *a = &r->frames[flow->frames[i - 1]];
		const struct copied_frame *b = &r->frames[flow->frames[i]];
		int64_t gap = (int64_t)(b->was_ns - a->was_ns);

		if (a->from_client && !b->from_client && gap < least)
			least = gap;
	}
	return least;
}

static struct pacing_client *client_of(struct pacer *p, const struct ip *ip)
{
	struct pacing_client *c;

	HASH_FIND(hh, p->clients, ip, sizeof(*ip), c);
	if (!c) {
		c = xcalloc(1, sizeof(*c));
		c->ip = *ip;
		HASH_ADD(hh, p->clients, ip, sizeof(c->ip), c);
	}
	return c;
}

static struct pacing_flow *flow_of(struct pacer *p, const struct copied_flow *flow)
{
	struct pacing_flow *x;
	struct rng r;

	HASH_FIND(hh, p->flows, &flow, sizeof(flow), x);
	if (x)
		return x;
	x = xcalloc(1, sizeof(*x));
	x->flow = flow;
	if (flow_is_skype(flow)) {
		x->client = client_of(p, &flow->client.ip);
		x->rtt_was = recorded_round_trip(p->r, flow);
		x->rtt_ts = new_round_trip(p, &flow->server.ip);
	} else if (flow->label) {
		rng_init(&r, fnv1a_more(p->pace->seed, &flow->key, sizeof(flow->key)), "shift");
		x->shift = (int64_t)rng_range(&r, 0, 2 * SHIFT_MAX - 1) - SHIFT_MAX;
	}
	HASH_ADD(hh, p->flows, flow, sizeof(x->flow), x);
	return x;
}

static bool is_request(const struct copied_frame *f)
{
	return f->view.tuple.proto == IPPROTO_UDP && f->view.payload_len >= 3 &&
	       f->data[f->view.payload + 2] == 0x02;
}

static bool is_stream(const struct pacing_flow *x, const struct copied_frame *f)
{
	return x->seen >= TURNS_MAX ||
	       (f->view.tuple.proto == IPPROTO_UDP && f->view.payload_len >= 3 &&
		(f->data[f->view.payload + 2] & 0x8f) == 0x0d);
}

/* What a message sent again has in common with its first sending: of a request the checksum, since
 * clients of 2014 give each sending the next id. */
static uint32_t name_of(const struct copied_frame *f)
{
	const uint8_t *p = f->data + f->view.payload;

	if (f->view.tuple.proto != IPPROTO_UDP)
		return f->view.seq;
	return f->view.payload_len >= 11 ? get_be32(p + 7) : get_be16(p);
}

/* What may be sent again: a request; a segment with payload or SYN. */
static bool may_repeat(const struct copied_frame *f)
{
	return f->view.tuple.proto == IPPROTO_UDP
		       ? is_request(f)
		       : f->view.payload_len || (f->view.tcp_flags & 0x02);
}

static const struct moment *first_sending(const struct pacing_flow *x, const struct copied_frame *f)
{
	for (size_t i = 0; i < REQUESTS_KEPT && may_repeat(f); i++)
		if (x->sent[i].at.was && x->sent[i].id == name_of(f) &&
		    (int64_t)f->was_ns - x->sent[i].at.was < AGAIN_MAX)
			return &x->sent[i].at;
	return NULL;
}

/* After the client's last message, or what any client sent last. */
static int64_t in_pace(const struct pacer *p, const struct pacing_client *c, int64_t was)
{
	const struct moment *m = c && c->has_sent ? &c->sent : p->begun ? &p->any : NULL;

	return m ? m->ts + paused(p, was - m->was) : was + p->pace->offset_ns;
}

static struct pacing_pair *pair_of(struct pacer *p, const struct copied_flow *flow)
{
	struct ip ends[2];
	struct pacing_pair *x;

	memset(ends, 0, sizeof(ends));
	ends[0] = flow->client.ip;
	ends[1] = flow->server.ip;
	HASH_FIND(hh, p->pairs, ends, sizeof(ends), x);
	if (!x) {
		x = xcalloc(1, sizeof(*x));
		memcpy(x->ends, ends, sizeof(ends));
		HASH_ADD(hh, p->pairs, ends, sizeof(x->ends), x);
	}
	return x;
}

/* A flow opens after what the client had got by then: from that host, or from any just before. */
static int64_t time_of_opening(struct pacer *p, struct pacing_flow *x, const struct copied_frame *f)
{
	int64_t was = (int64_t)f->was_ns, ts = in_pace(p, x->client, was), least;
	const struct moment *host = &pair_of(p, x->flow)->got, *any = &x->client->got;

	if (x->client->has_got && was - any->was <= OPENING) {
		least = any->ts + was - any->was;
		ts = ts > least ? ts : least;
	}
	if (host->was) {
		least = host->ts + paused(p, was - host->was);
		ts = ts > least ? ts : least;
	}
	x->burst = is_request(f) ? (int64_t)rng_range(&p->rng, 0, BURST) : 0;
	return ts + x->burst;
}

static int64_t time_of_client(struct pacer *p, struct pacing_flow *x, const struct copied_frame *f,
			      const struct moment *first)
{
	int64_t was = (int64_t)f->was_ns;
	const struct pacing_client *c = x->client;

	if (f->again_ns)
		return x->last.ts + (int64_t)f->again_ns;
	if (is_stream(x, f))
		return in_pace(p, c, was);
	if (first)
		return first->ts + was - first->was;
	if (x->seen && !x->last_from_client && was - x->last.was <= REACTION)
		return x->last.ts + was - x->last.was;
	if (x->seen && x->last_from_client && is_request(f) && was - x->last.was < AGAIN_MAX)
		return x->last.ts + was - x->last.was;
	if (!x->seen)
		return time_of_opening(p, x, f);
	if (c->has_got && was - c->got.was <= REACTION_FAR)
		return c->got.ts + was - c->got.was;
	return in_pace(p, c, was);
}

static int64_t time_of_node(struct pacer *p, struct pacing_flow *x, const struct copied_frame *f)
{
	int64_t was = (int64_t)f->was_ns, gap = was - x->last.was, made;

	if (f->again_ns)
		return x->last.ts + (int64_t)f->again_ns;
	if (!x->seen || gap > ANSWER_MAX || is_stream(x, f))
		return in_pace(p, x->client, was);
	if (!x->last_from_client)
		return x->last.ts + gap;
	made = gap - x->rtt_was + (int64_t)((double)x->rtt_ts * (1 + rng_unit(&p->rng) / 10));
	if (made > ANSWER_NEW)
		made = gap > ANSWER_NEW ? gap : ANSWER_NEW;
	return x->last.ts + made;
}

/* What the client's next messages follow. A message sent again is none of it. */
static void note_client(struct pacer *p, struct pacing_flow *x, const struct copied_frame *f,
			bool again)
{
	struct moment now = {(int64_t)f->was_ns, (int64_t)f->ts_ns};
	struct pacing_client *c = x->client;

	if (!f->from_client) {
		c->got = pair_of(p, x->flow)->got = now;
		c->has_got = true;
		return;
	}
	if (again)
		return;
	if (may_repeat(f)) {
		x->sent[x->kept % REQUESTS_KEPT].id = name_of(f);
		x->sent[x->kept++ % REQUESTS_KEPT].at = now;
	}
	now.ts -= x->seen ? 0 : x->burst; /* what follows is in the pace of the unmoved */
	p->any = c->sent = now;
	p->begun = c->has_sent = true;
}

static void frame_time(struct pacer *p, struct copied_frame *f)
{
	struct pacing_flow *x = f->flow ? flow_of(p, f->flow) : NULL;
	const struct moment *first = NULL;
	int64_t ts;

	if (!x || !x->client) {
		ts = in_pace(p, NULL, (int64_t)f->was_ns) + (x ? x->shift : 0);
	} else if (f->from_client) {
		first = is_stream(x, f) ? NULL : first_sending(x, f);
		ts = time_of_client(p, x, f, first);
	} else {
		ts = time_of_node(p, x, f);
	}
	if (x && x->seen && ts <= x->last.ts)
		ts = x->last.ts + 1000;
	f->ts_ns = (uint64_t)ts;
	if (!x)
		return;
	if (x->client)
		note_client(p, x, f, first || f->again_ns);
	x->last = (struct moment){(int64_t)f->was_ns, ts};
	x->last_from_client = f->from_client;
	x->seen++;
}

static void scale_times(struct copied_capture *r, double scale)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < r->n; i++)
		if ((int64_t)r->frames[i].ts_ns < first)
			first = (int64_t)r->frames[i].ts_ns;
	for (size_t i = 0; i < r->n; i++) {
		int64_t after = (int64_t)r->frames[i].ts_ns - first;

		r->frames[i].ts_ns = (uint64_t)(first + (int64_t)((double)after * scale));
	}
}

void vary_timing(struct copied_capture *r, const struct vary_pace *pace)
{
	struct pacer p = {.r = r, .pace = pace};
	struct pacing_client *c, *cn;
	struct pacing_flow *x, *xn;
	struct pacing_pair *y, *yn;

	rng_init(&p.rng, pace->seed, "timing");
	for (size_t i = 0; i < r->n; i++)
		frame_time(&p, &r->frames[i]);
	if (pace->scale > 0)
		scale_times(r, pace->scale);
	HASH_ITER (hh, p.clients, c, cn) {
		HASH_DEL(p.clients, c);
		free(c);
	}
	HASH_ITER (hh, p.pairs, y, yn) {
		HASH_DEL(p.pairs, y);
		free(y);
	}
	HASH_ITER (hh, p.flows, x, xn) {
		HASH_DEL(p.flows, x);
		free(x);
	}
}
