// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * capture.c - packets from any number of inputs, in the order of their time stamps
 *
 * Each input is a source of frames (source.h), read by file_pcap.c, file_pcapng.c or libpcap.c, and
 * put in order by order.c. With several files a heap holds the next frame of each; the earliest is
 * filtered, decoded and handed out. Where time goes back further than order.c waits, the order of the
 * input is kept; the statistics count that. Of live interfaces, the earliest of the frames that have
 * waited long enough is taken.
 *
 * When a source fails, capture_next() reports it once and goes on with the others: one bad file
 * among many costs only the rest of that file.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/capture/capture.h"
#include "base/capture/file_open.h"
#include "base/capture/libpcap.h"
#include "base/capture/order.h"
#include "base/capture/source.h"
#include "base/capture/verdict.h"

#define POLL_MS 100

/**
 * struct capture - the inputs
 * @sources:	(owned array of owned) @n of them; NULL where one could not be opened
 * @heap:	Sources with a pending frame, earliest first (files), @heaped of them
 * @used:	Source whose frame was handed out last and is to be asked for its next
 * @last:	Source of the last frame of capture_next_frame()
 * @primed:	Sources that have been asked for their first frame
 * @late:	(owned array of owned) what was wrong with files that could not be opened
 * @window_ns:	How long frames wait for earlier ones
 * @snaplen:	Bytes of a frame that are decoded
 * @begun:	Frames were asked for
 * @second:	If @has_second: what the next call hands out, see decoder_second()
 * @stop:	Set by capture_break(), from a signal handler or another thread
 */
struct capture {
	struct source **sources;
	size_t n;
	struct source **heap;
	size_t heaped;
	struct source *used, *last;
	size_t primed;
	struct err **late;
	uint64_t window_ns;
	uint32_t snaplen;
	bool live, begun;
	atomic_bool stop;
	struct capture_stats st;
	struct packet second;
	bool has_second;
};

static struct capture *capture_new(size_t n)
{
	struct capture *c = xcalloc(1, sizeof(*c));

	c->n = n;
	c->window_ns = ORDER_WINDOW_NS;
	c->snaplen = UINT32_MAX;
	c->sources = xcalloc(n, sizeof(struct source *));
	c->heap = xcalloc(n, sizeof(struct source *));
	c->late = xcalloc(n, sizeof(struct err *));
	return c;
}

struct capture *capture_open_files(const char *const *paths, size_t n, const char *filter,
				   struct err *e)
{
	struct capture *c;
	struct err bad;
	bool many;

	if (!n) {
		err_set(e, "no capture named");
		return NULL;
	}
	if (n > UINT16_MAX) {
		err_set(e, "%zu captures at once, more than %u", n, UINT16_MAX);
		return NULL;
	}
	if (filter && source_check_filter(filter, e) < 0)
		return NULL;
	c = capture_new(n);
	many = files_are_many(n);
	for (size_t i = 0; i < n; i++) {
		struct source *s = source_file(paths[i], filter, many, &c->stop, &bad);

		c->sources[i] = s;
		if (s) {
			s->index = (uint16_t)i;
			continue;
		}
		c->late[i] = xmalloc(sizeof(bad));
		*c->late[i] = bad;
	}
	if (n == 1 && c->late[0]) {
		if (e)
			*e = *c->late[0];
		capture_close(c);
		return NULL;
	}
	return c;
}

struct capture *capture_open_live(const char *const *ifaces, size_t n, const char *filter,
				  int snaplen, struct err *e)
{
	struct capture *c;

	if (!n) {
		err_set(e, "no interface named");
		return NULL;
	}
	c = capture_new(n);
	c->live = true;
	for (size_t i = 0; i < n; i++) {
		c->sources[i] = source_live(ifaces[i], filter, snaplen, e);
		if (!c->sources[i]) {
			capture_close(c);
			return NULL;
		}
		c->sources[i]->index = (uint16_t)i;
	}
	return c;
}

void capture_set_window(struct capture *c, uint64_t ns)
{
	c->window_ns = ns;
}

void capture_set_snaplen(struct capture *c, uint32_t bytes)
{
	c->snaplen = bytes;
}

uint64_t capture_window(const struct capture *c)
{
	return c->window_ns;
}

static void begin(struct capture *c)
{
	c->begun = true;
	c->st.first_ns = INT64_MAX;
	c->st.last_ns = (uint64_t)INT64_MIN;
	for (size_t i = 0; i < c->n; i++)
		if (c->sources[i]) {
			c->sources[i]->given_ns = INT64_MAX;
			order_begin(c->sources[i], c->window_ns, c->live);
		}
}

static bool earlier(const struct source *a, const struct source *b)
{
	if (a->pending.ts_ns != b->pending.ts_ns)
		return (int64_t)a->pending.ts_ns < (int64_t)b->pending.ts_ns;
	return a->index < b->index;
}

static void heap_down(struct capture *c, size_t i)
{
	struct source *s = c->heap[i];

	for (;;) {
		size_t k = 2 * i + 1;

		if (k >= c->heaped)
			break;
		if (k + 1 < c->heaped && earlier(c->heap[k + 1], c->heap[k]))
			k++;
		if (!earlier(c->heap[k], s))
			break;
		c->heap[i] = c->heap[k];
		i = k;
	}
	c->heap[i] = s;
}

static void heap_push(struct capture *c, struct source *s)
{
	size_t i = c->heaped++;

	while (i && earlier(s, c->heap[(i - 1) / 2])) {
		c->heap[i] = c->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	c->heap[i] = s;
}

/* The first frame of every file. 0, or -1 with @e set (call again). */
static int prime(struct capture *c, struct err *e)
{
	while (c->primed < c->n) {
		struct source *s = c->sources[c->primed];
		int rc;

		if (!s) {
			*e = *c->late[c->primed++];
			return -1;
		}
		rc = order_next(s, &s->pending, e);
		if (rc < 0 && !s->ended) /* a part of it is unreadable: ask again */
			return -1;
		c->primed++;
		if (rc == 1)
			heap_push(c, s);
		else if (rc < 0)
			return -1;
	}
	return 0;
}

/* Next frame of all files. 1: @f of *@from; 0: the end; -1 with @e set (call again). */
static int next_merged(struct capture *c, struct source **from, struct err *e)
{
	struct source *s = c->used;

	if (c->primed < c->n && prime(c, e) < 0)
		return -1;
	if (s) { /* it is still at the top of the heap */
		int rc = order_next(s, &s->pending, e);

		if (rc < 0 && !s->ended)
			return -1;
		c->used = NULL;
		if (rc != 1) {
			c->heap[0] = c->heap[--c->heaped];
			if (rc < 0) {
				if (c->heaped)
					heap_down(c, 0);
				return -1;
			}
		}
		if (c->heaped > 1)
			heap_down(c, 0);
	}
	if (!c->heaped)
		return 0;
	*from = c->used = c->heap[0];
	return 1;
}

/* Next frame of the live interfaces; -2 when none came within POLL_MS. */
static int next_live(struct capture *c, struct source **from, struct err *e)
{
	struct pollfd fds[64];
	nfds_t n = 0;

	for (size_t i = 0; i < c->n && c->stop; i++)
		order_stop(c->sources[i]);
	for (int round = 0; round < 2; round++) {
		struct source *best = NULL;
		size_t open = 0;

		if (c->used)
			c->used->pending.data = NULL;
		c->used = NULL;
		for (size_t i = 0; i < c->n; i++) {
			struct source *s = c->sources[i];

			if (!s->pending.data && order_ended(s))
				continue;
			open++;
			if (!s->pending.data) {
				int rc = order_next(s, &s->pending, e);

				if (rc == -1)
					return -1;
				if (rc != 1)
					s->pending.data = NULL;
			}
			if (s->pending.data && (!best || earlier(s, best)))
				best = s;
		}
		if (best) {
			*from = c->used = best;
			return 1;
		}
		if (!open || c->stop)
			return 0;
		if (round)
			break;
		for (size_t i = 0; i < c->n && n < ARRAY_LEN(fds); i++)
			if (!c->sources[i]->ended)
				fds[n++] = (struct pollfd){.fd = source_live_fd(c->sources[i]),
							   .events = POLLIN};
		if (poll(fds, n, POLL_MS) < 0 && errno != EINTR)
			return err_sys(e, "poll");
	}
	return c->stop ? 0 : -2;
}

static void count_backwards(struct capture *c, const struct source *s, const struct source_frame *f)
{
	struct capture_stats *st = &c->st;
	uint64_t step = s->given_ns - f->ts_ns;

	st->backwards++;
	if (step > st->backwards_ns) {
		st->backwards_ns = step;
		st->backwards_number = f->number;
		st->backwards_input = s->index;
	}
}

static inline void count(struct capture *c, struct source *s, const struct source_frame *f)
{
	struct capture_stats *st = &c->st;

	st->bytes += f->len;
	st->frames++;
	if (__builtin_expect((int64_t)f->ts_ns < (int64_t)s->given_ns, 0)) { /* or the first one */
		if (s->given)
			count_backwards(c, s, f);
		if ((int64_t)f->ts_ns < (int64_t)st->first_ns)
			st->first_ns = f->ts_ns;
	}
	if ((int64_t)f->ts_ns > (int64_t)st->last_ns)
		st->last_ns = f->ts_ns;
	s->given_ns = f->ts_ns;
	s->given = true;
}

/* The next frame of any input. 1: @*from has it pending; else what capture_next() returns. */
static int next_frame(struct capture *c, struct source **from, struct err *e)
{
	struct source *s = c->sources[0];

	if (!c->begun)
		begin(c);
	if (c->live)
		return next_live(c, from, e);
	if (c->stop)
		return 0;
	if (c->n > 1)
		return next_merged(c, from, e);
	*from = s;
	return order_next(s, &s->pending, e);
}

/* Counts a source's pending frame; false: the filter leaves it out. */
static inline bool admit(struct capture *c, struct source *s)
{
	struct source_frame *f = &s->pending;
	struct source_link *l = &s->links[f->link];

	count(c, s, f);
	if (l->filtered && !bpf_filter(l->filter.bf_insns, f->data, f->len, f->caplen)) {
		c->st.filtered++;
		return false;
	}
	return true;
}

/* Counts, filters and decodes a source's pending frame; whether there is a packet. */
static inline bool take_frame(struct capture *c, struct source *s, struct packet *out)
{
	struct source_frame *f = &s->pending;
	struct source_link *l = &s->links[f->link];
	enum decode_result r;

	if (!admit(c, s))
		return false;
	if (!l->decoder) {
		c->st.decoded[DECODE_NOT_IP]++;
		return false;
	}
	r = decode_frame(l->decoder, f->ts_ns, f->data,
			 f->caplen < c->snaplen ? f->caplen : c->snaplen, f->len, out);
	c->st.decoded[r]++;
	out->number = f->number;
	out->input = s->index;
	if (__builtin_expect(out->fragments, 0) && decoder_second(l->decoder, &c->second)) {
		c->second.number = f->number;
		c->second.input = s->index;
		c->has_second = true;
	}
	return r == DECODE_OK;
}

/* At the end: what is to be said of each input; not of files that were left before their end. 0, or -1
 * with @e set (call again). */
static int verdict(struct capture *c, struct err *e)
{
	for (size_t i = 0; i < c->n && (c->live || !c->stop); i++)
		if (c->sources[i] && source_verdict(c->sources[i], e) < 0)
			return -1;
	return 0;
}

int capture_next(struct capture *c, struct packet *out, struct err *e)
{
	struct source *s = c->sources[0];
	int rc;

	if (c->has_second) { /* the frame before holds two packets: overlapping fragments */
		*out = c->second;
		c->has_second = false;
		return 1;
	}
	do {
		rc = next_frame(c, &s, e);
		if (rc != 1)
			return rc ? rc : verdict(c, e);
	} while (!take_frame(c, s, out));
	return 1;
}

int capture_next_frame(struct capture *c, struct capture_frame *out, struct err *e)
{
	struct source *s;
	int rc;

	do {
		rc = next_frame(c, &s, e);
		if (rc != 1)
			return rc ? rc : verdict(c, e);
	} while (!admit(c, s));
	c->last = s;
	*out = (struct capture_frame){
		.ts_ns = s->pending.ts_ns,
		.number = s->pending.number,
		.data = s->pending.data,
		.caplen = s->pending.caplen,
		.len = s->pending.len,
		.dlt = s->links[s->pending.link].dlt,
		.input = s->index,
	};
	return 1;
}

bool capture_locate(struct capture *c, struct decode_place *out)
{
	const struct source_frame *f = &c->last->pending;
	struct decoder *d = c->last->links[f->link].decoder;

	return d && decode_locate(d, f->data, f->caplen, f->len, out);
}

int capture_held(struct capture *c, struct packet *out, int n)
{
	struct source *s = c->sources[0];
	struct err none;
	int got = 0;

	if (n <= 0 || c->has_second || c->n > 1)
		return 0;
	/* a reassembled datagram lies in a buffer that the next ones reuse */
	while (order_clear(s) || capture_ready(c)) {
		if (order_next(s, &s->pending, &none) != 1)
			break;
		if (take_frame(c, s, &out[got]) && (out[got++].fragments || got == n))
			break;
		if (c->has_second)
			break;
	}
	return got;
}

int capture_batch(struct capture *c, struct packet *out, int n, struct err *e)
{
	int rc = capture_next(c, out, e);

	return rc != 1 || out->fragments ? rc : 1 + capture_held(c, out + 1, n - 1);
}

bool capture_keeps(const struct capture *c)
{
	return !c->live && c->n == 1 && c->sources[0] && c->sources[0]->window;
}

bool capture_is_short(const struct capture *c, uint64_t bytes)
{
	const struct window *w = capture_keeps(c) ? c->sources[0]->window : NULL;

	return w && !w->unpack && w->size && w->size < bytes;
}

bool capture_ready(const struct capture *c)
{
	return c->begun && c->n == 1 && !c->stop && order_ready(c->sources[0]);
}

void capture_offer(struct capture *c, uint8_t **buf, size_t *room)
{
	struct window *w = c->sources[0]->window;

	w->offer = buf;
	w->offer_room = room;
}

bool capture_offered(const struct capture *c)
{
	const struct window *w = c->sources[0]->window;

	return w->offer && w->size && !c->stop;
}

bool capture_next_readable(struct capture *c, struct packet *out, int *bad, struct err *e)
{
	int rc;

	while ((rc = capture_next(c, out, e)) != 1) {
		if (!rc)
			return false;
		if (rc == -1)
			*bad = -1;
	}
	return true;
}

void capture_break(struct capture *c)
{
	atomic_store(&c->stop, true);
}

static void count_fragments(const struct source *s, struct capture_stats *out)
{
	for (uint32_t k = 0; s && k < s->nlinks; k++) {
		struct defrag_counts n = {0};

		if (s->links[k].decoder)
			n = decoder_fragments(s->links[k].decoder);
		out->fragment_conflicts += n.conflicts;
		out->fragments_evicted += n.evicted;
		out->fragments_timed_out += n.timed_out;
	}
}

void capture_stats(const struct capture *c, struct capture_stats *out)
{
	*out = c->st;
	if (!out->frames)
		out->first_ns = out->last_ns = 0;
	for (size_t i = 0; i < c->n; i++) {
		out->sorted += c->sources[i] ? c->sources[i]->sorted : 0;
		count_fragments(c->sources[i], out);
	}
	if (c->live)
		for (size_t i = 0; i < c->n; i++)
			source_live_stats(c->sources[i], out);
}

bool capture_stepped_back(const struct capture_stats *st, char *text, size_t size)
{
	double s = (double)st->backwards_ns / 1e9;

	if (!st->backwards)
		return false;
	snprintf(text, size,
		 "frame %" PRIu64 ": time goes back by %.*f s, further than packets are put in "
		 "order (steps back in all: %" PRIu64 ")",
		 st->backwards_number, s < 0.1 ? 9 : 1, s, st->backwards);
	return true;
}

void capture_warn_of_step_back(const struct capture_stats *st, const char *name)
{
	char where[STEP_TEXT];

	if (capture_stepped_back(st, where, sizeof(where)))
		log_warn("%s: %s; what spans it may be judged wrongly", name, where);
}

size_t capture_descriptors(const struct capture *c, int *out)
{
	size_t n = 0;

	for (size_t i = 0; c->live && i < c->n; i++)
		if (c->sources[i])
			out[n++] = source_live_fd(c->sources[i]);
	return n;
}

double capture_progress(const struct capture *c)
{
	double sum = 0;
	size_t known = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct source *s = c->sources[i];
		double part = s ? s->ended ? 1 : s->progress(s) : 1;

		if (part < 0)
			return -1;
		sum += part;
		known++;
	}
	return known ? sum / (double)known : -1;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		source_free(c->sources[i]);
		free(c->late[i]);
	}
	free(c->sources);
	free(c->heap);
	free(c->late);
	free(c);
}
