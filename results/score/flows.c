// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flows.c - the flows a capture holds
 *
 * A flow is a UDP or TCP 5-tuple, both directions together. A tuple that is used again later is the
 * same flow, as in the label files. The index keeps time and length of a flow's first KEEP packets,
 * so it answers exactly how many packets passed before a detection. Limit: for a detection after
 * these and before the flow's last packet, the answer is KEEP, a lower bound.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/capture/capture.h"
#include "base/moment.h"
#include "results/score/flows.h"

#define KEEP_FIRST 4	/* packets of a new flow's first block */
#define KEEP	   4096 /* packets kept of one flow at most */

struct stamp {
	uint64_t ns, number;
	uint32_t len;
};

struct flow_entry {
	struct flow_key key;
	struct flow_seen seen;
	struct stamp *stamps; /* (owned) of the first packets */
	uint32_t kept, cap;
	UT_hash_handle hh;
};

struct flow_index {
	struct flow_entry *map;
	struct flow_entry **order;
	size_t n, cap;
	struct flow_totals totals;
	uint64_t first_ns, last_ns; /* of all packets */
};

struct flow_index *flow_index_new(void)
{
	return xcalloc(1, sizeof(struct flow_index));
}

void flow_index_free(struct flow_index *x)
{
	if (!x)
		return;
	HASH_CLEAR(hh, x->map);
	for (size_t i = 0; i < x->n; i++) {
		free(x->order[i]->stamps);
		free(x->order[i]);
	}
	free(x->order);
	free(x);
}

static struct flow_entry *entry_add(struct flow_index *x, const struct flow_key *key,
				    const struct packet *p)
{
	struct flow_entry *f = xcalloc(1, sizeof(*f));

	f->key = *key;
	f->seen.tuple = (struct tuple){p->proto, p->src, p->dst};
	f->seen.first_ns = p->ts_ns;
	f->seen.first_packet = p->number;
	HASH_ADD(hh, x->map, key, sizeof(f->key), f);
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 256;
		x->order = xrealloc(x->order, x->cap * sizeof(struct flow_entry *));
	}
	x->order[x->n++] = f;
	if (p->proto == IPPROTO_UDP)
		x->totals.udp_flows++;
	else
		x->totals.tcp_flows++;
	return f;
}

void flow_index_packet(struct flow_index *x, const struct packet *p)
{
	struct tuple t = {p->proto, p->src, p->dst};
	struct flow_key key;
	struct flow_entry *f;

	if (!x->totals.packets++)
		x->first_ns = x->last_ns = p->ts_ns;
	else if (moment_before(p->ts_ns, x->first_ns))
		x->first_ns = p->ts_ns;
	else if (moment_before(x->last_ns, p->ts_ns))
		x->last_ns = p->ts_ns;
	x->totals.bytes += p->ip_len;
	if (p->proto != IPPROTO_UDP && p->proto != IPPROTO_TCP)
		return;
	key = flow_key(&t);
	HASH_FIND(hh, x->map, &key, sizeof(key), f);
	if (!f)
		f = entry_add(x, &key, p);
	if (p->len && !f->seen.bytes) {
		if (p->proto == IPPROTO_UDP)
			x->totals.udp_payload_flows++;
		else
			x->totals.tcp_payload_flows++;
	}
	f->seen.last_ns = p->ts_ns;
	f->seen.packets++;
	f->seen.bytes += p->len;
	if (f->kept >= KEEP)
		return;
	if (f->kept == f->cap) {
		f->cap = f->cap ? f->cap * 2 : KEEP_FIRST;
		f->stamps = xrealloc(f->stamps, f->cap * sizeof(*f->stamps));
	}
	f->stamps[f->kept++] = (struct stamp){p->ts_ns, p->number, p->len};
}

void flow_index_totals(const struct flow_index *x, struct flow_totals *out)
{
	*out = x->totals;
}

void flow_totals_add(struct flow_totals *sum, const struct flow_totals *more)
{
	sum->udp_flows += more->udp_flows;
	sum->tcp_flows += more->tcp_flows;
	sum->udp_payload_flows += more->udp_payload_flows;
	sum->tcp_payload_flows += more->tcp_payload_flows;
	sum->packets += more->packets;
	sum->bytes += more->bytes;
}

size_t flow_index_count(const struct flow_index *x)
{
	return x->n;
}

const struct flow_seen *flow_index_at(const struct flow_index *x, size_t i)
{
	return &x->order[i]->seen;
}

const struct flow_seen *flow_index_find(const struct flow_index *x, const struct tuple *t)
{
	struct flow_key key = flow_key(t);
	struct flow_entry *f;

	HASH_FIND(hh, x->map, &key, sizeof(key), f);
	return f ? &f->seen : NULL;
}

uint64_t flow_index_span_ns(const struct flow_index *x)
{
	return x->last_ns - x->first_ns;
}

uint64_t flow_index_last_ns(const struct flow_index *x)
{
	return x->last_ns;
}

void flow_index_until(const struct flow_index *x, const struct flow_seen *f, uint64_t ns,
		      uint64_t number, uint64_t *packets, uint64_t *bytes)
{
	const struct flow_entry *en =
		(const struct flow_entry *)((const char *)f - offsetof(struct flow_entry, seen));

	(void)x;
	*packets = *bytes = 0;
	for (uint32_t i = 0; i < en->kept; i++) {
		const struct stamp *s = &en->stamps[i];

		if (number ? s->number > number : moment_before(ns, s->ns))
			return;
		++*packets;
		*bytes += s->len;
	}
	if (!moment_before(ns, f->last_ns)) {
		*packets = f->packets;
		*bytes = f->bytes;
	}
}

bool flow_index_packet_ns(const struct flow_seen *f, size_t i, uint64_t *ns)
{
	const struct flow_entry *en =
		(const struct flow_entry *)((const char *)f - offsetof(struct flow_entry, seen));

	if (i > en->kept)
		return false;
	*ns = i < en->kept ? en->stamps[i].ns : f->last_ns;
	return true;
}

int flow_index_read(struct flow_index *x, const char *path, struct err *e)
{
	struct capture *c = capture_open_files(&path, 1, NULL, e);
	struct packet p;
	int rc, ret = 0;

	if (!c)
		return -1;
	while ((rc = capture_next(c, &p, e)) != 0) {
		if (rc < 0) {
			ret = -1;
			break;
		}
		flow_index_packet(x, &p);
	}
	capture_close(c);
	return ret;
}
