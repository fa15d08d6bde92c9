// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * copied.c - a capture in memory, frame by frame and flow by flow
 *
 * Every step of a copy (lengths, losses, timing, ...) works on the same frames; each knows its flow
 * and the flow its frames.
 *
 * Limit: the whole capture is held in memory.
 */
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "run/vary/copied.h"

struct copied_frame *copied_add(struct copied_capture *r, const struct copied_frame *like)
{
	struct copied_frame *f;

	if (r->n == r->cap) {
		struct copied_frame *old = r->frames;
		size_t at = r->n && like >= old && like < old + r->n ? (size_t)(like - old) : r->n;

		r->cap = r->cap ? r->cap * 2 : 1024;
		r->frames = xrealloc(r->frames, r->cap * sizeof(*r->frames));
		like = at < r->n ? &r->frames[at] : like;
	}
	f = &r->frames[r->n++];
	*f = *like;
	f->data = xmalloc(like->caplen + 1);
	memcpy(f->data, like->data, like->caplen);
	return f;
}

static int read_frames(struct copied_capture *r, pcap_t *in, const char *path, struct err *e)
{
	struct pcap_pkthdr *h;
	const uint8_t *data;
	int rc;

	while ((rc = pcap_next_ex(in, &h, &data)) == 1) {
		struct copied_frame f = {.was_ns = (uint64_t)h->ts.tv_sec * 1000000000ULL +
						   (uint64_t)h->ts.tv_usec, /* ns: see the open */
					 .order = r->n,
					 .caplen = h->caplen,
					 .len = h->len,
					 .data = (uint8_t *)(uintptr_t)data};

		copied_add(r, &f);
	}
	return rc == PCAP_ERROR ? err_set(e, "%s: %s", path, pcap_geterr(in)) : 0;
}

int copied_read(struct copied_capture *r, const char *path, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	int rc;

	if (!p)
		return err_set(e, "%s: %s", path, why);
	r->linktype = pcap_datalink(p);
	rc = read_frames(r, p, path, e);
	pcap_close(p);
	if (rc == 0 && !frame_linktype_known(r->linktype))
		rc = err_set(e, "%s: link type %s cannot be varied", path,
			     pcap_datalink_val_to_name(r->linktype));
	return rc;
}

static void flows_free(struct copied_capture *r)
{
	struct copied_flow *flow, *next;

	HASH_ITER (hh, r->flows, flow, next) {
		HASH_DEL(r->flows, flow);
		free(flow->frames);
		free(flow);
	}
}

void copied_free(struct copied_capture *r)
{
	flows_free(r);
	for (size_t i = 0; i < r->n; i++)
		free(r->frames[i].data);
	free(r->frames);
}

static int by_recorded_time(const void *a, const void *b)
{
	const struct copied_frame *x = a, *y = b;

	if (x->was_ns != y->was_ns)
		return x->was_ns < y->was_ns ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return (x->again_ns > y->again_ns) - (x->again_ns < y->again_ns);
}

static int by_new_time(const void *a, const void *b)
{
	const struct copied_frame *x = a, *y = b;

	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	return by_recorded_time(a, b);
}

/* The client's side is the Skype client of the label, else who sent first. */
static struct copied_flow *flow_new(const struct labels *labels, const struct tuple *first)
{
	struct copied_flow *flow = xcalloc(1, sizeof(*flow));
	struct ip client = first->src.ip;

	flow->key = flow_key(first);
	flow->label = labels_find(labels, first);
	if (flow->label && flow->label->kind == LABEL_SKYPE)
		client = labels_client(labels, flow->label);
	flow->client = first->src;
	flow->server = first->dst;
	if (!ip_eq(&client, &first->src.ip) && ip_eq(&client, &first->dst.ip)) {
		flow->client = first->dst;
		flow->server = first->src;
	}
	return flow;
}

static void index_frame(struct copied_capture *r, const struct labels *labels, size_t i)
{
	struct copied_frame *f = &r->frames[i];
	struct copied_flow *flow;
	struct flow_key key;

	f->flow = NULL;
	f->parsed = frame_parse(r->linktype, f->data, f->caplen, &f->view);
	if (!f->parsed || !f->view.has_ports)
		return;
	key = flow_key(&f->view.tuple);
	HASH_FIND(hh, r->flows, &key, sizeof(key), flow);
	if (!flow) {
		flow = flow_new(labels, &f->view.tuple);
		HASH_ADD(hh, r->flows, key, sizeof(flow->key), flow);
	}
	if (flow->n == flow->cap) {
		flow->cap = flow->cap ? 2 * flow->cap : 8;
		flow->frames = xrealloc(flow->frames, flow->cap * sizeof(*flow->frames));
	}
	flow->frames[flow->n++] = i;
	f->flow = flow;
	f->from_client = endpoint_eq(&f->view.tuple.src, &flow->client);
}

void copied_index(struct copied_capture *r, const struct labels *labels)
{
	flows_free(r);
	if (r->n)
		qsort(r->frames, r->n, sizeof(*r->frames), by_recorded_time);
	for (size_t i = 0; i < r->n; i++)
		index_frame(r, labels, i);
}

uint8_t *copied_resize(struct copied_frame *f, int n)
{
	struct frame_view *v = &f->view;
	size_t end = v->ip + v->ip_len;

	if (!v->whole || v->fragment || !v->payload_len || v->payload + v->payload_len != end ||
	    (n < 0 && (size_t)-n >= v->payload_len))
		return NULL;
	f->data = xrealloc(f->data, end + (size_t)(n > 0 ? n : 0) + 1);
	v->ip_len = (size_t)((long)v->ip_len + n);
	v->payload_len = (size_t)((long)v->payload_len + n);
	f->caplen = f->len = (uint32_t)(v->ip + v->ip_len);
	put_be16(f->data + v->ip + 2, (unsigned)v->ip_len);
	if (v->tuple.proto == IPPROTO_UDP)
		put_be16(f->data + v->transport + 4,
			 (unsigned)(v->ip_len - (v->transport - v->ip)));
	return f->data + end;
}

int copied_write(struct copied_capture *r, int fd, struct err *e)
{
	pcap_t *dead = pcap_open_dead_with_tstamp_precision(r->linktype, 262144,
							    PCAP_TSTAMP_PRECISION_NANO);
	int copy = dup(fd), rc = -1;
	FILE *f = copy < 0 ? NULL : fdopen(copy, "w");
	pcap_dumper_t *out = dead && f ? pcap_dump_fopen(dead, f) : NULL;

	if (!out) {
		err_sys(e, "a copy of the capture");
		if (f)
			fclose(f);
		goto out;
	}
	if (r->n)
		qsort(r->frames, r->n, sizeof(*r->frames), by_new_time);
	for (size_t i = 0; i < r->n; i++) {
		const struct copied_frame *fr = &r->frames[i];
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
