// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * material.c - the first messages of flows
 *
 * A flow's first DRAFT_PLACES messages are kept, DRAFT_BYTES of each. On TCP, what one side writes
 * before the other does is one message here, as it is one message burst for the detector; the size
 * of its first write is kept beside the whole.
 * Limits: DRAFT_FLOWS flows and DRAFT_MESSAGES messages, so at most 320 MiB; what comes later is counted
 * and left out. Flows without payload are passed over. Of flows under way 4 KiB each may be held.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "analysis/draft/material.h"
#include "analysis/message/stream.h"
#include "base/bytes.h"
#include "base/err.h"

struct host_entry {
	char *name; /* the material's */
	uint32_t index;
	UT_hash_handle hh;
};

uint32_t draft_host(struct draft_material *m, const char *name)
{
	struct host_entry *all = m->by_name, *h;

	HASH_FIND_STR(all, name, h);
	if (h)
		return h->index;
	if (!(m->hosts_n & (m->hosts_n - 1)))
		m->hosts =
			xrealloc(m->hosts, (m->hosts_n ? 2 * m->hosts_n : 1) * sizeof(*m->hosts));
	m->hosts[m->hosts_n] = (struct draft_host){.name = xstrdup(name)};
	h = xcalloc(1, sizeof(*h));
	h->name = m->hosts[m->hosts_n].name;
	h->index = (uint32_t)m->hosts_n++;
	HASH_ADD_KEYPTR(hh, all, h->name, strlen(h->name), h);
	m->by_name = all;
	return h->index;
}

void draft_material_free(struct draft_material *m)
{
	struct host_entry *all = m->by_name, *h, *next;

	HASH_ITER (hh, all, h, next) {
		HASH_DEL(all, h);
		free(h);
	}
	for (size_t i = 0; i < m->n; i++)
		free(m->flows[i].messages);
	for (size_t i = 0; i < m->hosts_n; i++)
		free(m->hosts[i].name);
	free(m->flows);
	free(m->hosts);
	memset(m, 0, sizeof(*m));
}

/* By capture, endpoint of the opener, and time. */
static int by_opener(const void *a, const void *b)
{
	const struct draft_flow *const *x = a, *const *y = b;
	struct endpoint_key k = endpoint_key(&(*x)->tuple.src), l = endpoint_key(&(*y)->tuple.src);
	int d = memcmp(&k, &l, sizeof(k));

	if ((*x)->capture != (*y)->capture)
		return (*x)->capture < (*y)->capture ? -1 : 1;
	if (d)
		return d;
	return ((*x)->first_ns > (*y)->first_ns) - ((*x)->first_ns < (*y)->first_ns);
}

static bool follows(const struct draft_flow *f, const struct draft_flow *before, int at)
{
	const struct draft_message *m = &f->messages[0], *o = &before->messages[0];
	uint16_t by;

	if (f->capture != before->capture || !endpoint_eq(&f->tuple.src, &before->tuple.src) ||
	    f->first_ns - before->first_ns > DRAFT_STEP_NS || m->reply || o->reply ||
	    m->kept < at + 2 || o->kept < at + 2)
		return false;
	by = (uint16_t)(get_be16(m->bytes + at) - get_be16(o->bytes + at));
	return by >= 1 && by <= DRAFT_STEP;
}

static void set_runs(struct draft_flow **flows, size_t n, int at)
{
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && follows(flows[end], flows[end - 1], at);)
			end++;
		for (size_t k = i; k < end; k++) {
			flows[k]->run[at] = (uint8_t)(end - i < 255 ? end - i : 255);
			flows[k]->nth[at] = (uint8_t)(k - i < 254 ? k - i + 1 : 255);
		}
	}
}

void draft_material_runs(struct draft_material *m)
{
	struct draft_flow **udp = xcalloc(m->n + 1, sizeof(struct draft_flow *));
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (!draft_proto(&m->flows[i]))
			udp[n++] = &m->flows[i];
	qsort(udp, n, sizeof(*udp), by_opener);
	for (int at = 0; at < DRAFT_COUNTERS; at++)
		set_runs(udp, n, at);
	free(udp);
}

struct draft_reader {
	struct draft_material *m;
	struct message_stream *stream;
	draft_label_fn *label;
	void *arg;
	uint32_t capture;
};

/* What is known of a flow while it lasts: message_flow.mine. */
struct beginning {
	uint8_t n;
	bool full;			/* what comes now is no part of it */
	bool midway;			/* its first message may have begun before the capture */
	struct draft_message *messages; /* (owned) */
};

static void keep(struct beginning *b, const struct message *m)
{
	struct draft_message *to;

	if (!(b->n & (b->n - 1)))
		b->messages = xrealloc(b->messages, (b->n ? 2U * b->n : 1) * sizeof(*b->messages));
	to = &b->messages[b->n++];
	to->ts_ns = m->ts_ns;
	to->size = to->turn = m->size;
	to->reply = m->reply;
	to->kept = (uint16_t)(m->kept < DRAFT_BYTES ? m->kept : DRAFT_BYTES);
	memcpy(to->bytes, m->bytes, to->kept);
}

/* More of a turn that has begun. */
static void lengthen(struct draft_message *to, const struct message *m)
{
	uint32_t room = DRAFT_BYTES - to->kept, n = m->kept < room ? m->kept : room;

	if (to->kept == to->turn) { /* nothing was missing so far */
		memcpy(to->bytes + to->kept, m->bytes, n);
		to->kept = (uint16_t)(to->kept + n);
	}
	to->turn = to->turn + m->size < to->turn ? UINT32_MAX : to->turn + m->size;
}

static void on_message(void *arg, const struct message *m)
{
	struct beginning *b = m->flow->mine;
	bool tcp = m->flow->tuple.proto == IPPROTO_TCP;

	(void)arg;
	if (!b) {
		b = m->flow->mine = xcalloc(1, sizeof(*b));
		b->midway = tcp && m->broken;
	}
	if (b->full)
		return;
	if (tcp && b->n && b->messages[b->n - 1].reply == m->reply)
		lengthen(&b->messages[b->n - 1], m);
	else if (b->n < DRAFT_PLACES)
		keep(b, m);
	else
		b->full = true;
}

static void add_flow(struct draft_material *m, struct draft_flow *f, struct beginning *b)
{
	if (m->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 1024;
		m->flows = xrealloc(m->flows, m->cap * sizeof(*m->flows));
	}
	f->n = b->n;
	f->midway = b->midway;
	f->by_local = ip_is_private(&f->tuple.src.ip) || !ip_is_private(&f->tuple.dst.ip);
	f->messages = xrealloc(b->messages, b->n * sizeof(*f->messages));
	b->messages = NULL;
	m->messages += b->n;
	if (f->positive && !f->again)
		m->hosts[f->host].flows[draft_proto(f)]++;
	m->flows[m->n++] = *f;
}

static void on_end(void *arg, struct message_flow *flow)
{
	struct draft_reader *r = arg;
	struct draft_flow f = {
		.tuple = flow->tuple, .first_ns = flow->first_ns, .capture = r->capture};
	struct beginning *b = flow->mine;

	f.messages = b ? b->messages : NULL;
	f.n = b ? b->n : 0;
	if (b && b->n && r->label(r->arg, &f)) {
		if (r->m->n < DRAFT_FLOWS && r->m->messages < DRAFT_MESSAGES)
			add_flow(r->m, &f, b);
		else
			r->m->left_out++;
	}
	if (b)
		free(b->messages);
	free(b);
	flow->mine = NULL;
}

struct draft_reader *draft_reader_new(struct draft_material *m, uint32_t capture,
				      draft_label_fn *label, void *arg)
{
	struct draft_reader *r = xcalloc(1, sizeof(*r));
	struct message_user user = {.arg = r, .message = on_message, .end = on_end};

	r->m = m;
	r->capture = capture;
	r->label = label;
	r->arg = arg;
	r->stream = message_stream_new(&user, 0);
	return r;
}

void draft_reader_packet(struct draft_reader *r, const struct packet *p)
{
	message_stream_packet(r->stream, p);
}

void draft_reader_free(struct draft_reader *r)
{
	message_stream_end(r->stream);
	message_stream_free(r->stream);
	free(r);
}
