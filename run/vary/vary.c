// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vary.c - metamorphic copies of a capture
 *
 * The whole capture is held in memory, goes through two passes, and is written in the order of its
 * new times:
 *
 * 1. The beginnings of all Skype connections are gathered and rewritten as a whole (payload.c), and
 *    Skype endpoints get other ports (addresses.c).
 * 2. Every frame gets its new addresses, ports, checksums and time; Skype messages get their new
 *    payload.
 *
 * All times move by one offset of up to five years. Flows that are labelled not Skype do not depend
 * on Skype's, so each of them moves by up to a second against the rest.
 *
 * Limits: IPv4 over Ethernet (VLANs too), raw IP, Linux cooked captures and loopback; IPv6 and
 * other packets are copied as they are. Payloads of fragmented datagrams are not rewritten.
 */
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "base/hash.h"
#include "base/rng.h"
#include "run/vary/addresses.h"
#include "run/vary/frame.h"
#include "run/vary/payload.h"
#include "run/vary/vary.h"

#define SHIFT_MAX_NS 1000000000LL     /* of an independent flow */
#define YEARS_MAX_S  (5 * 31557600LL) /* of the whole capture */

struct copied_frame {
	uint64_t ts_ns; /* new */
	uint64_t order;
	uint32_t caplen, len;
	uint8_t *data; /* (owned) */
};

struct copied_connection {
	struct flow_key key;
	struct vary_stream *side[2]; /* 0: from the side that is key.a */
	uint32_t isn[2];
	bool seen[2], first_seen[2];
	UT_hash_handle hh;
};

struct vary {
	const struct labels *labels;
	struct vary_keys keys;
	int64_t offset_ns;
	struct vary_addresses *addresses;
	struct copied_connection *conns;
	uint64_t rewritten;
	struct copied_frame *frames;
	size_t n, cap;
};

struct vary *vary_new(const struct labels *labels, uint64_t seed)
{
	struct vary *v = xcalloc(1, sizeof(*v));
	struct rng r;

	rng_init(&r, seed, "vary");
	v->labels = labels;
	v->keys = (struct vary_keys){.seed = rng_u64(&r),
				     .id = (uint16_t)(rng_u32(&r) | 1),
				     .checksum = rng_u32(&r),
				     .challenge = rng_u32(&r)};
	v->addresses = vary_addresses_new(v->keys.seed);
	v->offset_ns = (int64_t)(rng_u64(&r) % (uint64_t)(YEARS_MAX_S * 1000000000LL));
	return v;
}

void vary_free(struct vary *v)
{
	struct copied_connection *c, *cn;

	HASH_ITER (hh, v->conns, c, cn) {
		HASH_DEL(v->conns, c);
		free(c->side[0]);
		free(c->side[1]);
		free(c);
	}
	for (size_t i = 0; i < v->n; i++)
		free(v->frames[i].data);
	free(v->frames);
	vary_addresses_free(v->addresses);
	free(v);
}

uint64_t vary_rewritten(const struct vary *v)
{
	return v->rewritten;
}

/* ---- TCP streams ---- */

/* The start is not FNV's own (a digit is missing). It stays: copies of a seed must not change. */
static uint64_t ip_hash(const struct ip *ip)
{
	return fnv1a_more(1469598103934665603ULL ^ ip->family, ip->b, sizeof(ip->b));
}

static struct copied_connection *conn_of(struct vary *v, const struct frame_view *f, int *side)
{
	struct flow_key key = flow_key(&f->tuple);
	struct endpoint_key src = endpoint_key(&f->tuple.src);
	struct copied_connection *c;

	HASH_FIND(hh, v->conns, &key, sizeof(key), c);
	if (!c) {
		c = xcalloc(1, sizeof(*c));
		c->key = key;
		for (int i = 0; i < 2; i++) {
			c->side[i] = xcalloc(1, sizeof(*c->side[i]));
			c->side[i]->salt = 2 * ip_hash(&f->tuple.src.ip) + f->tuple.src.port +
					   ip_hash(&f->tuple.dst.ip) * 3 + f->tuple.dst.port +
					   (uint64_t)i * 0x51ed2701;
		}
		HASH_ADD(hh, v->conns, key, sizeof(c->key), c);
	}
	*side = memcmp(&key.a, &src, sizeof(src)) != 0;
	return c;
}

/* Collects the beginning of each direction from its segments. */
static void gather(struct vary *v, const struct frame_view *f, const uint8_t *data)
{
	int side;
	struct copied_connection *c = conn_of(v, f, &side);
	struct vary_stream *s = c->side[side];
	size_t at;

	if (f->tcp_flags & 0x02) { /* SYN */
		c->isn[side] = f->seq + 1;
		c->seen[side] = true;
		s->begun = true;
		return;
	}
	if (!f->payload_len)
		return;
	if (!c->seen[side]) {
		c->isn[side] = f->seq;
		c->seen[side] = true;
	}
	at = f->seq - c->isn[side];
	if (at == 0 && !c->first_seen[side]) {
		s->first = f->payload_len;
		c->first_seen[side] = true;
	}
	/* Only bytes that continue the beginning: after a gap nothing is understood. */
	if (at <= s->n && at + f->payload_len > s->n && s->n < VARY_HEAD) {
		size_t skip = s->n - at, n = f->payload_len - skip;

		n = n < VARY_HEAD - s->n ? n : VARY_HEAD - s->n;
		memcpy(s->old + s->n, data + f->payload + skip, n);
		s->n += n;
	}
}

static void plan_streams(struct vary *v)
{
	for (struct copied_connection *c = v->conns; c; c = c->hh.next) {
		int client = 0;
		struct tuple t = {c->key.proto, endpoint_of_key(&c->key.a),
				  endpoint_of_key(&c->key.b)};
		const struct label *l;

		l = labels_find(v->labels, &t);
		if (l && !endpoint_eq(&l->tuple.src, &t.src))
			client = 1;
		c->side[0]->begun = c->side[1]->begun = c->side[0]->begun || c->side[1]->begun;
		vary_streams(&v->keys, c->side[client], c->side[1 - client]);
	}
}

static void rewrite_tcp(struct vary *v, const struct frame_view *f, uint8_t *data)
{
	int side;
	struct copied_connection *c = conn_of(v, f, &side);
	size_t at = f->seq - c->isn[side];
	bool changed = false;

	if (!c->side[side]->begun || at > 0x7fffffff)
		return;
	for (size_t i = 0; i < f->payload_len; i++) {
		uint8_t *p = data + f->payload + i, was = *p;

		*p = vary_stream_byte(&v->keys, c->side[side], at + i, was);
		changed |= *p != was;
	}
	v->rewritten += changed;
}

/* ---- the whole ---- */

static int read_frames(struct vary *v, pcap_t *in, const char *path, struct err *e)
{
	struct pcap_pkthdr *h;
	const uint8_t *data;
	int rc;

	while ((rc = pcap_next_ex(in, &h, &data)) == 1) {
		struct copied_frame *f;

		if (v->n == v->cap) {
			v->cap = v->cap ? v->cap * 2 : 1024;
			v->frames = xrealloc(v->frames, v->cap * sizeof(*v->frames));
		}
		f = &v->frames[v->n];
		*f = (struct copied_frame){.ts_ns = (uint64_t)h->ts.tv_sec * 1000000000ULL +
						    (uint64_t)h->ts.tv_usec, /* ns: see the open */
					   .order = v->n++,
					   .caplen = h->caplen,
					   .len = h->len,
					   .data = xmalloc(h->caplen + 1)};
		memcpy(f->data, data, h->caplen);
	}
	return rc == PCAP_ERROR ? err_set(e, "%s: %s", path, pcap_geterr(in)) : 0;
}

static const struct label *label_of(const struct vary *v, const struct frame_view *f)
{
	return f->has_ports ? labels_find(v->labels, &f->tuple) : NULL;
}

static void rewrite(struct vary *v, struct copied_frame *fr, const struct frame_view *f)
{
	const struct label *l = label_of(v, f);
	uint32_t src = ip4_host(&f->tuple.src.ip), dst = ip4_host(&f->tuple.dst.ip);
	int64_t shift = v->offset_ns;

	if (l && l->kind == LABEL_SKYPE && f->payload_len && !f->fragment) {
		if (f->tuple.proto == IPPROTO_UDP)
			v->rewritten += vary_udp(&v->keys, fr->order, fr->data + f->payload,
						 f->payload_len, vary_address_bytes, v->addresses);
		else if (f->tuple.proto == IPPROTO_TCP)
			rewrite_tcp(v, f, fr->data);
	}
	if (l && l->kind == LABEL_NOT_SKYPE) {
		uint64_t h = ip_hash(&l->tuple.src.ip) ^ (ip_hash(&l->tuple.dst.ip) << 1) ^
			     ((uint64_t)l->tuple.src.port << 16) ^ l->tuple.dst.port ^ v->keys.seed;
		struct rng r;

		rng_init(&r, h, "shift");
		shift += (int64_t)rng_range(&r, 0, 2 * SHIFT_MAX_NS - 1) - SHIFT_MAX_NS;
	}
	fr->ts_ns += (uint64_t)shift;
	frame_set(fr->data, f, vary_address(v->addresses, src), vary_address(v->addresses, dst),
		  vary_port(v->addresses, src, f->tuple.src.port),
		  vary_port(v->addresses, dst, f->tuple.dst.port));
}

static int by_time(const void *a, const void *b)
{
	const struct copied_frame *x = a, *y = b;

	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static int write_frames(struct vary *v, int linktype, int fd, struct err *e)
{
	pcap_t *dead =
		pcap_open_dead_with_tstamp_precision(linktype, 262144, PCAP_TSTAMP_PRECISION_NANO);
	int copy = dup(fd);
	FILE *f = copy < 0 ? NULL : fdopen(copy, "w");
	pcap_dumper_t *out = dead && f ? pcap_dump_fopen(dead, f) : NULL;
	int rc = -1;

	if (!out) {
		err_sys(e, "a copy of the capture");
		if (f)
			fclose(f);
		goto out;
	}
	for (size_t i = 0; i < v->n; i++) {
		const struct copied_frame *fr = &v->frames[i];
		struct pcap_pkthdr h = {.caplen = fr->caplen, .len = fr->len};

		h.ts.tv_sec = (time_t)(fr->ts_ns / 1000000000);
		h.ts.tv_usec = (suseconds_t)(fr->ts_ns % 1000000000);
		pcap_dump((u_char *)out, &h, fr->data);
	}
	rc = pcap_dump_flush(out) ? err_sys(e, "a copy of the capture") : 0;
	pcap_dump_close(out);
out:
	if (dead)
		pcap_close(dead);
	return rc;
}

int vary_capture(struct vary *v, const char *in, int fd, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(in, PCAP_TSTAMP_PRECISION_NANO, why);
	int linktype, rc;

	if (!p)
		return err_set(e, "%s: %s", in, why);
	linktype = pcap_datalink(p);
	rc = read_frames(v, p, in, e);
	pcap_close(p);
	if (rc < 0)
		return -1;
	if (!frame_linktype_known(linktype))
		return err_set(e, "%s: link type %s cannot be varied", in,
			       pcap_datalink_val_to_name(linktype));
	for (size_t i = 0; i < labels_count(v->labels); i++) {
		const struct label *l = labels_at(v->labels, i);

		if (l->kind != LABEL_SKYPE)
			continue;
		vary_addresses_port(v->addresses, &l->tuple.src);
		vary_addresses_port(v->addresses, &l->tuple.dst);
	}
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < v->n; i++) {
			struct copied_frame *fr = &v->frames[i];
			const struct label *l;
			struct frame_view f;

			if (!frame_parse(linktype, fr->data, fr->caplen, &f)) {
				fr->ts_ns += pass ? (uint64_t)v->offset_ns : 0;
				continue;
			}
			l = label_of(v, &f);
			if (pass)
				rewrite(v, fr, &f);
			else if (l && l->kind == LABEL_SKYPE && f.tuple.proto == IPPROTO_TCP)
				gather(v, &f, fr->data);
		}
		if (!pass)
			plan_streams(v);
	}
	if (v->n)
		qsort(v->frames, v->n, sizeof(*v->frames), by_time);
	return write_frames(v, linktype, fd, e);
}

void vary_restore(const struct vary *v, struct detection *d)
{
	struct endpoint client = {.ip = d->client};

	vary_addresses_restore(v->addresses, &d->tuple.src);
	vary_addresses_restore(v->addresses, &d->tuple.dst);
	vary_addresses_restore(v->addresses, &d->sn);
	vary_addresses_restore(v->addresses, &client);
	d->client = client.ip;
	d->ts_ns -= (uint64_t)v->offset_ns;
	d->packet = 0; /* frames have another order */
}
